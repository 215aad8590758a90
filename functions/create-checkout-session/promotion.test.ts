import assert from "node:assert/strict";
import { type Buyer, hasSubscription, trialDays } from "./promotion.ts";

const NOW = new Date("2026-01-10T00:00:00Z");
const HOUR = 60 * 60 * 1000;

function buyer(fields: Partial<Buyer> = {}, hours?: number): Buyer {
  const plan_expires_at = hours === undefined ? null : new Date(NOW.getTime() + hours * HOUR);
  return { subscription_id: null, subscription_status: "trial", plan_expires_at, ...fields };
}

/** Days of the code, hours left of the trial, days of trial at the checkout. */
const cases: [string, number | undefined, number][] = [
  ["7", 7 * 24, 14],
  ["7", 7 * 24 - 1, 14],
  ["7", 1000 * 24, 14],
  ["7", 1, 8],
  ["7", 0, 7],
  ["7", -100, 7],
  ["7", undefined, 7],
  ["30", 24, 31],
  ["0", 24, 0],
  ["", 24, 0],
  ["-7", 24, 0],
  ["seven", 24, 0],
];
for (const [extra_trial_days, hours, days] of cases) {
  Deno.test(`a code of ${extra_trial_days || "no"} days with ${hours} hours left`, () => {
    const promotion = { id: "promo_1", metadata: { extra_trial_days } };
    assert.equal(trialDays(promotion, buyer({}, hours), NOW), days);
  });
}

Deno.test("a code without metadata, a buyer without a profile or out of trial", () => {
  assert.equal(trialDays({ id: "promo_1" }, buyer({}, 24), NOW), 0);
  const promotion = { id: "promo_1", metadata: { extra_trial_days: "7" } };
  assert.equal(trialDays(promotion, undefined, NOW), 7);
  assert.equal(trialDays(promotion, buyer({ subscription_status: "canceled" }, 24), NOW), 7);
});

Deno.test("a subscription runs until it is canceled", () => {
  const having = (subscription_status: string | null) =>
    hasSubscription(buyer({ subscription_id: "sub_1", subscription_status }));
  assert.deepEqual(["active", "past_due", "canceled", "trial", null].map(having), [
    true,
    true,
    false,
    false,
    false,
  ]);
  assert.equal(hasSubscription(buyer({ subscription_status: "active" })), false);
  assert.equal(hasSubscription(undefined), false);
});
