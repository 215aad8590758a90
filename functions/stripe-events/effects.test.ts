import assert from "node:assert/strict";
import type Stripe from "stripe";
import { logOf } from "../_shared/testing.ts";
import { changeOf } from "./effects.ts";
import type { ProfileChange } from "./profile_change.ts";
import type { Subscription } from "./stripe_objects.ts";

const CREATED = 1_800_000_000;
const DAY = 86_400;
const START = CREATED - 60;
const END = START + 31 * DAY;
const at = (seconds: number) => new Date(seconds * 1000);
const prices = { monthly: "price_m", annual: "price_a" };

const subscription = {
  id: "sub_1",
  status: "active",
  metadata: { user_id: "user-1" },
  items: { data: [{ price: { id: "price_m", unit_amount: 1234 } }] },
  current_period_start: START,
  current_period_end: END,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
};
const session = {
  id: "cs_1",
  mode: "subscription",
  created: CREATED - 5,
  client_reference_id: "user-1",
  subscription: "sub_1",
  amount_total: 1234,
};
const invoice = {
  id: "in_1",
  subscription: "sub_1",
  subscription_details: { metadata: { user_id: "user-1" } },
  lines: { data: [{ amount: 1234, period: { start: START, end: END }, price: { id: "price_a" } }] },
  status_transitions: { paid_at: CREATED - 2 },
};
const period = {
  current_period_start: at(START),
  current_period_end: at(END),
  plan_expires_at: at(END),
};

/** The change and the log of an event; Stripe holds `known` as its only subscription. */
async function effectOf(type: string, object: unknown, known?: Subscription) {
  let change: ProfileChange | undefined;
  const log = await logOf(async () => {
    const event = { id: "evt_1", type, created: CREATED, data: { object } };
    const readSubscription = (id: string) => Promise.resolve(known?.id === id ? known : undefined);
    change = await changeOf(event as unknown as Stripe.Event, { prices, readSubscription });
  });
  return { change, set: change?.set, log };
}

Deno.test("a completed checkout activates the subscription that it made", async () => {
  const { change, log } = await effectOf("checkout.session.completed", session, subscription);
  assert.deepEqual(change, {
    occurredAt: at(CREATED),
    userId: "user-1",
    subscriptionId: "sub_1",
    starts: true,
    set: {
      subscription_id: "sub_1",
      subscription_plan: "accelerator",
      subscription_status: "active",
      billing_period: "monthly",
      ...period,
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
    },
  });
  assert.match(log, /checkout\.session\.completed: billing period monthly, price price_m/);
});

Deno.test("a checkout finds its user in the metadata too", async () => {
  const object = { ...session, client_reference_id: null, metadata: { user_id: "user-2" } };
  const { change } = await effectOf("checkout.session.completed", object, subscription);
  assert.equal(change?.userId, "user-2");
});

Deno.test("a subscription inside the session is not asked for", async () => {
  const object = { ...session, subscription };
  const { set } = await effectOf("checkout.session.completed", object);
  assert.equal(set?.billing_period, "monthly");
});

Deno.test("a checkout of a subscription unknown to Stripe is judged by the session", async () => {
  const object = { ...session, metadata: { price_id: "price_a" } };
  const { set, log } = await effectOf("checkout.session.completed", object);
  assert.equal(set?.billing_period, "annual");
  assert.deepEqual(set?.current_period_start, at(CREATED - 5));
  assert.deepEqual(set?.current_period_end, at(CREATED - 5 + 365 * DAY));
  assert.match(log, /does not know subscription sub_1 of session cs_1/);
});

for (const object of [{ ...session, mode: "payment" }, { ...session, subscription: null }]) {
  Deno.test(`a checkout with ${object.mode}, ${object.subscription} has no effect`, async () => {
    const { change } = await effectOf("checkout.session.completed", object);
    assert.equal(change, undefined);
  });
}

const fallback: [number | undefined, string][] = [
  [undefined, "monthly"],
  [49_999, "monthly"],
  [50_000, "annual"],
];
for (const [amount, expected] of fallback) {
  Deno.test(`an unknown price of ${amount} cents is logged and taken as ${expected}`, async () => {
    const items = { data: [{ price: { id: "price_x", unit_amount: amount } }] };
    const { set, log } = await effectOf("customer.subscription.updated", {
      ...subscription,
      items,
    });
    assert.equal(set?.billing_period, expected);
    assert.match(log, /price price_x is not known, judging by the amount/);
    assert.match(log, new RegExp(`billing period ${expected}, price price_x`));
  });
}

Deno.test("the amount says nothing where the price is known", async () => {
  const items = { data: [{ price: { id: "price_m", unit_amount: 1_000_000 } }] };
  const { set, log } = await effectOf("customer.subscription.updated", { ...subscription, items });
  assert.equal(set?.billing_period, "monthly");
  assert.doesNotMatch(log, /not known/);
});

