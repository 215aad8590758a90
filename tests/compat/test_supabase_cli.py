"""The official Supabase CLI drives the stand-in through a profile of its own."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.supabase import databases, function_secrets, functions, projects
from stackwright.sandbox.world import World
from tests.compat.supabase_server import REF, stand_in

VERSION = "3.1.0"
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def cli() -> Path:
    """The CLI from npm, installed once below the user's cache."""
    folder = Path.home() / ".cache" / "stackwright" / f"supabase-cli-{VERSION}"
    binary = folder / "node_modules" / ".bin" / "supabase"
    if not binary.exists():
        install(folder)
    if not binary.exists():
        pytest.skip(f"npm has no Supabase CLI {VERSION} for this machine")
    return binary


def install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing, and the Supabase CLI comes from it")
    folder.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--silent", "--no-fund", "--no-audit", "--prefix", str(folder)]
    done = subprocess.run(
        [*command, f"supabase@{VERSION}"], capture_output=True, text=True, timeout=180
    )
    if done.returncode != 0:
        pytest.skip(f"npm could not install the Supabase CLI {VERSION}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with stand_in(tmp_path_factory.mktemp("supabase")) as world:
        yield world
        notes = [entry for entry in world.journal.entries() if entry.note == NOT_EMULATED]
        assert notes == []


@pytest.fixture
def run(cli: Path, world: World, tmp_path: Path) -> Run:
    """`run("projects", "list")` gives the CLI's JSON; its HOME and its project are thrown away."""
    profile = tmp_path / "profile.yaml"
    address = world.urls["supabase"]
    names = ("api_url", "dashboard_url", "docs_url")
    lines = ["name: sandbox", "project_host: 127.0.0.1", *(f"{name}: {address}" for name in names)]
    profile.write_text("\n".join(lines))
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "SUPABASE_PROFILE": str(profile),
        "SUPABASE_ACCESS_TOKEN": world.credentials("supabase")["access_token"],
        "DO_NOT_TRACK": "1",
    }

    def run(*words: str) -> Any:
        done = subprocess.run(
            [cli, *words, "--output-format", "json", "--yes"],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / "supabase" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_the_project_and_its_organization_are_listed(run: Run, world: World) -> None:
    (project,) = run("projects", "list")["projects"]
    assert (project["ref"], project["status"]) == (REF, "ACTIVE_HEALTHY")
    (organization,) = run("orgs", "list")["organizations"]
    assert organization["slug"] == projects.organization_slug(world)


def test_secrets_are_set_listed_and_unset(run: Run, world: World) -> None:
    run("secrets", "set", "FOO=bar", "BAZ=qux", f"--remote={REF}")
    assert function_secrets.values(world, REF) == {"FOO": "bar", "BAZ": "qux"}
    listed = run("secrets", "list", f"--remote={REF}")["secrets"]
    assert [secret["name"] for secret in listed] == ["BAZ", "FOO"]
    run("secrets", "unset", "BAZ", f"--remote={REF}")
    assert function_secrets.values(world, REF) == {"FOO": "bar"}


def test_functions_are_deployed_together_and_answer(run: Run, world: World, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "config.toml": 'project_id = "shop"\n[functions.one]\nverify_jwt = false\n',
            "functions/one/index.ts": 'import { hi } from "../_shared/hi.ts";\n'
            "Deno.serve(() => new Response(hi));",
            "functions/two/index.ts": 'Deno.serve(() => new Response("two"));',
            "functions/_shared/hi.ts": 'export const hi = "hi from one";',
        },
    )
    run("functions", "deploy", "--use-api", f"--remote={REF}")
    listed = {function["slug"]: function for function in functions.listing(world, REF)}
    assert {slug: entry["verify_jwt"] for slug, entry in listed.items()} == {
        "one": False,
        "two": True,
    }
    gateway = f"{world.urls['gateway']}/{REF}/functions/v1"
    assert httpx.get(f"{gateway}/one").text == "hi from one"
    assert httpx.get(f"{gateway}/two").status_code == 401
    # Only one of them: the other stays as it is.
    run("functions", "deploy", "two", "--use-api", "--no-verify-jwt", f"--remote={REF}")
    again = {function["slug"]: function["version"] for function in functions.listing(world, REF)}
    assert again == {"one": listed["one"]["version"], "two": listed["two"]["version"] + 1}
    run("functions", "delete", "one", f"--remote={REF}")
    assert [function["slug"] for function in functions.listing(world, REF)] == ["two"]


def test_sources_of_a_function_come_back(run: Run, tmp_path: Path) -> None:
    code = 'Deno.serve(() => new Response("kept"));\n'
    write(tmp_path, {"config.toml": 'project_id = "x"\n', "functions/kept/index.ts": code})
    run("functions", "deploy", "kept", "--use-api", f"--remote={REF}")
    source = tmp_path / "supabase" / "functions" / "kept" / "index.ts"
    source.unlink()
    run("functions", "download", "kept", "--use-api", f"--remote={REF}")
    assert source.read_text() == code


def test_migrations_are_pushed_and_seen(run: Run, world: World, tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "config.toml": 'project_id = "x"\n',
            "migrations/20260101000000_shops.sql": "create table public.shops (id int);",
        },
    )
    dsn = databases.server(world, projects.get(world, REF)).dsn()
    run("db", "push", f"--remote={dsn}")
    (migration,) = run("migration", "list", f"--remote={dsn}")["migrations"]
    assert migration["local"] == migration["remote"] == "20260101000000"
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select count(*) from public.shops").fetchone() == (0,)


def test_a_project_is_linked_and_its_keys_are_read(run: Run, world: World) -> None:
    assert run("link", "--project-ref", REF)["project_ref"] == REF
    keys = {key["name"]: key["api_key"] for key in run("projects", "api-keys")["keys"]}
    assert keys["anon"] == projects.anon_key(projects.get(world, REF))


def test_a_project_is_created_and_deleted(run: Run, world: World) -> None:
    words = ["--org-id", projects.organization_slug(world), "--db-password", "a long password"]
    run("projects", "create", "second", *words, "--region", "eu-west-1")
    (ref,) = [p["ref"] for p in run("projects", "list")["projects"] if p["ref"] != REF]
    address = f"{world.urls['supabase']}/v1/projects/{ref}"
    token = {"authorization": f"Bearer {world.credentials('supabase')['access_token']}"}
    while httpx.get(address, headers=token).json()["status"] != "ACTIVE_HEALTHY":
        pass
    run("projects", "delete", ref)
    assert httpx.get(address, headers=token).status_code == 404
