/** The table of profiles, as far as billing needs it. */

import type { Sql } from "../_shared/database.ts";
import { type Billing, decide, type ProfileChange } from "./profile_change.ts";

interface ProfileRow extends Billing {
  id: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Applies a change in one transaction, the row locked, so that two deliveries at the same time come
 * one after the other. Says what became of it.
 */
export async function applyChange(sql: Sql, change: ProfileChange): Promise<string> {
  return await sql.begin(async (transaction) => {
    // The transaction is a Sql too, which the library's types do not say.
    const within = transaction as unknown as Sql;
    const profile = await findProfile(within, change);
    if (!profile) return "no profile found";
    const decision = decide(profile, change);
    if ("ignored" in decision) return `ignored: ${decision.ignored}`;
    if (Object.keys(decision.set).length === 0) return "nothing to change";
    await within`
      update public.profiles set ${within(decision.set)}, updated_at = now()
      where id = ${profile.id}`;
    return "applied";
  });
}

/** By the user whom the event names, else by the subscription. */
async function findProfile(sql: Sql, change: ProfileChange): Promise<ProfileRow | undefined> {
  const userId = UUID.test(change.userId ?? "") ? change.userId! : null;
  const rows = await sql<ProfileRow[]>`
    select id, subscription_id, subscription_status, subscription_plan, billing_period,
           current_period_start, current_period_end, plan_expires_at,
           cancel_at, cancel_at_period_end, canceled_at, last_payment_date
    from public.profiles
    where id = ${userId} or subscription_id = ${change.subscriptionId}
    order by id is not distinct from ${userId} desc
    limit 1
    for update`;
  return rows[0];
}
