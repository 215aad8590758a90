/** Starts a Stripe Checkout of a subscription for the signed-in user. */

import type Stripe from "stripe";
import { type Caller, requireUser } from "../_shared/caller.ts";
import { addressOf } from "../_shared/fields.ts";
import { endpoint, type Handler, json, jsonObject } from "../_shared/http.ts";
import { priceOf } from "../_shared/order.ts";
import type { Prices } from "../_shared/prices.ts";
import { answerOf } from "../_shared/stripe_answer.ts";

export interface Dependencies {
  prices: Prices;
  createSession(
    session: Stripe.Checkout.SessionCreateParams,
  ): Promise<Pick<Stripe.Checkout.Session, "id" | "url">>;
}

/** Body: `price_id` or `period`, `success_url`, `cancel_url`. Answer: `id` and `url` to go to. */
export function createCheckoutSession({ prices, createSession }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const caller = requireUser(request);
    const body = await jsonObject(request);
    const order = {
      price: priceOf(body, prices),
      success_url: addressOf(body, "success_url"),
      cancel_url: addressOf(body, "cancel_url"),
    };
    const { id, url } = await answerOf(
      "start the checkout",
      createSession(sessionOf(caller, order)),
    );
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
