import assert from "node:assert/strict";
import { callerOf } from "./caller.ts";
import { post, tokenOf } from "./testing.ts";

function bearer(token: string): Request {
  return post({}, { Authorization: `Bearer ${token}` });
}

Deno.test("a user's token names the user", () => {
  const token = tokenOf({ sub: "user-1", email: "zoë@example.com", role: "authenticated" });
  assert.deepEqual(callerOf(bearer(token)), { id: "user-1", email: "zoë@example.com" });
});

Deno.test("a user may have no e-mail address", () => {
  const token = tokenOf({ sub: "user-1", email: "", role: "authenticated" });
  assert.deepEqual(callerOf(bearer(token)), { id: "user-1", email: undefined });
});

const nobody: Record<string, Request> = {
  "no token": post({}),
  "the anon key": bearer(tokenOf({ role: "anon", ref: "abc" })),
  "the service-role key": bearer(tokenOf({ role: "service_role", sub: "user-1" })),
  "a token that is none": bearer("abc"),
  "a payload that is not JSON": bearer("a.YWJj.c"),
};
for (const [name, request] of Object.entries(nobody)) {
  Deno.test(`${name} names no user`, () => assert.equal(callerOf(request), undefined));
}
