import assert from "node:assert/strict";
import { required } from "./env.ts";
import { endpoint, json, jsonObject, optionalObject, Refusal } from "./http.ts";
import { assertRefused, envOf, logOf, post } from "./testing.ts";

const fine = endpoint(["POST"], () => Promise.resolve(json({ fine: true })));

function failing(error: unknown) {
  return endpoint(["POST"], () => Promise.reject(error));
}

Deno.test("a browser's preflight is answered without the handler", async () => {
  const answer = await failing(new Error("not asked"))(
    new Request("http://localhost/", { method: "OPTIONS" }),
  );
  assert.equal(answer.status, 204);
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(answer.headers.get("Access-Control-Allow-Methods"), "POST, OPTIONS");
  assert.match(answer.headers.get("Access-Control-Allow-Headers")!, /authorization/);
});

Deno.test("every answer may be read by a browser of another origin", async () => {
  const answer = await fine(post({}));
  assert.equal(answer.headers.get("Access-Control-Allow-Origin"), "*");
  assert.deepEqual(await answer.json(), { fine: true });
});

Deno.test("another method is refused and the allowed ones are named", async () => {
  const answer = await fine(new Request("http://localhost/"));
  assert.equal(answer.headers.get("Allow"), "POST, OPTIONS");
  await assertRefused(answer, 405, /Only POST/);
});

Deno.test("a refusal becomes its status and its sentence", async () => {
  await assertRefused(
    await failing(new Refusal(418, "No coffee."))(post({})),
    418,
    /^No coffee\.$/,
  );
});

Deno.test("an unexpected error is logged and not shown", async () => {
  let answer!: Response;
  const log = await logOf(async () => {
    answer = await failing(new TypeError("host db.internal refused"))(post({}));
  });
  assert.match(log, /TypeError: host db\.internal refused/);
  await assertRefused(answer, 500, /^The request could not be served; the reason is in the log\.$/);
});

Deno.test("a missing setting is named", async () => {
  let answer!: Response;
  await logOf(async () => {
    const handler = endpoint(["POST"], () => Promise.resolve(json(required(envOf({}), "KEY"))));
    answer = await handler(post({}));
  });
  await assertRefused(answer, 500, /KEY is not set/);
});

for (const body of ["", "{", "[]", "null", '"text"']) {
  Deno.test(`the body ${JSON.stringify(body)} is not a JSON object`, async () => {
    await assert.rejects(
      jsonObject(post(body)),
      new Refusal(400, "The body must be a JSON object."),
    );
  });
}

Deno.test("where no body is needed, none is an empty object", async () => {
  assert.deepEqual(await optionalObject(post("")), {});
  assert.deepEqual(await optionalObject(post({ a: 1 })), { a: 1 });
  await assert.rejects(optionalObject(post("[]")), { status: 400 });
});
