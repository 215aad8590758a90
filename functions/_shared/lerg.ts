/** The reference table of area codes, `public.enhanced_lerg`. */

import type { Sql } from "./database.ts";
import type { LergLocation, LergRecord } from "./lerg_record.ts";

/** Every NPA in use, in ascending order. */
export function readRecords(sql: Sql): Promise<LergRecord[]> {
  return sql<LergRecord[]>`
    select npa, country_code, country_name, state_province_code, state_province_name,
           category, confidence_score, source, is_active
    from public.enhanced_lerg
    where is_active
    order by npa`;
}

/** One NPA in use. */
export async function readLocation(sql: Sql, npa: string): Promise<LergLocation | undefined> {
  const rows = await sql<LergLocation[]>`
    select npa, country_code, country_name, state_province_code, state_province_name,
           category, confidence_score
    from public.enhanced_lerg
    where npa = ${npa} and is_active`;
  return rows[0];
}
