import { connect } from "../_shared/database.ts";
import { subscriptionIdOf } from "../_shared/own_subscription.ts";
import { readSubscription, stripeClient } from "../_shared/stripe.ts";
import { cancelSubscription } from "./handler.ts";

const sql = connect(Deno.env);
const stripe = () => stripeClient(Deno.env);

Deno.serve(cancelSubscription({
  subscriptions: {
    idOf: (userId) => subscriptionIdOf(sql, userId),
    read: (id) => readSubscription(stripe(), id),
  },
  cancelAtPeriodEnd: (id) => stripe().subscriptions.update(id, { cancel_at_period_end: true }),
}));
