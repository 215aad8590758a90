import assert from "node:assert/strict";
import { assertRefused, bearer, notAsked, session, USER } from "../_shared/testing.ts";
import { revokeSession } from "./handler.ts";

function ending(found: boolean) {
  const asked: string[][] = [];
  const handler = revokeSession({
    endSession: (...sent) => {
      asked.push(sent);
      return Promise.resolve(found);
    },
  });
  return { handler, asked };
}

Deno.test("ends the chosen session of the caller", async () => {
  const { handler, asked } = ending(true);
  const answer = await handler(bearer(USER, { session_id: session.id }));
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { session_id: session.id, active: false });
  assert.deepEqual(asked, [["user-1", session.id]]);
});

Deno.test("another user's session is not there", async () => {
  const { handler } = ending(false);
  await assertRefused(await handler(bearer(USER, { session_id: session.id })), 404, /no such/);
});

Deno.test("a session is named by its id", async () => {
  const handler = revokeSession({ endSession: notAsked });
  await assertRefused(await handler(bearer(USER, { session_id: "t" })), 400, /must be a uuid/);
});

Deno.test("the anon key ends nothing", async () => {
  const handler = revokeSession({ endSession: notAsked });
  await assertRefused(await handler(bearer({ role: "anon" })), 401, /Sign in first/);
});
