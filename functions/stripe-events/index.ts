import { connect } from "../_shared/database.ts";
import { readSubscription, stripeClient } from "../_shared/stripe.ts";
import { stripeEvents } from "./handler.ts";
import { applyChange } from "./profiles.ts";

const sql = connect(Deno.env);
const stripe = () => stripeClient(Deno.env);

Deno.serve(stripeEvents({
  env: Deno.env,
  stripe,
  readSubscription: (id) => readSubscription(stripe(), id),
  applyChange: (change) => applyChange(sql, change),
}));
