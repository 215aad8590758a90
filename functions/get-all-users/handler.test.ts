import assert from "node:assert/strict";
import { ADMIN, assertRefused, bearer, notAsked, SERVICE_ROLE, USER } from "../_shared/testing.ts";
import { getAllUsers } from "./handler.ts";

const listed = {
  id: "user-1",
  email: "a@example.com",
  created_at: new Date("2026-01-01T00:00:00Z"),
  last_sign_in_at: null,
  subscription_status: "trial",
  plan_expires_at: null,
};

for (const claims of [ADMIN, SERVICE_ROLE]) {
  Deno.test(`lists the users for ${JSON.stringify(claims)}`, async () => {
    const handler = getAllUsers({ readUsers: () => Promise.resolve([listed]) });
    const answer = await handler(bearer(claims, ""));
    assert.deepEqual(await answer.json(), { users: [JSON.parse(JSON.stringify(listed))] });
  });
}

Deno.test("others see no users", async () => {
  const handler = getAllUsers({ readUsers: notAsked });
  await assertRefused(await handler(bearer(USER)), 403, /Only admins/);
  await assertRefused(await handler(bearer({ role: "anon" })), 401, /Sign in first/);
});
