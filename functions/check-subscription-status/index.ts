import { connect } from "../_shared/database.ts";
import { checkSubscriptionStatus } from "./handler.ts";
import type { Profile } from "./status.ts";

const sql = connect(Deno.env);

async function readProfile(userId: string): Promise<Profile | undefined> {
  const rows = await sql<Profile[]>`
    select subscription_status, subscription_plan, billing_period, plan_expires_at,
           cancel_at_period_end
    from public.profiles
    where id = ${userId}`;
  return rows[0];
}

Deno.serve(checkSubscriptionStatus({ readProfile, now: () => new Date() }));
