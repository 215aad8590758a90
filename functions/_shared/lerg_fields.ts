/** What an admin may write into `public.enhanced_lerg`: the rules of the table, told in words. */

import type { Body } from "./fields.ts";
import { Refusal } from "./http.ts";

export type LergFields = Record<string, string | number | boolean | null>;

const CATEGORIES = ["us-domestic", "canadian", "caribbean", "us-territory", "pacific"];

interface Rule {
  accepts(value: unknown): boolean;
  wanted: string;
}

const npa: Rule = {
  accepts: (value) => typeof value === "string" && /^[0-9]{3}$/.test(value),
  wanted: 'a string of exactly three digits, such as "212"',
};
const text: Rule = { accepts: isText, wanted: "a text that is not empty" };
const optionalText: Rule = {
  accepts: (value) => value === null || isText(value),
  wanted: "null or a text that is not empty",
};
const category: Rule = {
  accepts: (value) => typeof value === "string" && CATEGORIES.includes(value),
  wanted: `one of ${CATEGORIES.join(", ")}`,
};
const score: Rule = {
  accepts: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 100,
  wanted: "an integer from 0 to 100",
};
const flag: Rule = { accepts: (value) => typeof value === "boolean", wanted: "true or false" };

const RULES = new Map(Object.entries({
  npa,
  country_code: text,
  country_name: text,
  state_province_code: optionalText,
  state_province_name: optionalText,
  category,
  confidence_score: score,
  is_active: flag,
}));

/** The fields of the body; 400 names each one that is missing, wrong or not an admin's to write. */
export function lergFieldsOf(body: Body, required: string[]): LergFields {
  const missing = required.filter((field) => !(field in body)).map((field) =>
    `${field} is missing`
  );
  const wrong = Object.entries(body).flatMap(([field, value]) => complaint(field, value));
  const problems = [...missing, ...wrong];
  if (problems.length > 0) throw new Refusal(400, `${problems.join("; ")}.`);
  return body as LergFields;
}

function complaint(field: string, value: unknown): string[] {
  const rule = RULES.get(field);
  if (!rule) return [`${field} is not a field to write (${[...RULES.keys()].join(", ")} are)`];
  return rule.accepts(value) ? [] : [`${field} must be ${rule.wanted}`];
}

/** The database holds any text but one with a NUL. */
function isText(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && !value.includes("\0");
}
