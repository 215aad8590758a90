import assert from "node:assert/strict";
import Stripe from "stripe";
import { assertRefused, envOf, logOf, post } from "../_shared/testing.ts";
import { type Dependencies, stripeEvents } from "./handler.ts";
import type { ProfileChange } from "./profile_change.ts";

const SECRET = "whsec_test";
const env = envOf({
  STRIPE_WEBHOOK_SECRET: SECRET,
  STRIPE_PRICE_MONTHLY_ACCELERATOR: "price_m",
  STRIPE_PRICE_ANNUAL_ACCELERATOR: "price_a",
});
const client = new Stripe("sk_test_x");

const deleted = {
  id: "evt_1",
  object: "event",
  type: "customer.subscription.deleted",
  created: 1_800_000_000,
  data: { object: { id: "sub_1", status: "canceled", metadata: { user_id: "user-1" } } },
};

/** Signs as Stripe does: HMAC-SHA256 over the time and the raw body, keyed with the whole secret. */
async function signed(
  event: unknown,
  { secret = SECRET, time = Math.floor(Date.now() / 1000) } = {},
) {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const payload = JSON.stringify(event);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), hmac, false, ["sign"]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(`${time}.${payload}`)));
  return post(payload, { "Stripe-Signature": `t=${time},v1=${mac.toHex()}` });
}

function handlerWith(overrides: Partial<Dependencies> = {}) {
  const changes: ProfileChange[] = [];
  const handler = stripeEvents({
    env,
    stripe: () => client,
    readSubscription: () => Promise.resolve(undefined),
    applyChange: (change) => Promise.resolve((changes.push(change), "applied")),
    ...overrides,
  });
  return { handler, changes };
}

Deno.test("an event with a good signature is followed and logged", async () => {
  const { handler, changes } = handlerWith();
  let answer!: Response;
  const log = await logOf(async () => {
    answer = await handler(await signed(deleted));
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    received: true,
    type: "customer.subscription.deleted",
    outcome: "applied",
  });
  assert.equal(changes[0].subscriptionId, "sub_1");
  assert.match(log, /subscription\.deleted: received evt_1/);
  assert.match(log, /applied, the subscription is canceled \(evt_1, user user-1\)/);
});

Deno.test("an event of an unknown type is answered 200 and changes nothing", async () => {
  const { handler, changes } = handlerWith();
  await logOf(async () => {
    const answer = await handler(await signed({ ...deleted, type: "customer.tax_id.created" }));
    assert.equal(answer.status, 200);
    assert.equal((await answer.json()).outcome, "without effect");
  });
  assert.deepEqual(changes, []);
});

const forged: Record<string, () => Promise<Request>> = {
  "no signature": () => Promise.resolve(post(deleted)),
  "another secret": () => signed(deleted, { secret: "whsec_other" }),
  "an old signature": () => signed(deleted, { time: 1_700_000_000 }),
  "a changed body": async () => {
    const { headers } = await signed(deleted);
    return post({ ...deleted, id: "evt_2" }, Object.fromEntries(headers));
  },
  "a header that is none": () => Promise.resolve(post(deleted, { "Stripe-Signature": "x" })),
};
for (const [name, request] of Object.entries(forged)) {
  Deno.test(`${name} is refused without details`, async () => {
    const { handler, changes } = handlerWith();
    await assertRefused(
      await handler(await request()),
      400,
      /^The signature is missing or wrong\.$/,
    );
    assert.deepEqual(changes, []);
  });
}

Deno.test("a failing database is 500, so that Stripe delivers again", async () => {
  const { handler } = handlerWith({ applyChange: () => Promise.reject(new Error("db is down")) });
  await logOf(async () => {
    await assertRefused(await handler(await signed(deleted)), 500, /the reason is in the log/);
  });
});

Deno.test("a missing signing secret is named", async () => {
  const { handler } = handlerWith({ env: envOf({}) });
  await logOf(async () => {
    await assertRefused(
      await handler(await signed(deleted)),
      500,
      /STRIPE_WEBHOOK_SECRET is not set/,
    );
  });
});

Deno.test("an event of a user without a profile is logged as an error and answered 200", async () => {
  const { handler } = handlerWith({ applyChange: () => Promise.resolve("no profile found") });
  const log = await logOf(async () => {
    assert.equal((await handler(await signed(deleted))).status, 200);
  });
  assert.match(log, /no profile found \(evt_1, user user-1\)/);
});
