import postgres from "postgres";
import { momentumScoreCalculator } from "./handler.ts";
import { storeIn } from "./store.ts";

const address = Deno.env.get("SUPABASE_DB_URL");
if (!address) throw new Error("The function is not configured: SUPABASE_DB_URL is not set.");
// Prepares nothing, since a transaction pooler may stand before the database.
const sql = postgres(address, { max: 2, prepare: false, connect_timeout: 5, idle_timeout: 20 });

Deno.serve(momentumScoreCalculator(storeIn(sql)));
