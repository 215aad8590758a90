import assert from "node:assert/strict";
import { envOf, logOf } from "../_shared/testing.ts";
import { pingStatus } from "./handler.ts";

const ping = new Request("http://localhost/");
const well = () => Promise.resolve([]);

Deno.test("says version, project, region and that the database answers", async () => {
  const env = envOf({
    DENO_DEPLOYMENT_ID: "abc_7",
    SUPABASE_URL: "https://abc.supabase.co",
    SB_REGION: "us-east-1",
  });
  const answer = await pingStatus({ env, askDatabase: well })(ping);
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    status: "ok",
    version: "abc_7",
    environment: "abc",
    region: "us-east-1",
    db: true,
  });
});

Deno.test("is 503 when the database does not answer", async () => {
  let answer!: Response;
  const log = await logOf(async () => {
    const askDatabase = () => Promise.reject(new Error("no route"));
    answer = await pingStatus({ env: envOf({}), askDatabase })(ping);
  });
  assert.equal(answer.status, 503);
  assert.match(log, /no route/);
  const { status, db, environment } = await answer.json();
  assert.deepEqual([status, db, environment], ["degraded", false, "unknown"]);
});

Deno.test("names the project also behind a gateway, and prefers the declared environment", async () => {
  const url = { SUPABASE_URL: "http://127.0.0.1:5000/abc" };
  const environment = async (values: Record<string, string>) => {
    const answer = await pingStatus({ env: envOf(values), askDatabase: well })(ping);
    return (await answer.json()).environment;
  };
  assert.equal(await environment(url), "abc");
  assert.equal(await environment({ SUPABASE_URL: "http://host/gateway/abc/" }), "abc");
  assert.equal(await environment({ ...url, APP_ENV: "staging" }), "staging");
});