Deno.test("the newer API versions have the period on the item", async () => {
  const { current_period_start: _, current_period_end: __, ...rest } = subscription;
  const item = {
    ...subscription.items.data[0],
    current_period_start: START,
    current_period_end: END,
  };
  const object = { ...rest, items: { data: [item] } };
  const { set } = await effectOf("customer.subscription.updated", object);
  assert.deepEqual(set?.current_period_start, at(START));
  assert.deepEqual(set?.current_period_end, at(END));
});

Deno.test("a created subscription may take the place of another one, an updated one may not", async () => {
  assert.equal(
    (await effectOf("customer.subscription.created", subscription)).change?.starts,
    true,
  );
  assert.ok(!(await effectOf("customer.subscription.updated", subscription)).change?.starts);
});

const words: [string, string | undefined][] = [
  ["active", "active"],
  ["trialing", "active"],
  ["past_due", "past_due"],
  ["unpaid", "past_due"],
  ["paused", "past_due"],
  ["canceled", "canceled"],
  ["incomplete_expired", "canceled"],
  ["incomplete", undefined],
];
for (const [status, expected] of words) {
  Deno.test(`Stripe's status ${status} becomes ${expected ?? "nothing yet"}`, async () => {
    const object = { ...subscription, status };
    const { set } = await effectOf("customer.subscription.updated", object);
    assert.equal(set?.subscription_status, expected);
    assert.equal("subscription_status" in set!, expected !== undefined);
  });
}

Deno.test("a cancellation at the period's end leaves the subscription active until then", async () => {
  const object = { ...subscription, cancel_at_period_end: true, canceled_at: CREATED - 1 };
  const { set } = await effectOf("customer.subscription.updated", object);
  assert.equal(set?.subscription_status, "active");
  assert.equal(set?.cancel_at_period_end, true);
  assert.deepEqual(set?.cancel_at, at(END));
  assert.deepEqual(set?.canceled_at, at(CREATED - 1));
});

Deno.test("a cancellation on a day of its own keeps that day", async () => {
  const { set } = await effectOf("customer.subscription.updated", {
    ...subscription,
    cancel_at: END - 9,
  });
  assert.deepEqual(set?.cancel_at, at(END - 9));
});

Deno.test("a deleted subscription ends the plan when it ended", async () => {
  const object = { ...subscription, status: "canceled", canceled_at: START, ended_at: CREATED - 3 };
  const { set } = await effectOf("customer.subscription.deleted", object);
  assert.deepEqual(set, {
    subscription_id: "sub_1",
    subscription_status: "canceled",
    cancel_at_period_end: false,
    canceled_at: at(CREATED - 3),
    plan_expires_at: at(CREATED - 3),
  });
});

Deno.test("a paid invoice extends the period and tells its length by the price", async () => {
  const { change } = await effectOf("invoice.payment_succeeded", invoice);
  assert.deepEqual(change, {
    occurredAt: at(CREATED),
    userId: "user-1",
    subscriptionId: "sub_1",
    set: {
      subscription_id: "sub_1",
      subscription_plan: "accelerator",
      subscription_status: "active",
      billing_period: "annual",
      ...period,
      last_payment_date: at(CREATED - 2),
    },
  });
});

Deno.test("the newer API versions have the subscription under the invoice's parent", async () => {
  const object = {
    id: "in_1",
    parent: { subscription_details: { subscription: "sub_1", metadata: { user_id: "user-1" } } },
    lines: {
      data: [{
        period: { start: START, end: END },
        pricing: { price_details: { price: "price_m" } },
      }],
    },
  };
  const { change, set } = await effectOf("invoice.payment_succeeded", object);
  assert.deepEqual([change?.subscriptionId, change?.userId], ["sub_1", "user-1"]);
  assert.equal(set?.billing_period, "monthly");
  assert.deepEqual(set?.last_payment_date, at(CREATED));
});

Deno.test("the line that reaches furthest is the period, prorations aside", async () => {
  const [line] = invoice.lines.data;
  const lines = {
    data: [
      { ...line, period: { start: START - DAY, end: START }, price: { id: "price_x" } },
      { ...line, period: { start: START, end: END + DAY }, proration: true },
      {
        ...line,
        period: { start: START, end: END + DAY },
        parent: { subscription_item_details: { proration: true } },
      },
      line,
    ],
  };
  const { set } = await effectOf("invoice.payment_succeeded", { ...invoice, lines });
  assert.deepEqual(set?.current_period_end, at(END));
  assert.equal(set?.billing_period, "annual");
});

Deno.test("a failed invoice makes the subscription past due and leaves its period alone", async () => {
  const { change } = await effectOf("invoice.payment_failed", invoice);
  assert.deepEqual(change, {
    occurredAt: at(CREATED),
    userId: "user-1",
    subscriptionId: "sub_1",
    failedPayment: true,
    set: { subscription_id: "sub_1", subscription_status: "past_due" },
  });
});

for (const type of ["invoice.payment_succeeded", "invoice.payment_failed", "charge.refunded"]) {
  Deno.test(`${type} without a subscription has no effect`, async () => {
    assert.equal((await effectOf(type, { id: "in_2", lines: { data: [] } })).change, undefined);
  });
}
