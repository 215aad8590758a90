/** An admin changes an area code of the reference table. */

import { requireAdmin } from "../_shared/caller.ts";
import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";
import type { LergRecord } from "../_shared/lerg_record.ts";
import { type LergFields, lergFieldsOf } from "../_shared/lerg_fields.ts";

export interface Dependencies {
  /** The changed record; undefined when there is no such NPA. */
  updateRecord(npa: string, changes: LergFields): Promise<LergRecord | undefined>;
}

/** Body: `npa` and the fields to change. Answer: the record, whose source is `manual` from now on. */
export function updateEnhancedLergRecord({ updateRecord }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    requireAdmin(request);
    const { npa, ...changes } = lergFieldsOf(await jsonObject(request), ["npa"]);
    if (Object.keys(changes).length === 0) {
      throw new Refusal(400, "Give at least one field to change beside npa.");
    }
    const record = await updateRecord(npa as string, changes);
    if (!record) throw new Refusal(404, `NPA ${npa} is not known: add it instead.`);
    return json(record);
  });
}
