/**
 * The table of sessions, `public.active_sessions`. A session is active from its login until it is
 * revoked or 24 hours pass without a heartbeat. An ended one is marked, never deleted, and does not
 * come back to life.
 */

import type { Sql } from "./database.ts";

export interface Session {
  id: string;
  created_at: Date;
  last_heartbeat: Date;
  user_agent: string | null;
  ip_address: string | null;
  browser_info: Record<string, unknown> | null;
}

/** What is known of the browser that calls. */
export interface Client {
  user_agent: string | null;
  ip_address: string | null;
  /** Undefined: not told, which leaves what was told before. */
  browser_info?: Record<string, unknown>;
}

type Columns = Record<string, never>;

const columns = (sql: Sql) =>
  sql<Columns[]>`
  id, created_at, last_heartbeat, user_agent, host(ip_address) as ip_address, browser_info`;

const isAlive = (sql: Sql) =>
  sql<Columns[]>`
  is_active and last_heartbeat >= now() - interval '24 hours'`;

const info = (sql: Sql, { browser_info }: Client) =>
  browser_info === undefined ? null : sql.json(browser_info as never);

/** Undefined when the user has no profile, to which every session belongs. */
export async function startSession(
  sql: Sql,
  userId: string,
  token: string,
  client: Client,
): Promise<Session | undefined> {
  const rows = await sql<Session[]>`
    insert into public.active_sessions
      (user_id, session_token, user_agent, ip_address, browser_info)
    select id, ${token}, ${client.user_agent}, ${client.ip_address}::inet, ${info(sql, client)}
    from public.profiles where id = ${userId}
    returning ${columns(sql)}`;
  return rows[0];
}

/** A heartbeat. Undefined when the user has no such session or it has ended. */
export async function refreshSession(
  sql: Sql,
  userId: string,
  token: string,
  client: Client,
): Promise<Session | undefined> {
  const rows = await sql<Session[]>`
    update public.active_sessions set
      last_heartbeat = now(),
      user_agent = ${client.user_agent},
      ip_address = ${client.ip_address}::inet,
      browser_info = coalesce(${info(sql, client)}, browser_info)
    where user_id = ${userId} and session_token = ${token} and ${isAlive(sql)}
    returning ${columns(sql)}`;
  return rows[0];
}

export async function findActiveSession(
  sql: Sql,
  userId: string,
  token: string,
): Promise<Session | undefined> {
  const rows = await sql<Session[]>`
    select ${columns(sql)} from public.active_sessions
    where user_id = ${userId} and session_token = ${token} and ${isAlive(sql)}`;
  return rows[0];
}

/** The user's active sessions, the one used last first. */
export function activeSessions(sql: Sql, userId: string): Promise<Session[]> {
  return sql<Session[]>`
    select ${columns(sql)} from public.active_sessions
    where user_id = ${userId} and ${isAlive(sql)}
    order by last_heartbeat desc, id`;
}

/** Whether the user has such a session; from now on it is not active. */
export async function endSession(sql: Sql, userId: string, id: string): Promise<boolean> {
  const rows = await sql`
    update public.active_sessions set is_active = false
    where user_id = ${userId} and id = ${id}
    returning id`;
  return rows.length > 0;
}

/** Marks the sessions of all users that have been silent for 24 hours; how many there were. */
export async function endSilentSessions(sql: Sql): Promise<number> {
  const rows = await sql`
    update public.active_sessions set is_active = false
    where is_active and last_heartbeat < now() - interval '24 hours'
    returning id`;
  return rows.length;
}
