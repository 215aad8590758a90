/** Opens Stripe's customer portal: invoices, the card, and the end of the subscription. */

import { requireUser } from "../_shared/caller.ts";
import { addressOf } from "../_shared/fields.ts";
import { endpoint, type Handler, json, jsonObject } from "../_shared/http.ts";
import { ownSubscription, type Subscriptions } from "../_shared/own_subscription.ts";
import { answerOf } from "../_shared/stripe_answer.ts";
import { idOf } from "../_shared/reference.ts";

export interface Dependencies {
  subscriptions: Subscriptions;
  /** What the portal lets customers do: the id of its configuration. */
  configuration(): string;
  openPortal(
    order: { customer: string; configuration: string; return_url: string },
  ): Promise<{ url: string }>;
}

/** Body: `return_url`. Answer: the `url` to go to, good for a few minutes. */
export function createPortalSession(
  { subscriptions, configuration, openPortal }: Dependencies,
): Handler {
  return endpoint(["POST"], async (request) => {
    const caller = requireUser(request);
    const return_url = addressOf(await jsonObject(request), "return_url");
    const subscription = await ownSubscription(caller, subscriptions);
    const customer = idOf(subscription.customer);
    const order = { customer, configuration: configuration(), return_url };
    const { url } = await answerOf("open the portal", openPortal(order));
    return json({ url });
  });
}
