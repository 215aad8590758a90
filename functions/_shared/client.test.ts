import assert from "node:assert/strict";
import { clientOf } from "./client.ts";
import { post } from "./testing.ts";

const addressOf = (forwarded: string) =>
  clientOf(post({}, { "X-Forwarded-For": forwarded })).ip_address;

Deno.test("agent and address are those that the gateway names", () => {
  const headers = { "User-Agent": "Browser/1", "X-Forwarded-For": "203.0.113.7, 10.0.0.1" };
  assert.deepEqual(clientOf(post({}, headers)), {
    user_agent: "Browser/1",
    ip_address: "203.0.113.7",
  });
});

Deno.test("neither need be there", () => {
  assert.deepEqual(clientOf(post({})), { user_agent: null, ip_address: null });
});

Deno.test("a long agent is cut", () => {
  assert.equal(clientOf(post({}, { "User-Agent": "x".repeat(501) })).user_agent?.length, 500);
});

for (
  const address of ["203.0.113.7", "2001:db8::1", "::1", "::ffff:203.0.113.7", " 203.0.113.7 "]
) {
  Deno.test(`${address} is an address`, () => assert.equal(addressOf(address), address.trim()));
}

for (const text of ["", "unknown", "1.2.3", "1.2.3.256", "::g", "1:2", "fe80::1%eth0", "a.b.c.d"]) {
  Deno.test(`${JSON.stringify(text)} is no address`, () => assert.equal(addressOf(text), null));
}
