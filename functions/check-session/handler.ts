/** Says whether one of the caller's sessions is active; looking does not keep it alive. */

import { requireUser } from "../_shared/caller.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";
import type { Session } from "../_shared/sessions.ts";

export interface Dependencies {
  /** Undefined when the user has no such session or it has ended. */
  findActiveSession(userId: string, token: string): Promise<Session | undefined>;
}

/** Body: `session_token`. Answer: `active` and, when it is, `last_heartbeat`. */
export function checkSession({ findActiveSession }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const { id } = requireUser(request);
    const { session_token } = await jsonObject(request);
    if (typeof session_token !== "string" || session_token === "") {
      throw new Refusal(400, "session_token must be a text.");
    }
    const session = await findActiveSession(id, session_token);
    return json({ active: session !== undefined, last_heartbeat: session?.last_heartbeat ?? null });
  });
}
