import { connect } from "../_shared/database.ts";
import type { LergRecord } from "../_shared/lerg_record.ts";
import type { LergFields } from "../_shared/lerg_fields.ts";
import { addEnhancedLergRecord } from "./handler.ts";

const sql = connect(Deno.env);

async function insertRecord(fields: LergFields): Promise<LergRecord | undefined> {
  const rows = await sql<LergRecord[]>`
    insert into public.enhanced_lerg ${sql({ ...fields, source: "manual" })}
    on conflict (npa) do nothing
    returning npa, country_code, country_name, state_province_code, state_province_name,
              category, confidence_score, source, is_active`;
  return rows[0];
}

Deno.serve(addEnhancedLergRecord({ insertRecord }));
