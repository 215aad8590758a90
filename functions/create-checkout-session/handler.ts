/** Starts a Stripe Checkout of a subscription for the signed-in user. */

import type Stripe from "stripe";
import { type Caller, requireUser } from "../_shared/caller.ts";
import { addressOf, type Body } from "../_shared/fields.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";
import { priceOf } from "../_shared/order.ts";
import type { Prices } from "../_shared/prices.ts";
import { answerOf } from "../_shared/stripe_answer.ts";
import { type Buyer, hasSubscription, type Promotion, trialDays } from "./promotion.ts";

export interface Dependencies {
  prices: Prices;
  readBuyer(userId: string): Promise<Buyer | undefined>;
  /** The active promotion code of that name. */
  findPromotion(code: string): Promise<Promotion | undefined>;
  createSession(
    session: Stripe.Checkout.SessionCreateParams,
  ): Promise<Pick<Stripe.Checkout.Session, "id" | "url">>;
  now(): Date;
}

/**
 * Body: `price_id` or `period`, `success_url`, `cancel_url`, and perhaps a `promotion_code`.
 * Answer: `id` and `url` to go to.
 */
export function createCheckoutSession(dependencies: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const caller = requireUser(request);
    const body = await jsonObject(request);
    const order = {
      price: priceOf(body, dependencies.prices),
      success_url: addressOf(body, "success_url"),
      cancel_url: addressOf(body, "cancel_url"),
    };
    const code = codeOf(body);
    const buyer = await dependencies.readBuyer(caller.id);
    if (hasSubscription(buyer)) {
      throw new Refusal(409, "There is a subscription already: change that one.");
    }
    const reduction = code ? await reductionOf(code, buyer, dependencies) : undefined;
    const session = dependencies.createSession(sessionOf(caller, order, reduction));
    const { id, url } = await answerOf("start the checkout", session);
    return json({ id, url });
  });
}

type Order = Record<"price" | "success_url" | "cancel_url", string>;

interface Reduction {
  promotion: string;
  days: number;
}

/** The user's id goes along three times: each kind of event carries another one of them. */
function sessionOf(
  caller: Caller,
  { price, success_url, cancel_url }: Order,
  reduction?: Reduction,
): Stripe.Checkout.SessionCreateParams {
  const metadata = { user_id: caller.id, price_id: price };
  return {
    mode: "subscription",
    line_items: [{ price, quantity: 1 }],
    success_url,
    cancel_url,
    client_reference_id: caller.id,
    ...(caller.email ? { customer_email: caller.email } : {}),
    ...(reduction ? { discounts: [{ promotion_code: reduction.promotion }] } : {}),
    metadata,
    subscription_data: {
      metadata,
      ...(reduction?.days ? { trial_period_days: reduction.days } : {}),
    },
  };
}

function codeOf({ promotion_code }: Body): string | undefined {
  if (promotion_code === undefined || typeof promotion_code === "string") {
    return promotion_code?.trim() || undefined;
  }
  throw new Refusal(400, "promotion_code must be a text.");
}

/** What a code is worth to this buyer: a second subscription has no trial. */
async function reductionOf(
  code: string,
  buyer: Buyer | undefined,
  { findPromotion, now }: Dependencies,
): Promise<Reduction> {
  const promotion = await answerOf("look up the promotion code", findPromotion(code));
  if (!promotion) throw new Refusal(400, "The promotion code is not known or no longer valid.");
  if (buyer?.subscription_id) {
    throw new Refusal(409, "The promotion code is for a first subscription only.");
  }
  return { promotion: promotion.id, days: trialDays(promotion, buyer, now()) };
}
