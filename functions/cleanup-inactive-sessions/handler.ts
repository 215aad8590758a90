/** Marks sessions as ended that have been silent for 24 hours. Nothing is deleted. */

import { requireServiceRole } from "../_shared/caller.ts";
import { endpoint, type Handler, json } from "../_shared/http.ts";

export interface Dependencies {
  /** How many sessions there were to mark. */
  endSilentSessions(): Promise<number>;
}

/** No body; the service-role key only. Answer: how many were `marked`. */
export function cleanupInactiveSessions({ endSilentSessions }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    requireServiceRole(request);
    const marked = await endSilentSessions();
    console.info(`Marked ${marked} silent sessions as ended.`);
    return json({ marked });
  });
}
