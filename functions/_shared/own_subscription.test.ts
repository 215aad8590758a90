import assert from "node:assert/strict";
import { Refusal } from "./http.ts";
import { livingSubscription, ownSubscription, type Subscription } from "./own_subscription.ts";
import { logOf, subscriptionOf } from "./testing.ts";

const caller = { id: "user-1" };

function holding(subscription?: Subscription, id: string | undefined = "sub_1") {
  return { idOf: () => Promise.resolve(id), read: () => Promise.resolve(subscription) };
}

Deno.test("the subscription that names the caller is theirs", async () => {
  const subscription = subscriptionOf("user-1");
  const asked: string[] = [];
  const found = await ownSubscription(caller, {
    idOf: (user) => Promise.resolve(asked.push(user) ? "sub_1" : ""),
    read: (id) => Promise.resolve(asked.push(id) ? subscription : undefined),
  });
  assert.equal(found, subscription);
  assert.deepEqual(asked, ["user-1", "sub_1"]);
});

Deno.test("without an id in the profile Stripe is not asked", async () => {
  const subscriptions = {
    idOf: () => Promise.resolve(undefined),
    read: () => Promise.reject(new Error("not asked")),
  };
  await assert.rejects(
    ownSubscription(caller, subscriptions),
    new Refusal(404, "There is no subscription yet."),
  );
});

const others: [string, Subscription | undefined][] = [
  ["of another user", subscriptionOf("user-2")],
  ["of nobody", { ...subscriptionOf("user-1"), metadata: {} }],
  ["that Stripe does not know", undefined],
];
for (const [name, subscription] of others) {
  Deno.test(`a subscription ${name} is none, and the log names it`, async () => {
    const log = await logOf(async () => {
      const found = ownSubscription(caller, holding(subscription));
      await assert.rejects(found, new Refusal(404, "There is no subscription yet."));
    });
    assert.match(log, /sub_1 in the profile of user user-1/);
  });
}

for (const status of ["active", "trialing", "past_due", "unpaid", "incomplete"]) {
  Deno.test(`a subscription that is ${status} can be changed`, async () => {
    const subscription = subscriptionOf("user-1", { status });
    assert.equal(await livingSubscription(caller, holding(subscription)), subscription);
  });
}

for (const status of ["canceled", "incomplete_expired"]) {
  Deno.test(`a subscription that is ${status} can be read and not changed`, async () => {
    const held = holding(subscriptionOf("user-1", { status }));
    assert.equal((await ownSubscription(caller, held)).status, status);
    await assert.rejects(
      livingSubscription(caller, held),
      new Refusal(409, "The subscription has ended."),
    );
  });
}
