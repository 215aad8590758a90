import { connect } from "../_shared/database.ts";
import { getAllUsers, type User } from "./handler.ts";

const sql = connect(Deno.env);

/** A user whose profile is missing is listed too: that is what one wants to see. */
function readUsers(): Promise<User[]> {
  return sql<User[]>`
    select users.id, users.email, users.created_at, users.last_sign_in_at,
           profiles.subscription_status, profiles.plan_expires_at
    from auth.users
    left join public.profiles using (id)
    order by users.created_at desc, users.id
    limit 1000`;
}

Deno.serve(getAllUsers({ readUsers }));
