import { connect } from "../_shared/database.ts";
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
  openPortal: (order) => stripe().billingPortal.sessions.create(order),
}));
