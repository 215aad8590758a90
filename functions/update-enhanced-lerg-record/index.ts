import { connect } from "../_shared/database.ts";
import type { LergRecord } from "../_shared/lerg_record.ts";
import type { LergFields } from "../_shared/lerg_fields.ts";
import { updateEnhancedLergRecord } from "./handler.ts";

const sql = connect(Deno.env);

async function updateRecord(npa: string, changes: LergFields): Promise<LergRecord | undefined> {
  const rows = await sql<LergRecord[]>`
    update public.enhanced_lerg set ${sql({ ...changes, source: "manual" })}, updated_at = now()
    where npa = ${npa}
    returning npa, country_code, country_name, state_province_code, state_province_name,
              category, confidence_score, source, is_active`;
  return rows[0];
}

Deno.serve(updateEnhancedLergRecord({ updateRecord }));
