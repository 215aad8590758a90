/**
 * The subscription of a user. The profile names it; all else is asked of Stripe, the customer too:
 * no column holds the customer's id.
 */

import type Stripe from "stripe";
import type { Caller } from "./caller.ts";
import type { Sql } from "./database.ts";
import { Refusal } from "./http.ts";
import { answerOf } from "./stripe_answer.ts";

export type Subscription = Pick<Stripe.Subscription, "id" | "status" | "metadata" | "customer"> & {
  items: { data: { id: string; price: { id: string } }[] };
  cancel_at?: number | null;
  cancel_at_period_end?: boolean;
};

export interface Subscriptions {
  /** The id in the user's profile. */
  idOf(userId: string): Promise<string | undefined>;
  /** The subscription as Stripe holds it now; undefined when Stripe does not know it. */
  read(id: string): Promise<Subscription | undefined>;
}

const OVER = new Set(["canceled", "incomplete_expired"]);

/**
 * The caller's subscription. Users may write their own profile, so the id in it proves nothing: the
 * subscription itself must name the caller, as the checkout made it do. 404 otherwise.
 */
export async function ownSubscription(
  caller: Caller,
  { idOf, read }: Subscriptions,
): Promise<Subscription> {
  const id = await idOf(caller.id);
  const subscription = id ? await answerOf("read the subscription", read(id)) : undefined;
  if (subscription && subscription.metadata?.user_id === caller.id) return subscription;
  if (id) console.error(`Subscription ${id} in the profile of user ${caller.id} is not theirs.`);
  throw new Refusal(404, "There is no subscription yet.");
}

/** The same, as long as it can be changed; 409 when it has ended. */
export async function livingSubscription(
  caller: Caller,
  subscriptions: Subscriptions,
): Promise<Subscription> {
  const subscription = await ownSubscription(caller, subscriptions);
  if (OVER.has(subscription.status)) throw new Refusal(409, "The subscription has ended.");
  return subscription;
}

export async function subscriptionIdOf(sql: Sql, userId: string): Promise<string | undefined> {
  const rows = await sql<{ subscription_id: string | null }[]>`
    select subscription_id from public.profiles where id = ${userId}`;
  return rows[0]?.subscription_id ?? undefined;
}
