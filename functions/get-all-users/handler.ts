/**
 * MINIMAL: the product's papers name this function and say nothing of what it does. It lists users
 * with their subscription, for admins; paging and search are left to whoever knows what is needed.
 */

import { requireAdmin } from "../_shared/caller.ts";
import { endpoint, type Handler, json } from "../_shared/http.ts";

export interface User {
  id: string;
  email: string | null;
  created_at: Date;
  last_sign_in_at: Date | null;
  subscription_status: string | null;
  plan_expires_at: Date | null;
}

export interface Dependencies {
  readUsers(): Promise<User[]>;
}

/** No body. Answer: `users`, the newest first. */
export function getAllUsers({ readUsers }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    requireAdmin(request);
    return json({ users: await readUsers() });
  });
}
