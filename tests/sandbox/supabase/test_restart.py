"""Everything of a project survives a restart of the sandbox."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from stackwright.sandbox.supabase import projects
from stackwright.sandbox.world import open_world
from tests.sandbox.supabase.helpers import REF, Sandbox, sandbox_over


def test_database_secrets_and_functions_are_there_after_a_restart(tmp_path: Path) -> None:
    async def before(sandbox: Sandbox) -> None:
        await projects.ensure_project(sandbox.world, REF)
        await query(sandbox, "create table public.kept (a int); insert into kept values (7)")
        await sandbox.set_secrets(COLOUR="red")
        code = 'Deno.serve(() => new Response(Deno.env.get("COLOUR")));'
        await sandbox.deploy(code=code)
        assert (await sandbox.call()).text == "red"

    async def after(sandbox: Sandbox) -> None:
        assert (await query(sandbox, "select a from public.kept")).json() == [{"a": 7}]
        assert (await sandbox.call()).text == "red"

    for life in (before, after):
        asyncio.run(_live(tmp_path, life))


async def query(sandbox: Sandbox, text: str) -> httpx.Response:
    path = f"/v1/projects/{REF}/database/query"
    answer = await sandbox.api.post(path, json={"query": text})
    assert answer.is_success, answer.text
    return answer


async def _live(root: Path, life: Callable[[Sandbox], Awaitable[None]]) -> None:
    async with sandbox_over(open_world(root)) as sandbox:
        await life(sandbox)
