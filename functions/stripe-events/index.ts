import type Stripe from "stripe";
import { connect } from "../_shared/database.ts";
import { stripeClient } from "../_shared/stripe.ts";
import { stripeEvents } from "./handler.ts";
import { applyChange } from "./profiles.ts";
import type { Subscription } from "./stripe_objects.ts";

const sql = connect(Deno.env);
const stripe = () => stripeClient(Deno.env);

async function readSubscription(id: string): Promise<Subscription | undefined> {
  try {
    return await stripe().subscriptions.retrieve(id);
  } catch (error) {
    if ((error as Stripe.errors.StripeError).code === "resource_missing") return undefined;
    throw error;
  }
}

Deno.serve(stripeEvents({
  env: Deno.env,
  stripe,
  readSubscription,
  applyChange: (change) => applyChange(sql, change),
}));
