import { connect } from "../_shared/database.ts";
import { endSilentSessions } from "../_shared/sessions.ts";
import { cleanupInactiveSessions } from "./handler.ts";

const sql = connect(Deno.env);

Deno.serve(cleanupInactiveSessions({ endSilentSessions: () => endSilentSessions(sql) }));
