import assert from "node:assert/strict";
import { periodOfPrice, pricesOf } from "./prices.ts";
import { envOf } from "./testing.ts";

const prices = pricesOf(envOf({
  STRIPE_PRICE_MONTHLY_ACCELERATOR: "price_m",
  STRIPE_PRICE_ANNUAL_ACCELERATOR: "price_a",
}));

Deno.test("a price id tells the billing period", () => {
  assert.equal(periodOfPrice("price_m", prices), "monthly");
  assert.equal(periodOfPrice("price_a", prices), "annual");
  assert.equal(periodOfPrice("price_x", prices), undefined);
});

Deno.test("prices that are not configured match nothing, not even a missing id", () => {
  const unset = pricesOf(envOf({}));
  assert.equal(periodOfPrice(undefined, unset), undefined);
  assert.equal(
    periodOfPrice("", pricesOf(envOf({ STRIPE_PRICE_ANNUAL_ACCELERATOR: "" }))),
    undefined,
  );
});
