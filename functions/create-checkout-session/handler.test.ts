import assert from "node:assert/strict";
import type Stripe from "stripe";
import { assertRefused, logOf, post, tokenOf } from "../_shared/testing.ts";
import { createCheckoutSession } from "./handler.ts";

const prices = { monthly: "price_m", annual: "price_a" };
const addresses = { success_url: "https://app.test/done", cancel_url: "http://localhost:4173/" };
const user = { sub: "user-1", email: "a@example.com", role: "authenticated" };

async function call(body: unknown, claims: Record<string, unknown> = user) {
  const sent: Stripe.Checkout.SessionCreateParams[] = [];
  const handler = createCheckoutSession({
    prices,
    createSession: (session) => {
      sent.push(session);
      return Promise.resolve({ id: "cs_1", url: "https://pay.test/cs_1", secret: "not shown" });
    },
  });
  const answer = await handler(post(body, { Authorization: `Bearer ${tokenOf(claims)}` }));
  return { answer, sent };
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
  const handler = createCheckoutSession({
    prices: { monthly: undefined, annual: undefined },
    createSession: () => Promise.reject(new Error("not asked")),
  });
  const headers = { Authorization: `Bearer ${tokenOf(user)}` };
  const answer = await handler(post({ period: "monthly", ...addresses }, headers));
  await assertRefused(answer, 400, /Only the monthly/);
});

Deno.test("what Stripe says against it stays in the log", async () => {
  const handler = createCheckoutSession({
    prices,
    createSession: () =>
      Promise.reject(Object.assign(new Error("No such price"), { requestId: "req_1" })),
  });
  const headers = { Authorization: `Bearer ${tokenOf(user)}` };
  let answer!: Response;
  const log = await logOf(async () => {
    answer = await handler(post({ period: "monthly", ...addresses }, headers));
  });
  await assertRefused(answer, 502, /could not start the checkout/);
  assert.match(log, /\(req_1\): No such price/);
});
