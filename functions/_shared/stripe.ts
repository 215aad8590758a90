/** The client of Stripe's API, pinned to the version that the webhook endpoint declares. */

import Stripe from "stripe";
import { type Env, required } from "./env.ts";

/** `STRIPE_API_BASE` sends the requests elsewhere, for instance to a stand-in on this machine. */
export function stripeClient(env: Env): Stripe {
  return new Stripe(required(env, "STRIPE_SECRET_KEY"), {
    apiVersion: "2024-04-10",
    httpClient: Stripe.createFetchHttpClient(),
    maxNetworkRetries: 1,
    timeout: 10_000,
    telemetry: false,
    ...address(env.get("STRIPE_API_BASE")),
  });
}

/** The subscription as Stripe holds it now; undefined when Stripe does not know it. */
export async function readSubscription(
  stripe: Stripe,
  id: string,
): Promise<Stripe.Subscription | undefined> {
  try {
    return await stripe.subscriptions.retrieve(id);
  } catch (error) {
    if ((error as Stripe.errors.StripeError).code === "resource_missing") return undefined;
    throw error;
  }
}

function address(base: string | undefined): Stripe.StripeConfig | undefined {
  if (!base) return undefined;
  const url = new URL(base);
  const protocol = url.protocol === "http:" ? "http" : "https";
  return { protocol, host: url.hostname, port: url.port || (protocol === "http" ? 80 : 443) };
}
