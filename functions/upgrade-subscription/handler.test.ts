import assert from "node:assert/strict";
import {
  assertRefused,
  bearer,
  logOf,
  notAsked,
  subscriptionOf,
  USER,
} from "../_shared/testing.ts";
import { upgradeSubscription } from "./handler.ts";

const prices = { monthly: "price_m", annual: "price_a" };

async function call(body: unknown, fields: Record<string, unknown> = {}, error?: Error) {
  const sent: unknown[] = [];
  const subscription = subscriptionOf("user-1", fields);
  const handler = upgradeSubscription({
    prices,
    subscriptions: {
      idOf: () => Promise.resolve("sub_1"),
      read: () => Promise.resolve(subscription),
    },
    change: (id, change) => {
      sent.push([id, change]);
      return error ? Promise.reject(error) : Promise.resolve(subscription);
    },
  });
  let answer!: Response;
  const log = await logOf(async () => answer = await handler(bearer(USER, body)));
  return { answer, sent, log };
}

Deno.test("changes the one item to the other price and sets off what is paid", async () => {
  const { answer, sent } = await call({ period: "annual" });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    subscription_id: "sub_1",
    status: "active",
    billing_period: "annual",
    changed: true,
  });
  assert.deepEqual(sent, [["sub_1", {
    items: [{ id: "si_1", price: "price_a" }],
    metadata: { price_id: "price_a" },
    proration_behavior: "create_prorations",
    payment_behavior: "error_if_incomplete",
  }]]);
});

Deno.test("the plan that one has changes nothing, not even one that is set to end", async () => {
  const { answer, sent } = await call({ price_id: "price_m" }, { cancel_at_period_end: true });
  assert.deepEqual(sent, []);
  const { billing_period, changed } = await answer.json();
  assert.deepEqual([billing_period, changed], ["monthly", false]);
});

for (const end of [{ cancel_at_period_end: true }, { cancel_at: 1_800_000_000 }]) {
  Deno.test(`a subscription with ${JSON.stringify(end)} is not made longer`, async () => {
    const { answer, sent } = await call({ period: "annual" }, end);
    await assertRefused(answer, 409, /set to end/);
    assert.deepEqual(sent, []);
  });
}

Deno.test("an ended subscription cannot be changed", async () => {
  const { answer, sent } = await call({ period: "annual" }, { status: "canceled" });
  await assertRefused(answer, 409, /has ended/);
  assert.deepEqual(sent, []);
});

Deno.test("a subscription of several items is not ours to change", async () => {
  const items = {
    data: [{ id: "si_1", price: { id: "price_m" } }, { id: "si_2", price: { id: "x" } }],
  };
  const { answer, sent, log } = await call({ period: "annual" }, { items });
  await assertRefused(answer, 500, /the reason is in the log/);
  assert.match(log, /sub_1 has 2 items/);
  assert.deepEqual(sent, []);
});

Deno.test("a card that is declined leaves the plan as it is", async () => {
  const declined = Object.assign(new Error("Declined"), { type: "StripeCardError" });
  const { answer } = await call({ period: "annual" }, {}, declined);
  await assertRefused(answer, 402, /change the card/);
});

const unasked = upgradeSubscription({
  prices,
  subscriptions: { idOf: notAsked, read: notAsked },
  change: notAsked,
});

Deno.test("a price that is not sold is refused before anybody is asked", async () => {
  await assertRefused(
    await unasked(bearer(USER, { price_id: "price_x" })),
    400,
    /Only the monthly/,
  );
});

Deno.test("the anon key changes nothing", async () => {
  await assertRefused(
    await unasked(bearer({ role: "anon" }, { period: "annual" })),
    401,
    /Sign in/,
  );
});
