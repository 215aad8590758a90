/** What the calculator reads and writes, with the rights of the server. */

import type postgres from "postgres";

export interface Store {
  /** Sums up a user's day (UTC), keeps the score, and returns it: 0 to 100. */
  score(user: string, date: string): Promise<number>;
  /** The calls of a user within the last minute that were not refused for being too many. */
  recentCalls(user: string): Promise<number>;
  /** Writes one row of the log; no error means success. */
  log(user: string | null, milliseconds: number, error: string | null): Promise<void>;
}

export const FUNCTION = "momentum-score-calculator";
export const TOO_MANY = "too_many_calls";

export function storeIn(sql: postgres.Sql): Store {
  return {
    async score(user, date) {
      const [row] = await sql`
        insert into public.daily_engagement_scores as kept (user_id, score_date, score)
        select ${user}::uuid, ${date}::date, least(100, greatest(0, coalesce(sum(value), 0)))
        from public.engagement_events
        where user_id = ${user}
          and (occurred_at at time zone 'UTC')::date = ${date}::date
        on conflict (user_id, score_date) do update
          set score = excluded.score, updated_at = now()
        returning score`;
      return Number(row.score);
    },
    async recentCalls(user) {
      const [row] = await sql`
        select count(*)::int as calls
        from public.function_call_logs
        where function_name = ${FUNCTION} and user_id = ${user}
          and created_at > now() - interval '1 minute'
          and error_message is distinct from ${TOO_MANY}`;
      return row.calls;
    },
    async log(user, milliseconds, error) {
      await sql`select public.log_function_call(
        ${FUNCTION}, ${user}::uuid, ${milliseconds}::int, ${error === null}::boolean, ${error}::text
      )`;
    },
  };
}
