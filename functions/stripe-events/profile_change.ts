/** What an event asks of a profile, and whether the profile may follow it. */

import type { BillingPeriod } from "../_shared/prices.ts";

/** The columns of `public.profiles` that billing writes. */
export interface Billing {
  subscription_id: string | null;
  subscription_status: string | null;
  subscription_plan: string | null;
  billing_period: BillingPeriod | null;
  current_period_start: Date | null;
  current_period_end: Date | null;
  plan_expires_at: Date | null;
  cancel_at: Date | null;
  cancel_at_period_end: boolean | null;
  canceled_at: Date | null;
  last_payment_date: Date | null;
}

export interface ProfileChange {
  /** When Stripe made the event. */
  occurredAt: Date;
  userId?: string;
  subscriptionId: string;
  /** Starts a subscription, so it may take the place of another one. */
  starts?: boolean;
  /** Reports a payment that failed. */
  failedPayment?: boolean;
  set: Partial<Billing>;
}

export type Decision = { set: Partial<Billing> } | { ignored: string };

/**
 * Stripe delivers events more than once and in any order. A profile follows an event unless the
 * profile itself shows that the event is older than what it holds; then a late delivery changes
 * nothing. Two changes within one period carry nothing to tell them apart: there the last one wins.
 */
export function decide(profile: Billing, change: ProfileChange): Decision {
  const reason = objection(profile, change);
  if (reason) return { ignored: reason };
  const entries = Object.entries(change.set) as [keyof Billing, Billing[keyof Billing]][];
  const differing = entries.filter(([column, value]) => !same(profile[column], value));
  return { set: Object.fromEntries(differing) };
}

function objection(profile: Billing, change: ProfileChange): string | undefined {
  const { subscription_id, subscription_status, canceled_at } = profile;
  const own = !subscription_id || subscription_id === change.subscriptionId;
  if (!own && !change.starts) return "the profile has another subscription";
  if (own && subscription_status === "canceled" && since(change, canceled_at)) {
    return "the subscription has ended since";
  }
  if (change.failedPayment && since(change, profile.last_payment_date)) {
    return "it has been paid since";
  }
  const start = change.set.current_period_start;
  if (start && profile.current_period_start && start < profile.current_period_start) {
    return "a later period has begun since";
  }
}

/** True when that moment is not before the event. */
function since(change: ProfileChange, moment: Date | null): boolean {
  return moment !== null && change.occurredAt <= moment;
}

function same(one: Billing[keyof Billing], other: Billing[keyof Billing]): boolean {
  if (one instanceof Date && other instanceof Date) return one.getTime() === other.getTime();
  return one === other;
}
