import { connect } from "../_shared/database.ts";
import { pricesOf } from "../_shared/prices.ts";
import { stripeClient } from "../_shared/stripe.ts";
import { createCheckoutSession } from "./handler.ts";
import type { Buyer, Promotion } from "./promotion.ts";

const sql = connect(Deno.env);
const stripe = () => stripeClient(Deno.env);

async function readBuyer(userId: string): Promise<Buyer | undefined> {
  const rows = await sql<Buyer[]>`
    select subscription_id, subscription_status, plan_expires_at
    from public.profiles
    where id = ${userId}`;
  return rows[0];
}

async function findPromotion(code: string): Promise<Promotion | undefined> {
  const found = await stripe().promotionCodes.list({ code, active: true, limit: 1 });
  return found.data[0];
}

Deno.serve(createCheckoutSession({
  prices: pricesOf(Deno.env),
  readBuyer,
  findPromotion,
  createSession: (session) => stripe().checkout.sessions.create(session),
  now: () => new Date(),
}));
