import { pricesOf } from "../_shared/prices.ts";
import { stripeClient } from "../_shared/stripe.ts";
import { createCheckoutSession } from "./handler.ts";

Deno.serve(createCheckoutSession({
  prices: pricesOf(Deno.env),
  createSession: (session) => stripeClient(Deno.env).checkout.sessions.create(session),
}));
