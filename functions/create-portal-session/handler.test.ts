import assert from "node:assert/strict";
import {
  assertRefused,
  bearer,
  logOf,
  notAsked,
  subscriptionOf,
  USER,
} from "../_shared/testing.ts";
import { createPortalSession } from "./handler.ts";

const body = { return_url: "https://app.test/billing" };

function portal(customer: unknown = "cus_1") {
  const sent: unknown[] = [];
  const handler = createPortalSession({
    subscriptions: {
      idOf: () => Promise.resolve("sub_1"),
      read: () => Promise.resolve(subscriptionOf("user-1", { customer })),
    },
    configuration: () => "bpc_1",
    openPortal: (order) => {
      sent.push(order);
      return Promise.resolve({ url: "https://pay.test/p/1", id: "not shown" });
    },
  });
  return { handler, sent };
}

for (const customer of ["cus_1", { id: "cus_1" }]) {
  Deno.test(`opens the portal of the subscription's customer ${JSON.stringify(customer)}`, async () => {
    const { handler, sent } = portal(customer);
    const answer = await handler(bearer(USER, body));
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), { url: "https://pay.test/p/1" });
    assert.deepEqual(sent, [{ customer: "cus_1", configuration: "bpc_1", ...body }]);
  });
}

const unasked = createPortalSession({
  subscriptions: { idOf: notAsked, read: notAsked },
  configuration: () => "bpc_1",
  openPortal: notAsked,
});

Deno.test("the anon key opens nothing", async () => {
  await assertRefused(await unasked(bearer({ role: "anon" }, body)), 401, /Sign in first/);
});

Deno.test("without a way back nothing is opened", async () => {
  await assertRefused(await unasked(bearer(USER)), 400, /^return_url must be/);
});

Deno.test("without a subscription there is no portal", async () => {
  const handler = createPortalSession({
    subscriptions: { idOf: () => Promise.resolve(undefined), read: notAsked },
    configuration: () => "bpc_1",
    openPortal: notAsked,
  });
  await assertRefused(await handler(bearer(USER, body)), 404, /no subscription yet/);
});

Deno.test("what Stripe says against it stays in the log", async () => {
  const handler = createPortalSession({
    subscriptions: {
      idOf: () => Promise.resolve("sub_1"),
      read: () => Promise.resolve(subscriptionOf("user-1")),
    },
    configuration: () => "bpc_1",
    openPortal: () => Promise.reject(new Error("No configuration provided")),
  });
  let answer!: Response;
  const log = await logOf(async () => answer = await handler(bearer(USER, body)));
  await assertRefused(answer, 502, /could not open the portal/);
  assert.match(log, /No configuration provided/);
});
