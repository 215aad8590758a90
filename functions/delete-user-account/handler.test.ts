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
import { deleteUserAccount } from "./handler.ts";

const user_id = "0f0e0d0c-0b0a-0908-0706-050403020100";

async function call(claims: Record<string, unknown>, subscribed: boolean, found: boolean) {
  const deleted: string[] = [];
  const handler = deleteUserAccount({
    hasSubscription: () => Promise.resolve(subscribed),
    deleteUser: (id) => {
      deleted.push(id);
      return Promise.resolve(found);
    },
  });
  let answer!: Response;
  const log = await logOf(async () => answer = await handler(bearer(claims, { user_id })));
  return { answer, deleted, log };
}

for (const claims of [ADMIN, SERVICE_ROLE]) {
  Deno.test(`deletes a user for ${JSON.stringify(claims)} and logs it`, async () => {
    const { answer, deleted, log } = await call(claims, false, true);
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { user_id });
    assert.deepEqual(deleted, [user_id]);
    assert.match(log, /^Deleted user 0f0e0d0c/);
  });
}

Deno.test("who still pays is not deleted", async () => {
  const { answer, deleted } = await call(ADMIN, true, true);
  await assertRefused(answer, 409, /has a subscription/);
  assert.deepEqual(deleted, []);
});

Deno.test("a user who is not there is not deleted", async () => {
  const { answer, log } = await call(ADMIN, false, false);
  await assertRefused(answer, 404, /no such user/);
  assert.equal(log, "");
});

const unasked = deleteUserAccount({ hasSubscription: notAsked, deleteUser: notAsked });

Deno.test("others delete nobody, not even themselves", async () => {
  const own = { ...USER, sub: user_id };
  await assertRefused(await unasked(bearer(own, { user_id })), 403, /Only admins/);
  await assertRefused(await unasked(bearer({ role: "anon" }, { user_id })), 401, /Sign in first/);
});

Deno.test("a user is named by an id", async () => {
  const answer = await unasked(bearer(ADMIN, { user_id: "../../" }));
  await assertRefused(answer, 400, /user_id must be a uuid/);
});
