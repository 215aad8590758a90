import { connect } from "../_shared/database.ts";
import { refreshSession, startSession } from "../_shared/sessions.ts";
import { manageSession } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(manageSession({
  newToken: () => crypto.randomUUID(),
  startSession: (userId, token, client) => startSession(sql, userId, token, client),
  refreshSession: (userId, token, client) => refreshSession(sql, userId, token, client),
}));
