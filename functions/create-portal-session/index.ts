import { connect } from "../_shared/database.ts";
import { required } from "../_shared/env.ts";
import { subscriptionIdOf } from "../_shared/own_subscription.ts";
import { readSubscription, stripeClient } from "../_shared/stripe.ts";
import { createPortalSession } from "./handler.ts";

const sql = connect(Deno.env);
const stripe = () => stripeClient(Deno.env);

Deno.serve(createPortalSession({
  subscriptions: {
    idOf: (userId) => subscriptionIdOf(sql, userId),
    read: (id) => readSubscription(stripe(), id),
  },
  configuration: () => required(Deno.env, "STRIPE_PORTAL_CONFIGURATION"),
  openPortal: (order) => stripe().billingPortal.sessions.create(order),
}));
