import assert from "node:assert/strict";
import { stripeClient } from "./stripe.ts";
import { envOf } from "./testing.ts";

function addressOf(base?: string) {
  const env = { STRIPE_SECRET_KEY: "sk_test_x", ...(base ? { STRIPE_API_BASE: base } : {}) };
  const client = stripeClient(envOf(env)) as unknown as { getApiField(name: string): unknown };
  return ["protocol", "host", "port"].map((field) => client.getApiField(field));
}

Deno.test("requests go to Stripe", () => {
  assert.deepEqual(addressOf(), ["https", "api.stripe.com", "443"]);
});

Deno.test("STRIPE_API_BASE sends requests to a stand-in", () => {
  assert.deepEqual(addressOf("http://127.0.0.1:4242"), ["http", "127.0.0.1", "4242"]);
  assert.deepEqual(addressOf("http://stripe.test"), ["http", "stripe.test", 80]);
  assert.deepEqual(addressOf("https://stripe.test/"), ["https", "stripe.test", 443]);
});

Deno.test("without a key there is no client", () => {
  assert.throws(() => stripeClient(envOf({})), /STRIPE_SECRET_KEY is not set/);
});
