/** What every endpoint shares: CORS, allowed methods, JSON answers, errors that give nothing away. */

import { corsHeaders, preflight } from "./cors.ts";
import { NotConfigured } from "./env.ts";

export type Handler = (request: Request) => Promise<Response>;

/** A request that cannot be served as it is; the message is one sentence for the caller. */
export class Refusal extends Error {
  override name = "Refusal";

  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers: { ...corsHeaders, ...headers } });
}

/** Wraps a handler: answers OPTIONS, refuses other methods, turns what is thrown into an answer. */
export function endpoint(methods: string[], handle: Handler): Handler {
  return async (request) => {
    if (request.method === "OPTIONS") return preflight(methods);
    if (!methods.includes(request.method)) return wrongMethod(methods);
    try {
      return await handle(request);
    } catch (error) {
      return failure(error);
    }
  };
}

/** The JSON object in the body; anything else is refused. */
export async function jsonObject(request: Request): Promise<Record<string, unknown>> {
  const body = await request.json().catch(() => undefined);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Refusal(400, "The body must be a JSON object.");
  }
  return body as Record<string, unknown>;
}

/** As `jsonObject`, but no body at all is an empty object. */
export async function optionalObject(request: Request): Promise<Record<string, unknown>> {
  return await request.clone().text() === "" ? {} : await jsonObject(request);
}

function wrongMethod(methods: string[]): Response {
  const allowed = methods.join(", ");
  return json({ error: `Only ${allowed} is allowed here.` }, 405, { Allow: `${allowed}, OPTIONS` });
}

function failure(error: unknown): Response {
  if (error instanceof Refusal) return json({ error: error.message }, error.status);
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  if (error instanceof NotConfigured) return json({ error: error.message }, 500);
  return json({ error: "The request could not be served; the reason is in the log." }, 500);
}
