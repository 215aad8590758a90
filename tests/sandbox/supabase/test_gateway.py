"""Calling edge functions through the gateway: real Deno processes behind real token checks."""

import asyncio
from pathlib import Path

import httpx

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.supabase import functions, projects, tokens
from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

ECHO = """
import { greeting } from "../_shared/greeting.ts";
Deno.serve(async (request) => {
  const url = new URL(request.url);
  if (url.pathname.endsWith("/end")) Deno.exit(3);
  if (url.pathname.endsWith("/env")) return Response.json(Deno.env.toObject());
  if (url.pathname.endsWith("/file")) return new Response(Deno.readTextFileSync("/etc/hostname"));
  return Response.json({
    greeting, method: request.method, path: url.pathname + url.search,
    header: request.headers.get("x-own"), body: await request.text(),
  }, { status: 207, headers: { "x-answer": "1" } });
});
"""
SHARED = {"functions/_shared/greeting.ts": 'export const greeting = "hi";'}


def test_a_function_gets_the_request_and_its_answer_comes_back(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy("echo", ECHO, files=SHARED)
        answer = await sandbox.call(
            "echo/a/b?c=d", "POST", content=b"{}", headers={"x-own": "mine"}
        )
        assert answer.status_code == 207
        assert answer.headers["x-answer"] == "1"
        assert answer.json() == {
            "greeting": "hi",
            "method": "POST",
            "path": "/echo/a/b?c=d",
            "header": "mine",
            "body": "{}",
        }

    in_sandbox(tmp_path, test)


def test_tokens_are_checked_where_the_function_asks_for_it(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy(verify_jwt=True)
        missing = await sandbox.call()
        assert missing.status_code == 401
        assert missing.json() == {"code": 401, "message": "Missing authorization header"}
        old = tokens.sign({"role": "anon", "exp": 1}, sandbox.project["jwt_secret"])
        foreign = tokens.sign({"role": "anon"}, "another secret")
        for token in ("x.y.z", old, foreign, sandbox.project["publishable_key"]):
            wrong = await sandbox.call(headers={"authorization": f"Bearer {token}"})
            assert wrong.json() == {"code": 401, "message": "Invalid JWT"}
        assert (await sandbox.call(headers=sandbox.anon)).text == "hello"
        assert (await sandbox.call(headers=sandbox.service_role)).text == "hello"
        # A browser's question before the real request carries no token.
        assert (await sandbox.call(method="OPTIONS")).status_code == 200

    in_sandbox(tmp_path, test)


def test_an_unknown_function_is_the_vendor_s_404(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.call("never")
        assert answer.status_code == 404
        assert answer.json() == {
            "code": "NOT_FOUND",
            "message": "Requested function was not found",
        }

    in_sandbox(tmp_path, test)


def test_a_changed_secret_counts_without_another_deploy(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy("echo", ECHO, files=SHARED)
        await sandbox.set_secrets(COLOUR="red")
        assert (await sandbox.call("echo/env")).json()["COLOUR"] == "red"
        await sandbox.set_secrets(COLOUR="blue")
        assert (await sandbox.call("echo/env")).json()["COLOUR"] == "blue"

    in_sandbox(tmp_path, test)


def test_a_function_sees_the_vendor_s_variables_and_nothing_of_this_machine(
    tmp_path: Path,
) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy("echo", ECHO, files=SHARED)
        seen = (await sandbox.call("echo/env")).json()
        assert seen["SUPABASE_URL"] == projects.url(sandbox.world, REF)
        assert seen["SUPABASE_ANON_KEY"] == projects.anon_key(sandbox.project)
        assert seen["SUPABASE_SERVICE_ROLE_KEY"] == projects.service_role_key(sandbox.project)
        assert seen["STRIPE_API_BASE"] == sandbox.world.urls["stripe"]
        assert seen["SB_REGION"] == "us-east-1"
        assert seen.keys() >= {"SUPABASE_DB_URL", "SB_EXECUTION_ID", "DENO_DEPLOYMENT_ID"}
        assert not seen.keys() & {"HOME", "USER"}
        assert (await sandbox.call("echo/file")).status_code == 500

    in_sandbox(tmp_path, test, database=True)


def test_another_version_answers_the_next_call(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy()
        assert (await sandbox.call()).text == "hello"
        await sandbox.deploy(code='Deno.serve(() => new Response("bye"));')
        assert (await sandbox.call()).text == "bye"

    in_sandbox(tmp_path, test)


def test_a_call_under_way_ends_on_the_version_on_which_it_began(tmp_path: Path) -> None:
    gate = """
    const gate = Promise.withResolvers<void>();
    let waiting = 0;
    Deno.serve(async (request) => {
      if (request.url.endsWith("/waiting")) return new Response(`${waiting}`);
      if (request.url.endsWith("/open")) return gate.resolve(), new Response();
      waiting++;
      await gate.promise;
      return new Response("old");
    });
    """

    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy(code=gate)
        under_way = asyncio.create_task(sandbox.call())
        while (await sandbox.call("hello/waiting")).text != "1":
            pass
        await sandbox.deploy()
        following = asyncio.create_task(sandbox.call())
        port = sandbox.world.processes.port(f"function {REF} hello")
        async with httpx.AsyncClient() as straight:
            await straight.get(f"http://127.0.0.1:{port}/open")
        assert (await following).text == "hello"
        assert (await under_way).text == "old"

    in_sandbox(tmp_path, test)


def test_a_function_that_ends_is_an_error_and_starts_again(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy("echo", ECHO, files=SHARED)
        answer = await sandbox.call("echo/end")
        assert answer.status_code == 500
        assert answer.json()["code"] == "WORKER_ERROR"
        assert (await sandbox.call("echo")).status_code == 207

    in_sandbox(tmp_path, test)


def test_a_function_that_does_not_start_is_a_503_and_its_log_says_why(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        for code in ('throw new Error("no luck");', 'console.log("no server");'):
            await sandbox.deploy(code=code)
            answer = await sandbox.call()
            assert answer.status_code == 503
            assert answer.json()["code"] == "BOOT_ERROR"
        log = sandbox.world.processes.log(f"function {REF} hello").read_text()
        assert "no luck" in log
        assert "no server" in log

    in_sandbox(tmp_path, test)


def test_work_after_the_answer_is_finished(tmp_path: Path) -> None:
    code = """
    Deno.serve(() => {
      EdgeRuntime.waitUntil(new Promise((resolve) => setTimeout(resolve, 50))
        .then(() => console.log("finished")));
      return new Response("answered");
    });
    """

    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy(code=code)
        assert (await sandbox.call()).text == "answered"
        await sandbox.deploy()
        assert (await sandbox.call()).text == "hello"
        assert "finished" in sandbox.world.processes.log(f"function {REF} hello").read_text()

    in_sandbox(tmp_path, test)


def test_an_answer_arrives_in_pieces(tmp_path: Path) -> None:
    code = """
    Deno.serve(() => new Response(new ReadableStream({
      start(controller) {
        for (const word of ["one ", "two ", "three"]) {
          controller.enqueue(new TextEncoder().encode(word));
        }
        controller.close();
      },
    })));
    """

    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy(code=code)
        assert (await sandbox.call()).text == "one two three"

    in_sandbox(tmp_path, test)


def test_the_uploaded_import_map_counts(tmp_path: Path) -> None:
    files = {
        "functions/deno.json": '{ "imports": { "$shared/": "./_shared/" } } // why not',
        **SHARED,
    }
    code = """
    import { greeting } from "$shared/greeting.ts";
    Deno.serve(() => new Response(greeting));
    """

    async def test(sandbox: Sandbox) -> None:
        for path in (None, "functions/deno.json"):
            answer = await sandbox.deploy(code=code, files=files, import_map_path=path)
            assert answer.status_code == 201, answer.text
            assert (await sandbox.call()).text == "hi"

    in_sandbox(tmp_path, test)


def test_an_old_import_of_serve_works_without_the_internet(tmp_path: Path) -> None:
    code = """
    import { serve } from "https://deno.land/std@0.168.0/http/server.ts";
    import "jsr:@supabase/functions-js/edge-runtime.d.ts";
    serve(() => new Response("served"));
    """

    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.deploy(code=code)
        assert answer.status_code == 201, answer.text
        assert (await sandbox.call()).text == "served"

    in_sandbox(tmp_path, test)


def test_deleting_a_function_ends_its_process(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await sandbox.deploy()
        await sandbox.call()
        assert len(sandbox.world.processes.all()) == 1
        await sandbox.api.delete(f"/v1/projects/{REF}/functions/hello")
        assert sandbox.world.processes.all() == []
        assert functions.listing(sandbox.world, REF) == []
        assert (await sandbox.call()).status_code == 404

    in_sandbox(tmp_path, test)


def test_an_absent_service_says_so_loudly(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.gateway.get(f"/{REF}/rest/v1/profiles")
        assert answer.status_code == 501
        assert "no rest service" in answer.json()["message"]
        assert sandbox.world.journal.entries()[-1].note == NOT_EMULATED

    in_sandbox(tmp_path, test)
