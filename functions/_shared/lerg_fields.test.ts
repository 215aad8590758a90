import assert from "node:assert/strict";
import { Refusal } from "./http.ts";
import { lergFieldsOf } from "./lerg_fields.ts";

const whole = {
  npa: "999",
  country_code: "US",
  country_name: "United States",
  state_province_code: "NY",
  state_province_name: null,
  category: "us-domestic",
  confidence_score: 85,
  is_active: false,
};

Deno.test("fields that the table takes are handed on as they are", () => {
  assert.deepEqual(lergFieldsOf(whole, ["npa", "category"]), whole);
  assert.deepEqual(lergFieldsOf({ npa: "999" }, ["npa"]), { npa: "999" });
});

for (const category of ["us-domestic", "canadian", "caribbean", "us-territory", "pacific"]) {
  Deno.test(`${category} is a category`, () => {
    assert.deepEqual(lergFieldsOf({ category }, []), { category });
  });
}

for (const confidence_score of [0, 100]) {
  Deno.test(`${confidence_score} is a score`, () => {
    assert.deepEqual(lergFieldsOf({ confidence_score }, []), { confidence_score });
  });
}

const wrong: [string, unknown[], RegExp][] = [
  ["npa", ["", "21", "2122", "21a", "212\n", "٢١٢", 212, null], /exactly three digits/],
  ["country_code", ["", "  ", null, 1, "a\0b"], /^country_code must be a text that is not empty/],
  ["country_name", ["", null, ["x"]], /^country_name must be a text/],
  ["state_province_code", ["", 1, "\0"], /^state_province_code must be null or a text/],
  ["state_province_name", ["", {}], /^state_province_name must be null or a text/],
  ["category", ["", "US-Domestic", "asian", null, 1], /one of us-domestic, canadian, caribbean/],
  ["confidence_score", [-1, 101, 99.5, "100", null, NaN], /^confidence_score must be an integer/],
  ["is_active", [0, "true", null], /^is_active must be true or false/],
  ["source", ["lerg", "manual"], /^source is not a field to write/],
  ["id", ["x"], /^id is not a field to write/],
  ["constructor", ["x"], /^constructor is not a field to write/],
];
for (const [field, values, reason] of wrong) {
  for (const value of values) {
    Deno.test(`${JSON.stringify(value)} is no ${field}`, () => {
      assert.throws(() => lergFieldsOf({ [field]: value }, []), { status: 400, message: reason });
    });
  }
}

Deno.test("all that is wrong is told at once", () => {
  assert.throws(
    () => lergFieldsOf({ npa: 1, is_active: 1 }, ["npa", "category"]),
    new Refusal(
      400,
      'category is missing; npa must be a string of exactly three digits, such as "212"; ' +
        "is_active must be true or false.",
    ),
  );
});
