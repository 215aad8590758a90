/**
 * What is read from Stripe's subscriptions and invoices. Both the shapes of API version 2024-04-10
 * and the newer ones (periods on the items, the subscription under `parent`) are understood, so
 * that raising the endpoint's version needs no change here.
 */

import { idOf } from "../_shared/reference.ts";

export type Metadata = Record<string, string> | null;

export interface Subscription {
  id: string;
  status: string;
  metadata?: Metadata;
  items?: { data: SubscriptionItem[] };
  current_period_start?: number;
  current_period_end?: number;
  cancel_at?: number | null;
  cancel_at_period_end?: boolean;
  canceled_at?: number | null;
  ended_at?: number | null;
}

interface SubscriptionItem {
  price?: { id: string; unit_amount?: number | null };
  current_period_start?: number;
  current_period_end?: number;
}

export interface Invoice {
  id: string;
  subscription?: string | { id: string } | null;
  subscription_details?: { metadata?: Metadata } | null;
  parent?: {
    subscription_details?: { subscription?: string | { id: string }; metadata?: Metadata } | null;
  } | null;
  lines?: { data: InvoiceLine[] };
  status_transitions?: { paid_at?: number | null };
}

interface InvoiceLine {
  amount?: number;
  period?: { start: number; end: number };
  proration?: boolean;
  price?: { id: string } | null;
  pricing?: { price_details?: { price?: string } } | null;
  parent?: { subscription_item_details?: { proration?: boolean } | null } | null;
}

export interface CheckoutSession {
  id: string;
  mode: string;
  created?: number;
  client_reference_id?: string | null;
  subscription?: string | Subscription | null;
  metadata?: Metadata;
  amount_total?: number | null;
}

/** What was bought for which time; times are Unix seconds, the amount is in cents. */
export interface Purchase {
  priceId?: string;
  amount?: number;
  start?: number;
  end?: number;
}

export function purchaseOfSubscription(subscription: Subscription): Purchase {
  const item = subscription.items?.data[0];
  return {
    priceId: item?.price?.id,
    amount: item?.price?.unit_amount ?? undefined,
    start: subscription.current_period_start ?? item?.current_period_start,
    end: subscription.current_period_end ?? item?.current_period_end,
  };
}

/** The line that reaches furthest is the running period; prorations settle a past one. */
export function purchaseOfInvoice(invoice: Invoice): Purchase {
  const [line] = (invoice.lines?.data ?? [])
    .filter((line) => !line.proration && !line.parent?.subscription_item_details?.proration)
    .sort((one, other) => (other.period?.end ?? 0) - (one.period?.end ?? 0));
  return {
    priceId: line?.price?.id ?? line?.pricing?.price_details?.price,
    amount: line?.amount,
    start: line?.period?.start,
    end: line?.period?.end,
  };
}

export function subscriptionOfInvoice(invoice: Invoice): { id?: string; userId?: string } {
  const details = invoice.subscription_details ?? invoice.parent?.subscription_details;
  const subscription = invoice.subscription ??
    invoice.parent?.subscription_details?.subscription;
  return { id: idOf(subscription), userId: details?.metadata?.user_id };
}
