import { connect } from "../_shared/database.ts";
import { findActiveSession } from "../_shared/sessions.ts";
import { checkSession } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(checkSession({
  findActiveSession: (userId, token) => findActiveSession(sql, userId, token),
}));
