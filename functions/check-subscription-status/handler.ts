/** Tells whether the caller's subscription is valid, for the guards of the web app's routes. */

import { requireUser } from "../_shared/caller.ts";
import { endpoint, type Handler, json } from "../_shared/http.ts";
import { type Profile, verdictOf } from "./status.ts";

export interface Dependencies {
  readProfile(userId: string): Promise<Profile | undefined>;
  now(): Date;
}

/** Answer: `valid`, the `reason`, and what the profile says; without a profile all that is null. */
export function checkSubscriptionStatus({ readProfile, now }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const profile = await readProfile(requireUser(request).id);
    return json({
      ...verdictOf(profile, now()),
      status: profile?.subscription_status ?? null,
      plan: profile?.subscription_plan ?? null,
      billing_period: profile?.billing_period ?? null,
      expires_at: profile?.plan_expires_at ?? null,
      cancel_at_period_end: profile?.cancel_at_period_end ?? null,
    });
  });
}
