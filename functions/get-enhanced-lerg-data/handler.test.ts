import assert from "node:assert/strict";
import { lergRecord as record, post } from "../_shared/testing.ts";
import { getEnhancedLergData } from "./handler.ts";

Deno.test("answers with all records and counts them by category", async () => {
  const npas = [
    record("201", "us-domestic"),
    record("202", "us-domestic"),
    record("204", "canadian"),
    record("242", "caribbean"),
    record("671", "pacific"),
    record("787", "us-territory"),
  ];
  const answer = await getEnhancedLergData({ readRecords: () => Promise.resolve(npas) })(post({}));
  assert.deepEqual(await answer.json(), {
    npas,
    statistics: {
      total: 6,
      usDomestic: 2,
      canadian: 1,
      caribbean: 1,
      usTerritory: 1,
      pacific: 1,
    },
  });
});

Deno.test("needs no body", async () => {
  const handler = getEnhancedLergData({ readRecords: () => Promise.resolve([]) });
  const answer = await handler(new Request("http://localhost/", { method: "POST" }));
  assert.equal((await answer.json()).statistics.total, 0);
});
