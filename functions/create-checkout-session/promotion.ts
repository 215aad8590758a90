/** What a promotion code adds to the trial. */

export interface Promotion {
  id: string;
  metadata?: Record<string, string> | null;
}

/** What a profile says of somebody who wants to buy. */
export interface Buyer {
  subscription_id: string | null;
  subscription_status: string | null;
  plan_expires_at: Date | null;
}

/** The trial that begins with the sign-up. A profile, which its user may write, gives no more. */
const USUAL_TRIAL = 7;
const DAY = 24 * 60 * 60 * 1000;

/** Whether a subscription runs. One whose payment failed wants another card, not another purchase. */
export function hasSubscription(buyer: Buyer | undefined): boolean {
  if (!buyer?.subscription_id) return false;
  return ["active", "past_due"].includes(buyer.subscription_status ?? "");
}

/** The rest of the buyer's trial, in whole days, and the days in the code's metadata beyond it. */
export function trialDays(promotion: Promotion, buyer: Buyer | undefined, now: Date): number {
  const text = promotion.metadata?.extra_trial_days ?? "";
  const extra = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (extra === 0) return 0;
  return extra + restOfTrial(buyer, now);
}

function restOfTrial(buyer: Buyer | undefined, now: Date): number {
  if (buyer?.subscription_status !== "trial" || !buyer.plan_expires_at) return 0;
  const rest = buyer.plan_expires_at.getTime() - now.getTime();
  return Math.min(USUAL_TRIAL, Math.max(0, Math.ceil(rest / DAY)));
}
