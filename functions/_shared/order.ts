/** What a user orders: one of the two prices of the product. */

import type { Body } from "./fields.ts";
import { Refusal } from "./http.ts";
import { periodOfPrice, type Prices } from "./prices.ts";

/** The price id that the body's `price_id` or `period` means; anything not sold is refused. */
export function priceOf(body: Body, prices: Prices): string {
  const { price_id, period } = body;
  if ((price_id === undefined) === (period === undefined)) {
    throw new Refusal(400, "Give either price_id or period.");
  }
  const price = price_id ?? (period === "monthly" || period === "annual" ? prices[period] : "");
  if (typeof price !== "string" || !periodOfPrice(price, prices)) {
    throw new Refusal(400, "Only the monthly and the annual price of this product can be bought.");
  }
  return price;
}
