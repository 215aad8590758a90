import assert from "node:assert/strict";
import type { LergFields } from "../_shared/lerg_fields.ts";
import {
  ADMIN,
  assertRefused,
  bearer,
  lergRecord,
  notAsked,
  SERVICE_ROLE,
  USER,
} from "../_shared/testing.ts";
import { addEnhancedLergRecord } from "./handler.ts";

const fields = {
  npa: "999",
  country_code: "US",
  country_name: "United States",
  category: "us-domestic",
};

for (const claims of [ADMIN, SERVICE_ROLE]) {
  Deno.test(`adds a record for ${JSON.stringify(claims)}`, async () => {
    const written: LergFields[] = [];
    const record = lergRecord("999", "us-domestic");
    const handler = addEnhancedLergRecord({
      insertRecord: (sent) => {
        written.push(sent);
        return Promise.resolve(record);
      },
    });
    const answer = await handler(bearer(claims, fields));
    assert.equal(answer.status, 201);
    assert.deepEqual(await answer.json(), record);
    assert.deepEqual(written, [fields]);
  });
}

Deno.test("an NPA that is there already is not added again", async () => {
  const handler = addEnhancedLergRecord({ insertRecord: () => Promise.resolve(undefined) });
  await assertRefused(await handler(bearer(ADMIN, fields)), 409, /NPA 999 is there already/);
});

const unasked = addEnhancedLergRecord({ insertRecord: notAsked });

for (const field of Object.keys(fields)) {
  Deno.test(`a record needs ${field}`, async () => {
    const { [field as keyof typeof fields]: _, ...others } = fields;
    await assertRefused(await unasked(bearer(ADMIN, others)), 400, RegExp(`^${field} is missing`));
  });
}

Deno.test("what the table would refuse is refused before it is asked", async () => {
  const answer = await unasked(bearer(ADMIN, { ...fields, confidence_score: 101 }));
  await assertRefused(answer, 400, /^confidence_score must be an integer from 0 to 100/);
});

Deno.test("the source is not the caller's to say", async () => {
  const answer = await unasked(bearer(ADMIN, { ...fields, source: "lerg" }));
  await assertRefused(answer, 400, /^source is not a field to write/);
});

Deno.test("users add nothing, and nobody learns which fields there are", async () => {
  await assertRefused(await unasked(bearer(USER, {})), 403, /Only admins/);
  await assertRefused(await unasked(bearer({ role: "anon" }, {})), 401, /Sign in first/);
});
