import assert from "node:assert/strict";
import { momentumScoreCalculator } from "./handler.ts";
import { type Store } from "./store.ts";

const ME = "0c000000-0000-4000-8000-000000000001";
const OTHER = "0c000000-0000-4000-8000-000000000002";

type Call = [string | null, number, string | null];

function storeOf(given: Partial<Store> = {}): Store & { calls: Call[]; days: string[] } {
  const calls: Call[] = [], days: string[] = [];
  return {
    calls,
    days,
    score: (_, date) => Promise.resolve(days.push(date) && 42),
    recentCalls: () => Promise.resolve(0),
    log: (...call) => Promise.resolve(void calls.push(call)),
    ...given,
  };
}

function bearer(claims: unknown): Record<string, string> {
  return { Authorization: `Bearer head.${btoa(JSON.stringify(claims))}.signature` };
}

const SIGNED_IN = bearer({ role: "authenticated", sub: ME });

function post(body: unknown, headers: Record<string, string> = SIGNED_IN): Request {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Request("http://localhost/", { method: "POST", body: text, headers });
}

let ticks = 0;
const settings = { deadline: 1000, now: () => ticks += 5 };

Deno.test("answers with user, day and score, and logs a success", async () => {
  const store = storeOf();
  const ask = momentumScoreCalculator(store, settings);
  const answer = await ask(post({ user_id: ME, target_date: "2026-02-28" }));
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { user_id: ME, date: "2026-02-28", score: 42 });
  assert.deepEqual(store.calls, [[ME, 5, null]]);
});

for (
  const [given, day] of [
    ["2026-02-28T23:30:00Z", "2026-02-28"],
    ["2026-02-28T23:30:00-05:00", "2026-03-01"],
    ["2026-02-28T23:30:00.123456", "2026-02-28"],
  ]
) {
  Deno.test(`${given} is a moment of ${day}`, async () => {
    const store = storeOf();
    await momentumScoreCalculator(store, settings)(post({ user_id: ME, target_date: given }));
    assert.deepEqual(store.days, [day]);
  });
}

const day = "2026-02-28";
const refusals: [string, number, string, Request][] = [
  ["another method", 405, "only_post", new Request("http://localhost/", { headers: SIGNED_IN })],
  ["no token", 401, "not_signed_in", post({ user_id: ME, target_date: day }, {})],
  ["the public key", 401, "not_signed_in", post({}, bearer({ role: "anon" }))],
  ["a token that is none", 401, "not_signed_in", post({}, { Authorization: "Bearer x" })],
  ["a body that is no JSON", 400, "bad_body", post("{")],
  ["an id that is none", 400, "bad_user_id", post({ user_id: "test", target_date: day })],
  ["no date", 400, "bad_date", post({ user_id: ME })],
  ["month 13", 400, "bad_date", post({ user_id: ME, target_date: "2024-13-01" })],
  ["30 February", 400, "bad_date", post({ user_id: ME, target_date: "2026-02-30" })],
  ["another user's id", 403, "other_user", post({ user_id: OTHER, target_date: day })],
];
for (const [what, status, code, request] of refusals) {
  Deno.test(`${what} is ${status}, computes nothing and is logged`, async () => {
    const store = storeOf();
    const answer = await momentumScoreCalculator(store, settings)(request);
    assert.equal(answer.status, status);
    assert.deepEqual(await answer.json(), { error: code });
    assert.deepEqual(store.days, []);
    assert.deepEqual(store.calls.map(([, , error]) => error), [code]);
  });
}

Deno.test("the thirty-first call of a minute is 429", async () => {
  const ask = (calls: number) =>
    momentumScoreCalculator(storeOf({ recentCalls: () => Promise.resolve(calls) }), settings)(
      post({ user_id: ME, target_date: day }),
    );
  assert.equal((await ask(29)).status, 200);
  const answer = await ask(30);
  assert.equal(answer.status, 429);
  assert.deepEqual(await answer.json(), { error: "too_many_calls" });
});

async function quiet<T>(action: () => Promise<T>): Promise<T> {
  const { error } = console;
  console.error = () => {};
  try {
    return await action();
  } finally {
    console.error = error;
  }
}

Deno.test("what goes wrong inside is a code without its reason", async () => {
  const store = storeOf({ score: () => Promise.reject(new Error("relation does not exist")) });
  const ask = momentumScoreCalculator(store, settings);
  const answer = await quiet(() => ask(post({ user_id: ME, target_date: day })));
  assert.equal(answer.status, 500);
  assert.deepEqual(await answer.json(), { error: "failed" });
  assert.deepEqual(store.calls.map(([, , error]) => error), ["failed"]);
});

Deno.test("a log that cannot be written does not take the answer away", async () => {
  const store = storeOf({ log: () => Promise.reject(new Error("no connection")) });
  const ask = momentumScoreCalculator(store, settings);
  const answer = await quiet(() => ask(post({ user_id: ME, target_date: day })));
  assert.equal(answer.status, 200);
});

Deno.test("what takes too long is 504", async () => {
  const never = new Promise<number>(() => {});
  const store = storeOf({ score: () => never });
  const ask = momentumScoreCalculator(store, { ...settings, deadline: 0 });
  const answer = await ask(post({ user_id: ME, target_date: day }));
  assert.equal(answer.status, 504);
  assert.deepEqual(store.calls.map(([, , error]) => error), ["deadline"]);
});
