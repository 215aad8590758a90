import assert from "node:assert/strict";
import {
  ADMIN,
  assertRefused,
  bearer,
  lergRecord,
  notAsked,
  SERVICE_ROLE,
  USER,
} from "../_shared/testing.ts";
import { updateEnhancedLergRecord } from "./handler.ts";

for (const claims of [ADMIN, SERVICE_ROLE]) {
  Deno.test(`changes a record for ${JSON.stringify(claims)}`, async () => {
    const written: unknown[] = [];
    const record = lergRecord("670", "pacific");
    const handler = updateEnhancedLergRecord({
      updateRecord: (npa, changes) => {
        written.push([npa, changes]);
        return Promise.resolve(record);
      },
    });
    const body = { npa: "670", category: "pacific", state_province_name: null };
    const answer = await handler(bearer(claims, body));
    assert.equal(answer.status, 200);
    assert.deepEqual(await answer.json(), record);
    assert.deepEqual(written, [["670", { category: "pacific", state_province_name: null }]]);
  });
}

Deno.test("an NPA that is not there is not changed", async () => {
  const handler = updateEnhancedLergRecord({ updateRecord: () => Promise.resolve(undefined) });
  const answer = await handler(bearer(ADMIN, { npa: "999", is_active: false }));
  await assertRefused(answer, 404, /NPA 999 is not known/);
});

const unasked = updateEnhancedLergRecord({ updateRecord: notAsked });
const refusals: [string, Record<string, unknown>, RegExp][] = [
  ["no npa", { category: "pacific" }, /^npa is missing/],
  ["nothing to change", { npa: "670" }, /at least one field/],
  ["a wrong value", { npa: "670", category: "asian" }, /^category must be one of/],
  ["a field of the server's", { npa: "670", updated_at: "now" }, /^updated_at is not a field/],
];
for (const [name, body, reason] of refusals) {
  Deno.test(`${name} is refused before the table is asked`, async () => {
    await assertRefused(await unasked(bearer(ADMIN, body)), 400, reason);
  });
}

Deno.test("users change nothing", async () => {
  await assertRefused(await unasked(bearer(USER, {})), 403, /Only admins/);
  await assertRefused(await unasked(bearer({ role: "anon" }, {})), 401, /Sign in first/);
});
