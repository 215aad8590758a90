import { connect } from "../_shared/database.ts";
import { pingStatus } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(pingStatus({ env: Deno.env, askDatabase: () => sql`select 1` }));
