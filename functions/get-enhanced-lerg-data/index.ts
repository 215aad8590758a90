import { connect } from "../_shared/database.ts";
import { readRecords } from "../_shared/lerg.ts";
import { getEnhancedLergData } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(getEnhancedLergData({ readRecords: () => readRecords(sql) }));
