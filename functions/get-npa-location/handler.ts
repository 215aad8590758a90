/** Where an area code lies: one record of the reference table. */

import { endpoint, type Handler, json, jsonObject, Refusal } from "../_shared/http.ts";
import type { LergLocation } from "../_shared/lerg_record.ts";

export interface Dependencies {
  readLocation(npa: string): Promise<LergLocation | undefined>;
}

export function getNpaLocation({ readLocation }: Dependencies): Handler {
  return endpoint(["POST"], async (request) => {
    const { npa } = await jsonObject(request);
    if (typeof npa !== "string" || !/^[0-9]{3}$/.test(npa)) {
      throw new Refusal(400, 'npa must be a string of exactly three digits, such as "212".');
    }
    const location = await readLocation(npa);
    if (!location) throw new Refusal(404, `NPA ${npa} is not known.`);
    return json(location);
  });
}
