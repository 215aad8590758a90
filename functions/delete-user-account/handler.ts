/**
 * MINIMAL: the product's papers name this function and say only "user management". It deletes one
 * user, for admins; profile and sessions go along. Who still pays is not deleted.
 */

import { requireAdmin } from "../_shared/caller.ts";
import { uuidOf } from "../_shared/fields.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";

export interface Dependencies {
  /** Whether the user's profile has a subscription that has not ended. */
  hasSubscription(userId: string): Promise<boolean>;
  /** Whether there was such a user. */
  deleteUser(userId: string): Promise<boolean>;
}

/** Body: `user_id`. Answer: the same. */
export function deleteUserAccount({ hasSubscription, deleteUser }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    requireAdmin(request);
    const user_id = uuidOf(await jsonObject(request), "user_id");
    if (await hasSubscription(user_id)) {
      throw new Refusal(409, "The user has a subscription: end it in Stripe first.");
    }
    if (!await deleteUser(user_id)) throw new Refusal(404, "There is no such user.");
    console.info(`Deleted user ${user_id}.`);
    return json({ user_id });
  });
}
