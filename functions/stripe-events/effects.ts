/** What each kind of Stripe event means for the profile of its user. */

import type Stripe from "stripe";
import { type BillingPeriod, periodOfPrice, type Prices } from "../_shared/prices.ts";
import { idOf } from "../_shared/reference.ts";
import type { Billing, ProfileChange } from "./profile_change.ts";
import {
  type CheckoutSession,
  type Invoice,
  type Purchase,
  purchaseOfInvoice,
  purchaseOfSubscription,
  type Subscription,
  subscriptionOfInvoice,
} from "./stripe_objects.ts";

export interface Sources {
  prices: Prices;
  /** The subscription as Stripe holds it now; undefined when Stripe does not know it. */
  readSubscription(id: string): Promise<Subscription | undefined>;
}

const DAY = 24 * 60 * 60;
const LENGTH: Record<BillingPeriod, number> = { monthly: 30 * DAY, annual: 365 * DAY };

/** From this amount in cents on, a price that nobody knows counts as annual: the last resort. */
const ANNUAL_FROM = 50_000;

/** Undefined: the event has no effect on any profile. */
export async function changeOf(
  event: Stripe.Event,
  sources: Sources,
): Promise<ProfileChange | undefined> {
  const object = event.data.object as unknown;
  switch (event.type) {
    case "checkout.session.completed":
      return await checkoutCompleted(event, object as CheckoutSession, sources);
    case "customer.subscription.created":
      return { ...subscriptionChanged(event, object as Subscription, sources), starts: true };
    case "customer.subscription.updated":
      return subscriptionChanged(event, object as Subscription, sources);
    case "customer.subscription.deleted":
      return subscriptionDeleted(event, object as Subscription);
    case "invoice.payment_succeeded":
      return invoicePaid(event, object as Invoice, sources);
    case "invoice.payment_failed":
      return invoiceFailed(event, object as Invoice);
  }
}

/** The session names neither price nor period: those are read from the subscription it made. */
async function checkoutCompleted(
  event: Stripe.Event,
  session: CheckoutSession,
  sources: Sources,
): Promise<ProfileChange | undefined> {
  const subscriptionId = idOf(session.subscription);
  if (session.mode !== "subscription" || !subscriptionId) return undefined;
  const bought = await purchaseOfSession(session, subscriptionId, sources);
  const purchase = { start: session.created ?? event.created, ...defined(bought) };
  return {
    occurredAt: date(event.created),
    userId: session.client_reference_id ?? session.metadata?.user_id,
    subscriptionId,
    starts: true,
    set: {
      ...running(event, subscriptionId, purchase, sources.prices),
      subscription_status: "active",
      cancel_at: null,
      cancel_at_period_end: false,
      canceled_at: null,
    },
  };
}

async function purchaseOfSession(
  session: CheckoutSession,
  subscriptionId: string,
  sources: Sources,
): Promise<Purchase> {
  const subscription = typeof session.subscription === "object"
    ? session.subscription
    : await sources.readSubscription(subscriptionId);
  if (subscription) return purchaseOfSubscription(subscription);
  console.error(`Stripe does not know subscription ${subscriptionId} of session ${session.id}.`);
  return { priceId: session.metadata?.price_id, amount: session.amount_total ?? undefined };
}

function subscriptionChanged(
  event: Stripe.Event,
  subscription: Subscription,
  { prices }: Sources,
): ProfileChange {
  const purchase = purchaseOfSubscription(subscription);
  const atPeriodEnd = subscription.cancel_at_period_end ?? false;
  const cancelAt = subscription.cancel_at ?? (atPeriodEnd ? purchase.end : undefined);
  const status = statusOf(subscription.status);
  return {
    occurredAt: date(event.created),
    userId: subscription.metadata?.user_id,
    subscriptionId: subscription.id,
    set: {
      ...running(event, subscription.id, purchase, prices),
      ...(status ? { subscription_status: status } : {}),
      cancel_at: optionalDate(cancelAt),
      cancel_at_period_end: atPeriodEnd,
      canceled_at: optionalDate(subscription.canceled_at),
    },
  };
}

/** `canceled_at` of Stripe is when it was asked for; here it becomes when it took effect. */
function subscriptionDeleted(event: Stripe.Event, subscription: Subscription): ProfileChange {
  const ended = date(subscription.ended_at ?? subscription.canceled_at ?? event.created);
  return {
    occurredAt: date(event.created),
    userId: subscription.metadata?.user_id,
    subscriptionId: subscription.id,
    set: {
      subscription_id: subscription.id,
      subscription_status: "canceled",
      cancel_at_period_end: false,
      canceled_at: ended,
      plan_expires_at: ended,
    },
  };
}

function invoicePaid(
  event: Stripe.Event,
  invoice: Invoice,
  { prices }: Sources,
): ProfileChange | undefined {
  const { id, userId } = subscriptionOfInvoice(invoice);
  if (!id) return undefined;
  return {
    occurredAt: date(event.created),
    userId,
    subscriptionId: id,
    set: {
      ...running(event, id, purchaseOfInvoice(invoice), prices),
      subscription_status: "active",
      last_payment_date: date(invoice.status_transitions?.paid_at ?? event.created),
    },
  };
}

function invoiceFailed(event: Stripe.Event, invoice: Invoice): ProfileChange | undefined {
  const { id, userId } = subscriptionOfInvoice(invoice);
  if (!id) return undefined;
  return {
    occurredAt: date(event.created),
    userId,
    subscriptionId: id,
    failedPayment: true,
    set: { subscription_id: id, subscription_status: "past_due" },
  };
}

/** What a running subscription says of itself. An end that is not known follows from the period. */
function running(
  event: Stripe.Event,
  subscriptionId: string,
  purchase: Purchase,
  prices: Prices,
): Partial<Billing> {
  const period = billingPeriod(event, purchase, prices);
  const { start } = purchase;
  const end = purchase.end ?? (start ? start + LENGTH[period] : undefined);
  return {
    subscription_id: subscriptionId,
    subscription_plan: "accelerator",
    billing_period: period,
    ...(start ? { current_period_start: date(start) } : {}),
    ...(end ? { current_period_end: date(end), plan_expires_at: date(end) } : {}),
  };
}

function billingPeriod(event: Stripe.Event, purchase: Purchase, prices: Prices): BillingPeriod {
  const { priceId, amount = 0 } = purchase;
  const known = periodOfPrice(priceId, prices);
  const period = known ?? (amount >= ANNUAL_FROM ? "annual" : "monthly");
  if (!known) {
    console.error(
      `${event.type}: price ${priceId ?? "(none)"} is not known, judging by the amount`,
    );
  }
  console.info(`${event.type}: billing period ${period}, price ${priceId ?? "(none)"}`);
  return period;
}

/**
 * Stripe's status in the product's words. A paid trial counts as active, since the checkout that
 * begins it does. An incomplete subscription says nothing yet: its first payment is under way.
 */
function statusOf(status: string): string | undefined {
  const words: Record<string, string> = {
    active: "active",
    trialing: "active",
    past_due: "past_due",
    unpaid: "past_due",
    paused: "past_due",
    canceled: "canceled",
    incomplete_expired: "canceled",
  };
  return words[status];
}

function date(seconds: number): Date {
  return new Date(seconds * 1000);
}

function optionalDate(seconds: number | null | undefined): Date | null {
  return seconds ? date(seconds) : null;
}

function defined<T extends object>(value: T): Partial<T> {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
