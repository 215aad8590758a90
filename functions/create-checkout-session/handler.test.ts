import assert from "node:assert/strict";
import type Stripe from "stripe";
import { assertRefused, bearer, logOf, notAsked, USER as user } from "../_shared/testing.ts";
import { createCheckoutSession, type Dependencies } from "./handler.ts";
import type { Buyer } from "./promotion.ts";

const prices = { monthly: "price_m", annual: "price_a" };
const addresses = { success_url: "https://app.test/done", cancel_url: "http://localhost:4173/" };
const NOW = new Date("2026-01-10T00:00:00Z");
const onTrial: Buyer = {
  subscription_id: null,
  subscription_status: "trial",
  plan_expires_at: new Date("2026-01-13T00:00:00Z"),
};

function selling(dependencies: Partial<Dependencies> = {}) {
  const sent: Stripe.Checkout.SessionCreateParams[] = [];
  const asked: string[] = [];
  const handler = createCheckoutSession({
    prices,
    readBuyer: (userId) => Promise.resolve(asked.push(userId) ? onTrial : undefined),
    findPromotion: (code) => {
      asked.push(code);
      const promotion = { id: "promo_1", metadata: { extra_trial_days: "7" } };
      return Promise.resolve(code === "WELCOME" ? promotion : undefined);
    },
    createSession: (session) => {
      sent.push(session);
      return Promise.resolve({ id: "cs_1", url: "https://pay.test/cs_1", secret: "not shown" });
    },
    now: () => NOW,
    ...dependencies,
  });
  return { handler, sent, asked };
}

async function call(
  body: unknown,
  claims: Record<string, unknown> = user,
  buyer: Buyer | undefined = onTrial,
) {
  const { handler, sent } = selling({ readBuyer: () => Promise.resolve(buyer) });
  return { answer: await handler(bearer(claims, body)), sent };
}

Deno.test("starts a subscription that carries the user to every event", async () => {
  const { answer, sent } = await call({ price_id: "price_m", ...addresses });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { id: "cs_1", url: "https://pay.test/cs_1" });
  const metadata = { user_id: "user-1", price_id: "price_m" };
  assert.deepEqual(sent, [{
    mode: "subscription",
    line_items: [{ price: "price_m", quantity: 1 }],
    ...addresses,
    client_reference_id: "user-1",
    customer_email: "a@example.com",
    metadata,
    subscription_data: { metadata },
  }]);
});

Deno.test("a period names its price", async () => {
  const { sent } = await call({ period: "annual", ...addresses });
  assert.deepEqual(sent[0].line_items, [{ price: "price_a", quantity: 1 }]);
});

Deno.test("a user without an address is asked for one by Stripe", async () => {
  const { sent } = await call(
    { period: "monthly", ...addresses },
    { sub: "user-1", role: "authenticated" },
  );
  assert.ok(!("customer_email" in sent[0]));
});

Deno.test("the anon key cannot buy", async () => {
  const { answer, sent } = await call({ period: "monthly", ...addresses }, { role: "anon" });
  await assertRefused(answer, 401, /Sign in first/);
  assert.deepEqual(sent, []);
});

const refusals: [string, Record<string, unknown>, RegExp][] = [
  ["a price of another product", { price_id: "price_x", ...addresses }, /Only the monthly/],
  ["a period that is not sold", { period: "weekly", ...addresses }, /Only the monthly/],
  ["an empty price", { price_id: "", ...addresses }, /Only the monthly/],
  ["neither price nor period", addresses, /either price_id or period/],
  ["both", { price_id: "price_m", period: "annual", ...addresses }, /either price_id or period/],
  ["no way back", { period: "monthly", cancel_url: addresses.cancel_url }, /^success_url must be/],
  [
    "a script",
    { period: "monthly", ...addresses, cancel_url: "javascript:x" },
    /^cancel_url must be/,
  ],
  [
    "half an address",
    { period: "monthly", ...addresses, cancel_url: "https://" },
    /^cancel_url must/,
  ],
];
for (const [name, body, reason] of refusals) {
  Deno.test(`${name} is refused before Stripe is asked`, async () => {
    const { answer, sent } = await call(body);
    await assertRefused(answer, 400, reason);
    assert.deepEqual(sent, []);
  });
}

