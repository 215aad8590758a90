import assert from "node:assert/strict";
import { assertRefused, bearer, notAsked, SERVICE_ROLE, USER } from "../_shared/testing.ts";
import { checkSubscriptionStatus } from "./handler.ts";
import type { Profile } from "./status.ts";

const NOW = new Date("2026-01-10T00:00:00Z");

async function asked(profile: Profile | undefined) {
  const users: string[] = [];
  const handler = checkSubscriptionStatus({
    readProfile: (userId) => {
      users.push(userId);
      return Promise.resolve(profile);
    },
    now: () => NOW,
  });
  const answer = await handler(bearer(USER));
  assert.equal(answer.status, 200);
  assert.deepEqual(users, ["user-1"]);
  return await answer.json();
}

Deno.test("says whether the caller's subscription is valid, and what the profile holds", async () => {
  const profile = {
    subscription_status: "active",
    subscription_plan: "accelerator",
    billing_period: "annual",
    plan_expires_at: new Date("2026-02-01T00:00:00Z"),
    cancel_at_period_end: true,
  };
  assert.deepEqual(await asked(profile), {
    valid: true,
    reason: "active",
    status: "active",
    plan: "accelerator",
    billing_period: "annual",
    expires_at: "2026-02-01T00:00:00.000Z",
    cancel_at_period_end: true,
  });
});

Deno.test("a user without a profile is told so and not refused", async () => {
  assert.deepEqual(await asked(undefined), {
    valid: false,
    reason: "no_subscription",
    status: null,
    plan: null,
    billing_period: null,
    expires_at: null,
    cancel_at_period_end: null,
  });
});

for (const claims of [{ role: "anon" }, SERVICE_ROLE]) {
  Deno.test(`the ${claims.role} key has no subscription to ask for`, async () => {
    const handler = checkSubscriptionStatus({ readProfile: notAsked, now: () => NOW });
    await assertRefused(await handler(bearer(claims)), 401, /Sign in first/);
  });
}
