import assert from "node:assert/strict";
import { assertRefused, post } from "../_shared/testing.ts";
import { getNpaLocation } from "./handler.ts";

const newYork = {
  npa: "212",
  country_code: "US",
  country_name: "United States",
  state_province_code: "NY",
  state_province_name: "New York",
  category: "us-domestic",
  confidence_score: 100,
};
const handler = getNpaLocation({
  readLocation: (npa) => Promise.resolve(npa === "212" ? newYork : undefined),
});

Deno.test("answers with the seven fields of a known NPA", async () => {
  const answer = await handler(post({ npa: "212" }));
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), newYork);
});

Deno.test("an unknown NPA is 404", async () => {
  await assertRefused(await handler(post({ npa: "999" })), 404, /NPA 999 is not known/);
});

for (const npa of [undefined, 212, "21", "2122", "21a", " 212", "212\n", "٢١٢"]) {
  Deno.test(`${JSON.stringify(npa)} is a malformed NPA`, async () => {
    await assertRefused(await handler(post({ npa })), 400, /exactly three digits/);
  });
}
