import assert from "node:assert/strict";
import { assertRefused, bearer, notAsked, session, USER } from "../_shared/testing.ts";
import { getActiveSessions } from "./handler.ts";

Deno.test("lists the sessions of the caller", async () => {
  const asked: string[] = [];
  const handler = getActiveSessions({
    activeSessions: (userId) => {
      asked.push(userId);
      return Promise.resolve([session]);
    },
  });
  const answer = await handler(bearer(USER, ""));
  assert.deepEqual(await answer.json(), { sessions: [JSON.parse(JSON.stringify(session))] });
  assert.deepEqual(asked, ["user-1"]);
});

Deno.test("the anon key has no sessions", async () => {
  const handler = getActiveSessions({ activeSessions: notAsked });
  await assertRefused(await handler(bearer({ role: "anon" })), 401, /Sign in first/);
});
