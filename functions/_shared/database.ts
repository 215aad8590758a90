/** The project's own database, with the rights of the server: row-level security does not apply. */

import postgres from "postgres";
import { type Env, required } from "./env.ts";

export type Sql = postgres.Sql;

/**
 * A pool that opens its first connection with the first query. It is small, since the platform runs
 * many isolates, and prepares nothing, since a transaction pooler may stand before the database.
 */
export function connect(env: Env): Sql {
  return postgres(required(env, "SUPABASE_DB_URL"), {
    max: 2,
    prepare: false,
    connect_timeout: 5,
    idle_timeout: 20,
  });
}
