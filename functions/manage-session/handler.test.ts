import assert from "node:assert/strict";
import { assertRefused, bearer, notAsked, session, USER } from "../_shared/testing.ts";
import { type Dependencies, manageSession } from "./handler.ts";

function request(body: unknown): Request {
  const made = bearer(USER, body);
  made.headers.set("User-Agent", "Browser/1");
  made.headers.set("X-Forwarded-For", "203.0.113.7");
  return made;
}

function keeping(answers: { started?: boolean; refreshed?: boolean } = {}) {
  const asked: unknown[] = [];
  const answer = (what: string, well?: boolean) => (...all: unknown[]) => {
    asked.push([what, ...all]);
    return Promise.resolve(well ? session : undefined);
  };
  const dependencies: Dependencies = {
    newToken: () => "new-token",
    startSession: answer("start", answers.started),
    refreshSession: answer("refresh", answers.refreshed),
  };
  return { handler: manageSession(dependencies), asked };
}

const client = { user_agent: "Browser/1", ip_address: "203.0.113.7" };
const told = JSON.parse(JSON.stringify(session));

for (const body of ["", {}]) {
  Deno.test(`a login with the body ${JSON.stringify(body)} begins a session`, async () => {
    const { handler, asked } = keeping({ started: true });
    const answer = await handler(request(body));
    assert.equal(answer.status, 201);
    assert.deepEqual(await answer.json(), { session_token: "new-token", ...told });
    assert.deepEqual(asked, [["start", "user-1", "new-token", client]]);
  });
}

Deno.test("a token is a heartbeat", async () => {
  const { handler, asked } = keeping({ refreshed: true });
  const answer = await handler(request({ session_token: "t" }));
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { session_token: "t", ...told });
  assert.deepEqual(asked, [["refresh", "user-1", "t", client]]);
});

for (const body of [{}, { session_token: "t" }]) {
  Deno.test(`${JSON.stringify(body)} may tell of the browser`, async () => {
    const { handler, asked } = keeping({ started: true, refreshed: true });
    const browser_info = { language: "en" };
    await handler(request({ ...body, browser_info }));
    assert.deepEqual((asked[0] as unknown[])[3], { ...client, browser_info });
  });
}

Deno.test("a session that has ended does not come back, and none is begun instead", async () => {
  const { handler, asked } = keeping({ started: true, refreshed: false });
  await assertRefused(await handler(request({ session_token: "t" })), 410, /sign in again/);
  assert.equal(asked.length, 1);
});

Deno.test("a user without a profile has no session", async () => {
  const { handler } = keeping({ started: false });
  await assertRefused(await handler(request({})), 409, /no profile/);
});

const unasked = manageSession({
  newToken: () => "",
  startSession: notAsked,
  refreshSession: notAsked,
});
const refusals: [string, Record<string, unknown>, RegExp][] = [
  ["an empty token", { session_token: "" }, /^session_token must be/],
  ["no token where one is told", { session_token: null }, /^session_token must be/],
  ["a token that is a number", { session_token: 1 }, /^session_token must be/],
  ["a browser that is a list", { browser_info: [] }, /^browser_info must be/],
  ["a browser that is nothing", { browser_info: null }, /^browser_info must be/],
  ["a browser that is a text", { browser_info: "x" }, /^browser_info must be/],
  ["too much of a browser", { browser_info: { x: "x".repeat(4000) } }, /^browser_info must be/],
  ["a browser that the database cannot hold", { browser_info: { x: "\0" } }, /^browser_info must/],
];
for (const [name, body, reason] of refusals) {
  Deno.test(`${name} is refused`, async () => {
    await assertRefused(await unasked(request(body)), 400, reason);
  });
}

Deno.test("the anon key has no session", async () => {
  await assertRefused(await unasked(bearer({ role: "anon" })), 401, /Sign in first/);
});
