/**
 * The momentum of the calling user on one day: POST {user_id, target_date}. Every error is a short
 * code, and every call is one row in the log, also a failed one.
 */

import { type Store, TOO_MANY } from "./store.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const DATE = /^\d{4}-\d{2}-\d{2}(T[0-9:.]+(Z|[+-]\d{2}:?\d{2})?)?$/;
const CALLS_A_MINUTE = 30;

/** A request that is not served; the code is all that the caller and the log are told. */
class Refusal extends Error {
  constructor(readonly status: number, readonly code: string) {
    super(code);
  }
}

export interface Settings {
  /** Milliseconds until the caller is told that it takes too long. */
  deadline: number;
  /** Milliseconds on a clock that never goes back. */
  now(): number;
}

const SETTINGS: Settings = { deadline: 10_000, now: () => performance.now() };

export function momentumScoreCalculator(
  store: Store,
  { deadline, now }: Settings = SETTINGS,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const begun = now();
    const user = userOf(request);
    let error: string | null = null;
    let answer: Response;
    try {
      answer = Response.json(await within(deadline, serve(store, request, user)));
    } catch (caught) {
      const refusal = caught instanceof Refusal ? caught : failed(caught);
      error = refusal.code;
      answer = Response.json({ error }, { status: refusal.status });
    }
    await store.log(user ?? null, Math.round(now() - begun), error).catch(complain);
    return answer;
  };
}

async function serve(store: Store, request: Request, user: string | undefined) {
  if (request.method !== "POST") throw new Refusal(405, "only_post");
  if (user === undefined) throw new Refusal(401, "not_signed_in");
  const { user_id, target_date } = await body(request);
  if (typeof user_id !== "string" || !UUID.test(user_id)) throw new Refusal(400, "bad_user_id");
  const date = dateOf(target_date);
  if (user_id.toLowerCase() !== user) throw new Refusal(403, "other_user");
  if (await store.recentCalls(user) >= CALLS_A_MINUTE) throw new Refusal(429, TOO_MANY);
  return { user_id: user, date, score: await store.score(user, date) };
}

async function body(request: Request): Promise<Record<string, unknown>> {
  const found = await request.json().catch(() => undefined);
  if (typeof found !== "object" || found === null) throw new Refusal(400, "bad_body");
  return found;
}

/** `YYYY-MM-DD`; a timestamp is cut to its day in UTC. */
function dateOf(value: unknown): string {
  if (typeof value !== "string" || !DATE.test(value)) throw new Refusal(400, "bad_date");
  const day = !value.includes("T");
  const time = new Date(day || /(Z|[+-]\d{2}:?\d{2})$/.test(value) ? value : `${value}Z`);
  if (Number.isNaN(time.getTime())) throw new Refusal(400, "bad_date");
  const date = time.toISOString().slice(0, 10);
  // JavaScript takes 30 February for 1 March.
  if (day && date !== value) throw new Refusal(400, "bad_date");
  return date;
}

/**
 * The signed-in user of the token, whose signature the platform has checked. It lets the public key
 * through, which is a token without a user.
 */
function userOf(request: Request): string | undefined {
  const token = request.headers.get("Authorization")?.match(/^Bearer (.+)$/i)?.[1];
  try {
    const payload = token!.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const claims = JSON.parse(atob(payload));
    const id = claims.role === "authenticated" ? claims.sub : undefined;
    return typeof id === "string" && UUID.test(id) ? id.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Refusal(504, "deadline")), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function failed(error: unknown): Refusal {
  complain(error);
  return new Refusal(500, "failed");
}

function complain(error: unknown): void {
  console.error(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
}
