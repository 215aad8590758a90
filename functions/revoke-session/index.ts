import { connect } from "../_shared/database.ts";
import { endSession } from "../_shared/sessions.ts";
import { revokeSession } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(revokeSession({ endSession: (userId, id) => endSession(sql, userId, id) }));
