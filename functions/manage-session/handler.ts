/** Begins the caller's session at login, and keeps it alive while the app is used. */

import { requireUser } from "../_shared/caller.ts";
import { clientOf } from "../_shared/client.ts";
import type { Body } from "../_shared/fields.ts";
import { endpoint, type Handler, json, optionalObject, Refusal } from "../_shared/http.ts";
import type { Client, Session } from "../_shared/sessions.ts";

export interface Dependencies {
  newToken(): string;
  /** Undefined when the user has no profile. */
  startSession(userId: string, token: string, client: Client): Promise<Session | undefined>;
  /** Undefined when the user has no such session or it has ended. */
  refreshSession(userId: string, token: string, client: Client): Promise<Session | undefined>;
}

const LARGEST_INFO = 4000;

/**
 * Body: nothing begins a session (201); `session_token` is a heartbeat (200). `browser_info`, an
 * object, may come with either. Answer: `session_token` and the session.
 */
export function manageSession(dependencies: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const { id } = requireUser(request);
    const body = await optionalObject(request);
    const client = { ...clientOf(request), ...browserInfo(body) };
    const token = tokenOf(body);
    return token === undefined
      ? await begin(id, client, dependencies)
      : await beat(id, token, client, dependencies);
  });
}

async function begin(userId: string, client: Client, dependencies: Dependencies) {
  const session_token = dependencies.newToken();
  const session = await dependencies.startSession(userId, session_token, client);
  if (!session) throw new Refusal(409, "The account has no profile; ask support to make it.");
  return json({ session_token, ...session }, 201);
}

async function beat(userId: string, token: string, client: Client, dependencies: Dependencies) {
  const session = await dependencies.refreshSession(userId, token, client);
  if (!session) throw new Refusal(410, "The session has ended: sign in again.");
  return json({ session_token: token, ...session });
}

function tokenOf({ session_token }: Body): string | undefined {
  if (session_token === undefined) return undefined;
  if (typeof session_token === "string" && session_token !== "") return session_token;
  throw new Refusal(400, "session_token must be a text; leave it out to begin a session.");
}

function browserInfo({ browser_info }: Body): Pick<Client, "browser_info"> {
  if (browser_info === undefined) return {};
  const isObject = typeof browser_info === "object" && browser_info && !Array.isArray(browser_info);
  const text = JSON.stringify(browser_info);
  if (isObject && text.length <= LARGEST_INFO && !text.includes("\\u0000")) {
    return { browser_info: browser_info as Record<string, unknown> };
  }
  throw new Refusal(400, `browser_info must be an object of at most ${LARGEST_INFO} characters.`);
}
