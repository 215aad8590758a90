import { connect } from "../_shared/database.ts";
import { subscriptionIdOf } from "../_shared/own_subscription.ts";
import { pricesOf } from "../_shared/prices.ts";
import { readSubscription, stripeClient } from "../_shared/stripe.ts";
import { upgradeSubscription } from "./handler.ts";

const sql = connect(Deno.env);
const stripe = () => stripeClient(Deno.env);

Deno.serve(upgradeSubscription({
  prices: pricesOf(Deno.env),
  subscriptions: {
    idOf: (userId) => subscriptionIdOf(sql, userId),
    read: (id) => readSubscription(stripe(), id),
  },
  change: (id, change) => stripe().subscriptions.update(id, { ...change }),
}));
