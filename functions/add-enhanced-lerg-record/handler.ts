/** An admin adds an area code to the reference table. */

import { requireAdmin } from "../_shared/caller.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";
import type { LergRecord } from "../_shared/lerg_record.ts";
import { type LergFields, lergFieldsOf } from "../_shared/lerg_fields.ts";

export interface Dependencies {
  /** The new record; undefined when the NPA is there already. */
  insertRecord(fields: LergFields): Promise<LergRecord | undefined>;
}

const REQUIRED = ["npa", "country_code", "country_name", "category"];

/** Body: the fields of the record. Answer: 201 and the record, whose source is `manual`. */
export function addEnhancedLergRecord({ insertRecord }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    requireAdmin(request);
    const fields = lergFieldsOf(await jsonObject(request), REQUIRED);
    const record = await insertRecord(fields);
    if (!record) throw new Refusal(409, `NPA ${fields.npa} is there already: update it instead.`);
    return json(record, 201);
  });
}