Deno.test("a price that is not configured cannot be bought", async () => {
  const { handler } = selling({ prices: { monthly: undefined, annual: undefined } });
  const answer = await handler(bearer(user, { period: "monthly", ...addresses }));
  await assertRefused(answer, 400, /Only the monthly/);
});

Deno.test("what Stripe says against it stays in the log", async () => {
  const error = Object.assign(new Error("No such price"), { requestId: "req_1" });
  const { handler } = selling({ createSession: () => Promise.reject(error) });
  let answer!: Response;
  const log = await logOf(async () => {
    answer = await handler(bearer(user, { period: "monthly", ...addresses }));
  });
  await assertRefused(answer, 502, /could not start the checkout/);
  assert.match(log, /\(req_1\): No such price/);
});

Deno.test("the buyer is the caller", async () => {
  const { handler, asked } = selling();
  await handler(bearer(user, { period: "monthly", promotion_code: " WELCOME ", ...addresses }));
  assert.deepEqual(asked, ["user-1", "WELCOME"]);
});

for (const subscription_status of ["active", "past_due"]) {
  Deno.test(`who has a subscription that is ${subscription_status} does not buy another`, async () => {
    const buyer = { ...onTrial, subscription_id: "sub_1", subscription_status };
    const { answer, sent } = await call({ period: "annual", ...addresses }, user, buyer);
    await assertRefused(answer, 409, /There is a subscription already/);
    assert.deepEqual(sent, []);
  });
}

Deno.test("who had a subscription buys again, also without a profile", async () => {
  const ended = { ...onTrial, subscription_id: "sub_1", subscription_status: "canceled" };
  assert.equal((await call({ period: "annual", ...addresses }, user, ended)).answer.status, 200);
  const { handler } = selling({ readBuyer: () => Promise.resolve(undefined) });
  const answer = await handler(bearer(user, { period: "annual", ...addresses }));
  assert.equal(answer.status, 200);
});

Deno.test("a promotion code goes along and adds its days to the rest of the trial", async () => {
  const { sent } = await call({ period: "annual", promotion_code: "WELCOME", ...addresses });
  assert.deepEqual(sent[0].discounts, [{ promotion_code: "promo_1" }]);
  assert.equal(sent[0].subscription_data?.trial_period_days, 10);
  assert.equal(sent[0].subscription_data?.metadata?.user_id, "user-1");
});

Deno.test("a promotion code without days is a discount", async () => {
  const { handler, sent } = selling({ findPromotion: () => Promise.resolve({ id: "promo_2" }) });
  await handler(bearer(user, { period: "annual", promotion_code: "X", ...addresses }));
  assert.deepEqual(sent[0].discounts, [{ promotion_code: "promo_2" }]);
  assert.ok(!("trial_period_days" in sent[0].subscription_data!));
});

for (const promotion_code of ["", "  ", undefined]) {
  Deno.test(`${JSON.stringify(promotion_code)} is no promotion code`, async () => {
    const { handler, sent } = selling({ findPromotion: notAsked });
    await handler(bearer(user, { period: "annual", promotion_code, ...addresses }));
    assert.ok(!("discounts" in sent[0]));
  });
}

Deno.test("a promotion code that nobody knows is refused", async () => {
  const body = { period: "annual", promotion_code: "GONE", ...addresses };
  const { answer, sent } = await call(body);
  await assertRefused(answer, 400, /promotion code is not known/);
  assert.deepEqual(sent, []);
  await assertRefused((await call({ ...body, promotion_code: 1 })).answer, 400, /must be a text/);
});

Deno.test("a promotion code is for the first subscription", async () => {
  const ended = { ...onTrial, subscription_id: "sub_1", subscription_status: "canceled" };
  const body = { period: "annual", promotion_code: "WELCOME", ...addresses };
  const { answer, sent } = await call(body, user, ended);
  await assertRefused(answer, 409, /first subscription only/);
  assert.deepEqual(sent, []);
});
