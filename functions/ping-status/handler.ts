/** Health check: says which version answers, for which project, and whether the database does. */

import type { Env } from "../_shared/env.ts";
import { endpoint, type Handler, json } from "../_shared/http.ts";

export interface Dependencies {
  env: Env;
  /** Resolves when the database answers a query. */
  askDatabase(): Promise<unknown>;
}

/** 200 when all is well, 503 when the database does not answer. */
export function pingStatus({ env, askDatabase }: Dependencies): Handler {
  return endpoint(["GET", "POST"], async () => {
    const db = await answers(askDatabase);
    const body = {
      status: db ? "ok" : "degraded",
      version: env.get("DENO_DEPLOYMENT_ID") ?? "unknown",
      environment: env.get("APP_ENV") ?? projectOf(env),
      region: env.get("SB_REGION") ?? "unknown",
      db,
    };
    return json(body, db ? 200 : 503);
  });
}

async function answers(askDatabase: Dependencies["askDatabase"]): Promise<boolean> {
  try {
    await askDatabase();
    return true;
  } catch (error) {
    console.error(`The database does not answer: ${(error as Error).message}`);
    return false;
  }
}

/** The project's ref: the end of the path where a gateway serves many, else the first label. */
function projectOf(env: Env): string {
  const address = env.get("SUPABASE_URL");
  if (!address) return "unknown";
  const { pathname, hostname } = new URL(address);
  return pathname.split("/").findLast(Boolean) ?? hostname.split(".")[0];
}
