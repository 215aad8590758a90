/** Forces one of the caller's sessions out: its next heartbeat is told to sign in again. */

import { requireUser } from "../_shared/caller.ts";
import { uuidOf } from "../_shared/fields.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";

export interface Dependencies {
  /** Whether the user has such a session. */
  endSession(userId: string, id: string): Promise<boolean>;
}

/** Body: `session_id`, the `id` of get-active-sessions. Once more is the same answer. */
export function revokeSession({ endSession }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const { id } = requireUser(request);
    const session_id = uuidOf(await jsonObject(request), "session_id");
    if (!await endSession(id, session_id)) throw new Refusal(404, "There is no such session.");
    return json({ session_id, active: false });
  });
}
