/** Whether a profile lets its user in. */

export interface Profile {
  subscription_status: string | null;
  subscription_plan: string | null;
  billing_period: string | null;
  plan_expires_at: Date | null;
  cancel_at_period_end: boolean | null;
}

export type Reason =
  | "trial"
  | "active"
  | "trial_expired"
  | "plan_expired"
  | "payment_failed"
  | "canceled"
  | "no_subscription";

export interface Verdict {
  valid: boolean;
  reason: Reason;
}

/** Stripe tells of a renewal within hours; nobody is locked out before that. */
const GRACE = 24 * 60 * 60 * 1000;

/** A trial without an end is none. A paid plan whose end is not known yet goes on. */
export function verdictOf(profile: Profile | undefined, now: Date): Verdict {
  const end = profile?.plan_expires_at?.getTime();
  switch (profile?.subscription_status) {
    case "trial":
      return end !== undefined && end > now.getTime() ? yes("trial") : no("trial_expired");
    case "active":
      return end === undefined || end + GRACE > now.getTime() ? yes("active") : no("plan_expired");
    case "past_due":
      return no("payment_failed");
    case "canceled":
      return no("canceled");
    default:
      return no("no_subscription");
  }
}

function yes(reason: Reason): Verdict {
  return { valid: true, reason };
}

function no(reason: Reason): Verdict {
  return { valid: false, reason };
}
