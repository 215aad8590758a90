import { connect } from "../_shared/database.ts";
import { deleteUser } from "./auth_admin.ts";
import { deleteUserAccount } from "./handler.ts";

const sql = connect(Deno.env);

async function hasSubscription(userId: string): Promise<boolean> {
  const rows = await sql`
    select from public.profiles
    where id = ${userId} and subscription_id is not null
      and subscription_status is distinct from 'canceled'`;
  return rows.length > 0;
}

Deno.serve(deleteUserAccount({
  hasSubscription,
  deleteUser: (userId) => deleteUser(Deno.env, userId),
}));
