/** Who calls: the claims of the bearer token, whose signature the platform has checked before. */

import { Refusal } from "./http.ts";

export interface Caller {
  id: string;
  email?: string;
}

/** The signed-in user of the request. The anon and service-role keys are tokens without a user. */
export function callerOf(request: Request): Caller | undefined {
  const claims = claimsOf(request);
  if (typeof claims?.sub !== "string" || claims.role !== "authenticated") return undefined;
  const email = typeof claims.email === "string" && claims.email ? claims.email : undefined;
  return { id: claims.sub, email };
}

/** The signed-in user; 401 for everybody else. */
export function requireUser(request: Request): Caller {
  const caller = callerOf(request);
  if (!caller) throw new Refusal(401, "Sign in first: the token names no user.");
  return caller;
}

/**
 * Lets admins pass: users whose `app_metadata.role` is `admin`, which only the server can set
 * (`user_metadata` is the user's own to write), and the service role. 401 for nobody, 403 for users.
 */
export function requireAdmin(request: Request): void {
  const claims = claimsOf(request);
  if (claims?.role === "service_role") return;
  requireUser(request);
  const metadata = claims?.app_metadata as Record<string, unknown> | null | undefined;
  if (metadata?.role !== "admin") throw new Refusal(403, "Only admins may do this.");
}

/** Lets only the service-role key pass. 401 for nobody, 403 for users, admins included. */
export function requireServiceRole(request: Request): void {
  if (claimsOf(request)?.role === "service_role") return;
  requireUser(request);
  throw new Refusal(403, "Only the service-role key may do this.");
}

function claimsOf(request: Request): Record<string, unknown> | undefined {
  const token = request.headers.get("Authorization")?.match(/^Bearer (.+)$/i)?.[1];
  try {
    const payload = token!.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
