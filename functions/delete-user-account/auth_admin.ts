/** The auth server's admin interface: https://supabase.com/docs/reference/api (DELETE a user). */

import { type Env, required } from "../_shared/env.ts";

/** Whether there was such a user. Throws when the auth server answers anything else. */
export async function deleteUser(env: Env, userId: string): Promise<boolean> {
  const key = required(env, "SUPABASE_SERVICE_ROLE_KEY");
  const address = `${required(env, "SUPABASE_URL")}/auth/v1/admin/users/${userId}`;
  const headers = { apikey: key, Authorization: `Bearer ${key}` };
  const answer = await fetch(address, { method: "DELETE", headers });
  await answer.body?.cancel();
  if (answer.status === 404) return false;
  if (!answer.ok) throw new Error(`The auth server answered ${answer.status} to a deletion.`);
  return true;
}
