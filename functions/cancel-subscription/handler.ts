/** Ends the caller's subscription with its period. What is paid for stays usable until then. */

import { requireUser } from "../_shared/caller.ts";
import { endpoint, type Handler, json } from "../_shared/http.ts";
import {
  livingSubscription,
  type Subscription,
  type Subscriptions,
} from "../_shared/own_subscription.ts";
import { answerOf } from "../_shared/stripe_answer.ts";

export interface Dependencies {
  subscriptions: Subscriptions;
  cancelAtPeriodEnd(id: string): Promise<Subscription>;
}

/**
 * No body. Answer: `subscription_id`, `status`, `cancel_at_period_end`, `cancel_at`. Once more is the
 * same answer. The profile follows when Stripe tells `stripe-events`.
 */
export function cancelSubscription({ subscriptions, cancelAtPeriodEnd }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const subscription = await livingSubscription(requireUser(request), subscriptions);
    const ending = subscription.cancel_at_period_end
      ? subscription
      : await answerOf("cancel the subscription", cancelAtPeriodEnd(subscription.id));
    return json({
      subscription_id: ending.id,
      status: ending.status,
      cancel_at_period_end: ending.cancel_at_period_end,
      cancel_at: ending.cancel_at ? new Date(ending.cancel_at * 1000) : null,
    });
  });
}
