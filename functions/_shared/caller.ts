/** Who calls: the claims of the bearer token, whose signature the platform has checked before. */

export interface Caller {
  id: string;
  email?: string;
}

/** The signed-in user of the request. The anon and service-role keys are tokens without a user. */
export function callerOf(request: Request): Caller | undefined {
  const token = request.headers.get("Authorization")?.match(/^Bearer (.+)$/i)?.[1];
  const claims = token ? claimsOf(token) : undefined;
  if (typeof claims?.sub !== "string" || claims.role !== "authenticated") return undefined;
  const email = typeof claims.email === "string" && claims.email ? claims.email : undefined;
  return { id: claims.sub, email };
}

function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
