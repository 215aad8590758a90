import assert from "node:assert/strict";
import {
  ADMIN,
  assertRefused,
  bearer,
  logOf,
  notAsked,
  SERVICE_ROLE,
  USER,
} from "../_shared/testing.ts";
import { cleanupInactiveSessions } from "./handler.ts";

Deno.test("marks what was silent and says how many", async () => {
  const handler = cleanupInactiveSessions({ endSilentSessions: () => Promise.resolve(3) });
  let answer!: Response;
  const log = await logOf(async () => answer = await handler(bearer(SERVICE_ROLE, "")));
  assert.deepEqual(await answer.json(), { marked: 3 });
  assert.match(log, /Marked 3 silent sessions/);
});

const refusals: [string, Record<string, unknown>, number][] = [
  ["a user", USER, 403],
  ["an admin", ADMIN, 403],
  ["the anon key", { role: "anon" }, 401],
];
for (const [name, claims, status] of refusals) {
  Deno.test(`${name} may not clean up`, async () => {
    const handler = cleanupInactiveSessions({ endSilentSessions: notAsked });
    await assertRefused(await handler(bearer(claims)), status, /./);
  });
}
