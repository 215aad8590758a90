/** Lists the caller's active sessions, without their tokens. */

import { requireUser } from "../_shared/caller.ts";
import { endpoint, type Handler, json } from "../_shared/http.ts";
import type { Session } from "../_shared/sessions.ts";

export interface Dependencies {
  activeSessions(userId: string): Promise<Session[]>;
}

/** No body. Answer: `sessions`, the one used last first. */
export function getActiveSessions({ activeSessions }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    return json({ sessions: await activeSessions(requireUser(request).id) });
  });
}
