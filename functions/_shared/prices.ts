/** The two prices of the product. Which one was bought is told by its id, never by an amount. */

import type { Env } from "./env.ts";

export type BillingPeriod = "monthly" | "annual";
export type Prices = Record<BillingPeriod, string | undefined>;

/** Price ids as the project's secrets hold them; one that is not set matches nothing. */
export function pricesOf(env: Env): Prices {
  return {
    monthly: env.get("STRIPE_PRICE_MONTHLY_ACCELERATOR"),
    annual: env.get("STRIPE_PRICE_ANNUAL_ACCELERATOR"),
  };
}

export function periodOfPrice(
  priceId: string | undefined,
  prices: Prices,
): BillingPeriod | undefined {
  if (!priceId) return undefined;
  if (priceId === prices.monthly) return "monthly";
  if (priceId === prices.annual) return "annual";
  return undefined;
}
