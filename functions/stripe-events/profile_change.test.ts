import assert from "node:assert/strict";
import { type Billing, decide, type ProfileChange } from "./profile_change.ts";

const noon = new Date("2026-11-01T12:00:00Z");
const later = new Date("2026-11-01T13:00:00Z");
const nextMonth = new Date("2026-12-01T12:00:00Z");

const trial: Billing = {
  subscription_id: null,
  subscription_status: "trial",
  subscription_plan: "accelerator",
  billing_period: null,
  current_period_start: null,
  current_period_end: null,
  plan_expires_at: nextMonth,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  last_payment_date: null,
};
const active: Billing = { ...trial, subscription_id: "sub_1", subscription_status: "active" };

function change(fields: Partial<ProfileChange> = {}): ProfileChange {
  return {
    occurredAt: noon,
    subscriptionId: "sub_1",
    set: { subscription_status: "past_due" },
    ...fields,
  };
}

Deno.test("a profile without a subscription follows", () => {
  assert.deepEqual(decide(trial, change()), { set: { subscription_status: "past_due" } });
});

Deno.test("only what differs is written, so the same event twice changes nothing", () => {
  const set = {
    current_period_end: new Date(noon),
    subscription_status: "active",
    cancel_at: null,
  };
  assert.deepEqual(decide(active, change({ set })), { set: { current_period_end: noon } });
  assert.deepEqual(decide({ ...active, current_period_end: noon }, change({ set })), { set: {} });
});

Deno.test("another subscription's event is ignored", () => {
  const decision = decide(active, change({ subscriptionId: "sub_0" }));
  assert.deepEqual(decision, { ignored: "the profile has another subscription" });
});

Deno.test("a subscription that starts takes the place of another one", () => {
  const set = { subscription_id: "sub_2", current_period_start: nextMonth };
  const started = change({ subscriptionId: "sub_2", starts: true, set });
  assert.deepEqual(decide({ ...active, current_period_start: noon }, started), { set });
});

Deno.test("the late start of an earlier subscription is ignored", () => {
  const set = { subscription_id: "sub_0", current_period_start: noon };
  const started = change({ subscriptionId: "sub_0", starts: true, set });
  const decision = decide({ ...active, current_period_start: nextMonth }, started);
  assert.deepEqual(decision, { ignored: "a later period has begun since" });
});

Deno.test("an ended subscription does not come back to life", () => {
  const ended = { ...active, subscription_status: "canceled", canceled_at: noon };
  assert.deepEqual(decide(ended, change()), { ignored: "the subscription has ended since" });
  assert.deepEqual(decide(ended, change({ occurredAt: later })), {
    set: { subscription_status: "past_due" },
  });
});

Deno.test("a failed payment is ignored once it has been paid", () => {
  const paid = { ...active, last_payment_date: noon };
  const failed = change({ failedPayment: true });
  assert.deepEqual(decide(paid, failed), { ignored: "it has been paid since" });
  assert.deepEqual(decide(paid, { ...failed, occurredAt: later }), {
    set: { subscription_status: "past_due" },
  });
  assert.deepEqual(decide(paid, change()), { set: { subscription_status: "past_due" } });
});

Deno.test("a period never goes back, but the same period may be told again", () => {
  const running = { ...active, current_period_start: nextMonth };
  const told = (start: Date) =>
    change({ set: { current_period_start: start, current_period_end: later } });
  assert.deepEqual(decide(running, told(noon)), { ignored: "a later period has begun since" });
  assert.deepEqual(decide(running, told(nextMonth)), { set: { current_period_end: later } });
});
