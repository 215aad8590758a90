import assert from "node:assert/strict";
import { type Reason, verdictOf } from "./status.ts";

const NOW = new Date("2026-01-10T00:00:00Z");
const HOUR = 60 * 60 * 1000;

/** Status, hours until the plan ends (undefined: no end), the verdict. */
const cases: [string | null, number | undefined, boolean, Reason][] = [
  ["trial", 1, true, "trial"],
  ["trial", 0, false, "trial_expired"],
  ["trial", -1, false, "trial_expired"],
  ["trial", undefined, false, "trial_expired"],
  ["active", 1, true, "active"],
  ["active", -23, true, "active"],
  ["active", -24, false, "plan_expired"],
  ["active", undefined, true, "active"],
  ["past_due", 1, false, "payment_failed"],
  ["canceled", 1, false, "canceled"],
  ["canceled", -1, false, "canceled"],
  [null, 1, false, "no_subscription"],
  ["Active", 1, false, "no_subscription"],
];
for (const [status, hours, valid, reason] of cases) {
  Deno.test(`${status} with ${hours ?? "no"} hours left is ${reason}`, () => {
    const profile = {
      subscription_status: status,
      subscription_plan: "accelerator",
      billing_period: null,
      plan_expires_at: hours === undefined ? null : new Date(NOW.getTime() + hours * HOUR),
      cancel_at_period_end: false,
    };
    assert.deepEqual(verdictOf(profile, NOW), { valid, reason });
  });
}

Deno.test("without a profile there is no subscription", () => {
  assert.deepEqual(verdictOf(undefined, NOW), { valid: false, reason: "no_subscription" });
});
