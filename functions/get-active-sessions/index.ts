import { connect } from "../_shared/database.ts";
import { activeSessions } from "../_shared/sessions.ts";
import { getActiveSessions } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(getActiveSessions({ activeSessions: (userId) => activeSessions(sql, userId) }));
