import assert from "node:assert/strict";
import { assertRefused, bearer, USER } from "../_shared/testing.ts";
import { debugEcho } from "./handler.ts";

Deno.test("says what arrived, without the values", async () => {
  const answer = await debugEcho()(bearer(USER, "secret"));
  const text = await answer.text();
  assert.deepEqual(JSON.parse(text), {
    method: "POST",
    path: "/",
    headers: ["authorization", "content-type"],
    body: 6,
  });
  assert.doesNotMatch(text, /secret|Bearer/);
});

Deno.test("the anon key learns nothing", async () => {
  await assertRefused(await debugEcho()(bearer({ role: "anon" })), 401, /Sign in first/);
});
