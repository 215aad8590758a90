import assert from "node:assert/strict";
import { addressOf, uuidOf } from "./fields.ts";
import { Refusal } from "./http.ts";

Deno.test("an address leads a browser somewhere", () => {
  assert.equal(addressOf({ a: "https://app.test/x" }, "a"), "https://app.test/x");
  for (const a of [undefined, 1, "", "/x", "app.test", "https://", "javascript:x", "ftp://a"]) {
    assert.throws(
      () => addressOf({ a }, "a"),
      new Refusal(400, "a must be an http or https address."),
    );
  }
});

Deno.test("a uuid is one", () => {
  const a = "0f0e0d0c-0b0a-0908-0706-050403020100";
  assert.equal(uuidOf({ a }, "a"), a);
  for (const other of [undefined, 1, "", "x", `${a}0`, `${a}\n`, `{${a}}`]) {
    assert.throws(() => uuidOf({ a: other }, "a"), new Refusal(400, "a must be a uuid."));
  }
});
