/** Receives Stripe's events: checks the signature over the raw body, then brings the profile along. */

import Stripe from "stripe";
import { type Env, required } from "../_shared/env.ts";
import { endpoint, type Handler, json, Refusal } from "../_shared/http.ts";
import { pricesOf } from "../_shared/prices.ts";
import { changeOf } from "./effects.ts";
import type { ProfileChange } from "./profile_change.ts";
import type { Subscription } from "./stripe_objects.ts";

export interface Dependencies {
  env: Env;
  stripe(): Pick<Stripe, "webhooks">;
  readSubscription(id: string): Promise<Subscription | undefined>;
  /** Says what became of the change. */
  applyChange(change: ProfileChange): Promise<string>;
}

/**
 * Every event with a good signature is answered 200, also one without effect. Where Stripe or the
 * database do not answer it is 500, so that Stripe delivers the event again.
 */
export function stripeEvents(dependencies: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const event = await verified(request, dependencies);
    const outcome = await follow(event, dependencies);
    return json({ received: true, type: event.type, outcome });
  });
}

async function follow(event: Stripe.Event, dependencies: Dependencies): Promise<string> {
  console.info(`${event.type}: received ${event.id}`);
  const change = await changeOf(event, { ...dependencies, prices: pricesOf(dependencies.env) });
  const outcome = change ? await dependencies.applyChange(change) : "without effect";
  const status = change?.set.subscription_status;
  const result = outcome === "applied" && status
    ? `${outcome}, the subscription is ${status}`
    : outcome;
  const log = outcome === "no profile found" ? console.error : console.info;
  log(`${event.type}: ${result} (${event.id}, user ${change?.userId ?? "not named"})`);
  return outcome;
}

/** Nothing of what was wrong is told: the caller may be anybody. */
async function verified(request: Request, { env, stripe }: Dependencies): Promise<Stripe.Event> {
  const secret = required(env, "STRIPE_WEBHOOK_SECRET");
  const { webhooks } = stripe();
  const body = await request.text();
  const signature = request.headers.get("Stripe-Signature") ?? "";
  const crypto = Stripe.createSubtleCryptoProvider();
  try {
    return await webhooks.constructEventAsync(body, signature, secret, undefined, crypto);
  } catch {
    throw new Refusal(400, "The signature is missing or wrong.");
  }
}
