"""The official JavaScript client signs up, signs in and calls a function through the gateway."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from stackwright import toolchain
from stackwright.sandbox.supabase import projects
from stackwright.sandbox.world import World
from tests.compat.supabase_server import REF, stand_in

CLIENT = "npm:@supabase/supabase-js@2.90.1"
SCRIPT = """
import { createClient } from "CLIENT";
const [url, anon, service] = Deno.args;
const report: Record<string, unknown> = {};
const client = createClient(url, anon);
const credentials = { email: "ann@example.com", password: "a long word" };
const up = await client.auth.signUp({ ...credentials, options: { data: { plan: "free" } } });
report.signUp = up.error?.message ?? up.data.user?.email;
report.duplicate = (await client.auth.signUp(credentials)).error?.code;
await client.auth.signOut();
const wrong = await client.auth.signInWithPassword({ ...credentials, password: "no" });
report.wrong = wrong.error?.code;
const session = await client.auth.signInWithPassword(credentials);
report.signIn = session.error?.message ?? session.data.session?.token_type;
report.user = (await client.auth.getUser()).data.user?.user_metadata;
report.refreshed = (await client.auth.refreshSession()).error?.message ?? "yes";
const answer = await client.functions.invoke("who", { body: { a: 1 } });
report.invoked = answer.error?.message ?? answer.data;
report.unknown = (await client.functions.invoke("never")).error?.name;
const admin = createClient(url, service, { auth: { persistSession: false } });
const listed = await admin.auth.admin.listUsers();
report.listed = listed.error?.message ?? listed.data.users.map((user) => user.email);
const removed = await admin.auth.admin.deleteUser(listed.data.users[0]?.id ?? "");
report.removed = removed.error?.message ?? "yes";
report.forbidden = (await client.auth.admin.listUsers()).error?.status;
console.log(JSON.stringify(report));
Deno.exit(0);
"""
FUNCTION = """
Deno.serve(async (request) => {
  const [, payload] = request.headers.get("authorization")!.split(" ")[1].split(".");
  const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  return Response.json({ role: claims.role, email: claims.email, body: await request.json() });
});
"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with stand_in(tmp_path_factory.mktemp("supabase")) as world:
        yield world


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """The script with its client in Deno's cache."""
    path = tmp_path / "script.ts"
    path.write_text(SCRIPT.replace("CLIENT", CLIENT))
    done = deno("cache", "--quiet", "--node-modules-dir=none", "--no-lock", str(path))
    if done.returncode != 0:
        pytest.skip(f"npm has no {CLIENT} for this machine: {done.stderr.strip()[-300:]}")
    return path


def deno(*words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "DENO_DIR": str(toolchain.deno_dir()), "NO_COLOR": "1"}
    return subprocess.run(
        [toolchain.deno(), *words], env=environment, capture_output=True, text=True, timeout=120
    )


def test_the_client_signs_up_signs_in_and_calls(world: World, script: Path) -> None:
    deploy(world)
    project = projects.get(world, REF)
    keys = [projects.anon_key(project), projects.service_role_key(project)]
    flags = ["--allow-net=127.0.0.1", "--allow-env", "--node-modules-dir=none", "--no-lock"]
    done = deno(
        "run", "--quiet", "--cached-only", *flags, str(script), projects.url(world, REF), *keys
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report == {
        "signUp": "ann@example.com",
        "duplicate": "user_already_exists",
        "wrong": "invalid_credentials",
        "signIn": "bearer",
        "user": {"plan": "free"},
        "refreshed": "yes",
        "invoked": {"role": "authenticated", "email": "ann@example.com", "body": {"a": 1}},
        "unknown": "FunctionsHttpError",
        "listed": ["ann@example.com"],
        "removed": "yes",
        "forbidden": 403,
    }


def deploy(world: World) -> None:
    token = world.credentials("supabase")["access_token"]
    answer = httpx.post(
        f"{world.urls['supabase']}/v1/projects/{REF}/functions/deploy?slug=who",
        headers={"authorization": f"Bearer {token}"},
        files={"file": ("who/index.ts", FUNCTION.encode())},
        data={"metadata": json.dumps({"entrypoint_path": "who/index.ts", "name": "who"})},
        timeout=60,
    )
    assert answer.status_code == 201, answer.text
