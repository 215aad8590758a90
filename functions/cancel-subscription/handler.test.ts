import assert from "node:assert/strict";
import {
  assertRefused,
  bearer,
  logOf,
  notAsked,
  subscriptionOf,
  USER,
} from "../_shared/testing.ts";
import { cancelSubscription, type Dependencies } from "./handler.ts";

const ENDING = { cancel_at_period_end: true, cancel_at: 1_767_225_600 };

function holding(
  fields: Record<string, unknown>,
  cancelAtPeriodEnd: Dependencies["cancelAtPeriodEnd"],
) {
  return cancelSubscription({
    subscriptions: {
      idOf: () => Promise.resolve("sub_1"),
      read: () => Promise.resolve(subscriptionOf("user-1", fields)),
    },
    cancelAtPeriodEnd,
  });
}

const ended = {
  subscription_id: "sub_1",
  status: "active",
  cancel_at_period_end: true,
  cancel_at: "2026-01-01T00:00:00.000Z",
};

Deno.test("sets the subscription to end with its period", async () => {
  const sent: string[] = [];
  const handler = holding({}, (id) => {
    sent.push(id);
    return Promise.resolve(subscriptionOf("user-1", ENDING));
  });
  const answer = await handler(bearer(USER, ""));
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), ended);
  assert.deepEqual(sent, ["sub_1"]);
});

Deno.test("once more is the same answer, and Stripe is not asked again", async () => {
  const answer = await holding(ENDING, notAsked)(bearer(USER));
  assert.deepEqual(await answer.json(), ended);
});

Deno.test("a subscription that has ended cannot be canceled", async () => {
  const answer = await holding({ status: "canceled" }, notAsked)(bearer(USER));
  await assertRefused(answer, 409, /has ended/);
});

Deno.test("the anon key cancels nothing", async () => {
  const answer = await holding({}, notAsked)(bearer({ role: "anon" }));
  await assertRefused(answer, 401, /Sign in first/);
});

Deno.test("what Stripe says against it stays in the log", async () => {
  const handler = holding({}, () => Promise.reject(new Error("No such subscription")));
  let answer!: Response;
  const log = await logOf(async () => answer = await handler(bearer(USER)));
  await assertRefused(answer, 502, /could not cancel the subscription/);
  assert.match(log, /No such subscription/);
});
