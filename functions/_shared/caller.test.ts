import assert from "node:assert/strict";
import { callerOf, requireAdmin, requireServiceRole, requireUser } from "./caller.ts";
import { Refusal } from "./http.ts";
import { bearer, post, tokenOf } from "./testing.ts";

const user = { sub: "user-1", role: "authenticated" };
const nobody: Record<string, Request> = {
  "no token": post({}),
  "the anon key": bearer({ role: "anon", ref: "abc" }),
  "a token that is none": post({}, { Authorization: "Bearer abc" }),
  "a payload that is not JSON": post({}, { Authorization: "Bearer a.YWJj.c" }),
  "a payload that is no object": post({}, { Authorization: "Bearer a.bnVsbA.c" }),
  "another scheme": post({}, { Authorization: `Basic ${tokenOf(user)}` }),
};

Deno.test("a user's token names the user", () => {
  const request = bearer({ ...user, email: "zoë@example.com" });
  assert.deepEqual(callerOf(request), { id: "user-1", email: "zoë@example.com" });
  assert.deepEqual(requireUser(request), { id: "user-1", email: "zoë@example.com" });
});

Deno.test("a user may have no e-mail address", () => {
  assert.deepEqual(callerOf(bearer({ ...user, email: "" })), { id: "user-1", email: undefined });
});

for (const [name, request] of Object.entries(nobody)) {
  Deno.test(`${name} names no user and may do nothing`, () => {
    assert.equal(callerOf(request), undefined);
    for (const require of [requireUser, requireAdmin, requireServiceRole]) {
      assert.throws(
        () => require(request),
        new Refusal(401, "Sign in first: the token names no user."),
      );
    }
  });
}

Deno.test("the service-role key names no user, is an admin and is itself", () => {
  const request = bearer({ role: "service_role", sub: "user-1" });
  assert.equal(callerOf(request), undefined);
  requireAdmin(request);
  requireServiceRole(request);
});

Deno.test("a user whom the server made an admin is one, and no service role", () => {
  const request = bearer({ ...user, app_metadata: { role: "admin" } });
  requireAdmin(request);
  assert.throws(
    () => requireServiceRole(request),
    new Refusal(403, "Only the service-role key may do this."),
  );
});

const strangers: Record<string, Record<string, unknown>> = {
  "a user without metadata": user,
  "a user with empty metadata": { ...user, app_metadata: null },
  "a user of another role": { ...user, app_metadata: { role: "administrator" } },
  "a user who calls himself an admin": { ...user, user_metadata: { role: "admin" } },
};
for (const [name, claims] of Object.entries(strangers)) {
  Deno.test(`${name} is no admin`, () => {
    assert.throws(() => requireAdmin(bearer(claims)), new Refusal(403, "Only admins may do this."));
  });
}

Deno.test("an admin's metadata without a user is nobody's", () => {
  const request = bearer({ role: "anon", app_metadata: { role: "admin" } });
  assert.throws(() => requireAdmin(request), { status: 401 });
});
