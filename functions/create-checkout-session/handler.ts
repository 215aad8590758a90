/** Starts a Stripe Checkout of a subscription for the signed-in user. */

import type Stripe from "stripe";
import { type Caller, callerOf } from "../_shared/caller.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";
import { periodOfPrice, type Prices } from "../_shared/prices.ts";

export interface Dependencies {
  prices: Prices;
  createSession(
    session: Stripe.Checkout.SessionCreateParams,
  ): Promise<Pick<Stripe.Checkout.Session, "id" | "url">>;
}

/** Body: `price_id` or `period`, `success_url`, `cancel_url`. Answer: `id` and `url` to go to. */
export function createCheckoutSession({ prices, createSession }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const caller = callerOf(request);
    if (!caller) throw new Refusal(401, "Sign in first: the token names no user.");
    const body = await jsonObject(request);
    const order = {
      price: priceOf(body, prices),
      success_url: addressOf(body, "success_url"),
      cancel_url: addressOf(body, "cancel_url"),
    };
    const { id, url } = await createSession(sessionOf(caller, order)).catch(refused);
    return json({ id, url });
  });
}

type Order = Record<"price" | "success_url" | "cancel_url", string>;

/** The user's id goes along three times: each kind of event carries another one of them. */
function sessionOf(caller: Caller, order: Order): Stripe.Checkout.SessionCreateParams {
  const { price, success_url, cancel_url } = order;
  const metadata = { user_id: caller.id, price_id: price };
  return {
    mode: "subscription",
    line_items: [{ price, quantity: 1 }],
    success_url,
    cancel_url,
    client_reference_id: caller.id,
    ...(caller.email ? { customer_email: caller.email } : {}),
    metadata,
    subscription_data: { metadata },
  };
}

function priceOf(body: Record<string, unknown>, prices: Prices): string {
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

function addressOf(body: Record<string, unknown>, field: string): string {
  const value = body[field];
  if (typeof value === "string" && /^https?:\/\//i.test(value) && URL.canParse(value)) return value;
  throw new Refusal(400, `${field} must be an http or https address.`);
}

/** Stripe's reason stays in the log; the caller can do nothing about it. */
function refused(error: Error & { requestId?: string }): never {
  console.error(
    `Stripe did not start the checkout (${error.requestId ?? "no request id"}): ${error.message}`,
  );
  throw new Refusal(502, "The checkout could not be started; try again later.");
}
