/** Changes the plan of the caller's subscription: monthly to annual or back. */

import { requireUser } from "../_shared/caller.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";
import { priceOf } from "../_shared/order.ts";
import {
  livingSubscription,
  type Subscription,
  type Subscriptions,
} from "../_shared/own_subscription.ts";
import { periodOfPrice, type Prices } from "../_shared/prices.ts";
import { answerOf } from "../_shared/stripe_answer.ts";

export interface Change {
  items: { id: string; price: string }[];
  metadata: { price_id: string };
  proration_behavior: "create_prorations";
  payment_behavior: "error_if_incomplete";
}

export interface Dependencies {
  prices: Prices;
  subscriptions: Subscriptions;
  change(id: string, change: Change): Promise<Subscription>;
}

/**
 * Body: `price_id` or `period`. Answer: `subscription_id`, `status`, `billing_period` and whether
 * anything `changed`. The profile follows when Stripe tells `stripe-events`.
 */
export function upgradeSubscription({ prices, subscriptions, change }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const caller = requireUser(request);
    const price = priceOf(await jsonObject(request), prices);
    const subscription = await livingSubscription(caller, subscriptions);
    const item = onlyItem(subscription);
    const changed = item.price.id !== price;
    if (changed) refuseEnding(subscription);
    const { id, status } = changed
      ? await answerOf("change the plan", change(subscription.id, changeTo(item.id, price)))
      : subscription;
    return json({
      subscription_id: id,
      status,
      billing_period: periodOfPrice(price, prices),
      changed,
    });
  });
}

/** The time that is paid for is set off. A payment that fails leaves the plan as it is. */
function changeTo(item: string, price: string): Change {
  return {
    items: [{ id: item, price }],
    metadata: { price_id: price },
    proration_behavior: "create_prorations",
    payment_behavior: "error_if_incomplete",
  };
}

function onlyItem({ id, items }: Subscription): Subscription["items"]["data"][number] {
  if (items.data.length === 1) return items.data[0];
  throw new Error(`Subscription ${id} has ${items.data.length} items instead of one.`);
}

/** Nobody is charged for a longer plan who wanted to leave. */
function refuseEnding({ cancel_at, cancel_at_period_end }: Subscription): void {
  if (!cancel_at && !cancel_at_period_end) return;
  throw new Refusal(409, "The subscription is set to end: keep it in the billing portal first.");
}
