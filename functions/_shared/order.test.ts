import assert from "node:assert/strict";
import { priceOf } from "./order.ts";

const prices = { monthly: "price_m", annual: "price_a" };

Deno.test("a price is ordered by its id or by its period", () => {
  assert.equal(priceOf({ price_id: "price_m" }, prices), "price_m");
  assert.equal(priceOf({ price_id: "price_a" }, prices), "price_a");
  assert.equal(priceOf({ period: "monthly" }, prices), "price_m");
  assert.equal(priceOf({ period: "annual" }, prices), "price_a");
});

const refusals: [string, Record<string, unknown>, RegExp][] = [
  ["a price of another product", { price_id: "price_x" }, /^Only the monthly/],
  ["a price that is no text", { price_id: 1 }, /^Only the monthly/],
  ["no price", { price_id: null }, /^Only the monthly/],
  ["an empty price", { price_id: "" }, /^Only the monthly/],
  ["a period that is not sold", { period: "weekly" }, /^Only the monthly/],
  ["the name of an object's own property", { period: "constructor" }, /^Only the monthly/],
  ["neither price nor period", {}, /^Give either price_id or period/],
  ["both", { price_id: "price_m", period: "monthly" }, /^Give either price_id or period/],
];
for (const [name, body, reason] of refusals) {
  Deno.test(`${name} cannot be ordered`, () => {
    assert.throws(() => priceOf(body, prices), { status: 400, message: reason });
  });
}

Deno.test("a price that is not configured cannot be ordered", () => {
  const unset = { monthly: undefined, annual: undefined };
  assert.throws(() => priceOf({ period: "monthly" }, unset), { status: 400 });
});
