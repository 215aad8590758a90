/** The whole reference table with its statistics. */

import { endpoint, type Handler, json } from "../_shared/http.ts";
import type { LergRecord } from "../_shared/lerg_record.ts";

export interface Dependencies {
  readRecords(): Promise<LergRecord[]>;
}

export function getEnhancedLergData({ readRecords }: Dependencies): Handler {
  return endpoint(["POST"], async () => {
    const npas = await readRecords();
    return json({ npas, statistics: statisticsOf(npas) });
  });
}

function statisticsOf(npas: LergRecord[]) {
  const count = (category: string) => npas.filter((npa) => npa.category === category).length;
  return {
    total: npas.length,
    usDomestic: count("us-domestic"),
    canadian: count("canadian"),
    caribbean: count("caribbean"),
    usTerritory: count("us-territory"),
    pacific: count("pacific"),
  };
}
