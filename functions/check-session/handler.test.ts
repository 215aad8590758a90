import assert from "node:assert/strict";
import { assertRefused, bearer, notAsked, session, USER } from "../_shared/testing.ts";
import { checkSession } from "./handler.ts";

Deno.test("says that the caller's session is active, and since when it was silent", async () => {
  const asked: string[][] = [];
  const handler = checkSession({
    findActiveSession: (...sent) => {
      asked.push(sent);
      return Promise.resolve(session);
    },
  });
  const answer = await handler(bearer(USER, { session_token: "t" }));
  assert.deepEqual(await answer.json(), {
    active: true,
    last_heartbeat: session.last_heartbeat.toISOString(),
  });
  assert.deepEqual(asked, [["user-1", "t"]]);
});

Deno.test("a session that is not active is none, whatever the reason", async () => {
  const handler = checkSession({ findActiveSession: () => Promise.resolve(undefined) });
  const answer = await handler(bearer(USER, { session_token: "t" }));
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { active: false, last_heartbeat: null });
});

for (const session_token of [undefined, null, "", 1]) {
  Deno.test(`${JSON.stringify(session_token)} is no token`, async () => {
    const answer = await checkSession({ findActiveSession: notAsked })(
      bearer(USER, { session_token }),
    );
    await assertRefused(answer, 400, /^session_token must be/);
  });
}

Deno.test("the anon key has no session", async () => {
  const handler = checkSession({ findActiveSession: notAsked });
  await assertRefused(await handler(bearer({ role: "anon" })), 401, /Sign in first/);
});
