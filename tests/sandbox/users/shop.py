"""A small shop in the sandbox whose users are exported and wiped: real database, real auth server.

Only the backup's manifest is written here instead of made by pg_dump; a real one is part of the
test with the whole product.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from stackwright.clients import Clients
from stackwright.configuration import ENDPOINTS, Configuration
from stackwright.finding import Finding
from stackwright.sandbox.faults import Fault
from stackwright.sandbox.supabase import databases, projects
from stackwright.sql import manifest
from stackwright.sql.database import writing
from stackwright.sql.manifest import File, Manifest
from stackwright.users import export, wipe
from stackwright.users.declaration import Declared
from stackwright.users.guards import Site
from stackwright.users.policy import Policy
from stackwright.users.wipe import Plan
from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

NOW = 1_795_000_000.0  # 2026-11-18
DAY = 86400.0
NAME, REGION = "voip-accelerator-dev", "us-east-1"
SCHEMA = """
    create table public.profiles (
        id uuid primary key references auth.users on delete cascade, status text);
    create table public.sessions (
        user_id uuid references public.profiles on delete cascade, token text);
    create table public.carts (user_id uuid, what text);
    create function public.greet() returns trigger language plpgsql security definer as $$
        begin insert into public.profiles values (new.id, 'trial'); return new; end $$;
    create trigger greet after insert on auth.users for each row execute function public.greet();
"""
DECLARED = Declared.model_validate(
    {
        "export": "select u.id, u.email, p.status from auth.users u"
        " left join public.profiles p using (id) order by 1",
        "rows": {
            "profiles": {"table": "public.profiles", "user": "id"},
            "sessions": {"table": "public.sessions", "user": "user_id"},
            "carts": {"table": "public.carts", "user": "user_id"},
        },
        "checks": ["S1"],
        "notices": {"T-7": 7, "T-2": 2},
    }
)
TOLD = {"sent": "2026-11-01", "by": "Ada"}
POLICY = Policy.of("wipe", {"project": NAME, "notices": {"T-7": TOLD, "T-2": TOLD}})


@dataclass
class Still:
    """A clock that stands still, and does not wait."""

    time: float = NOW

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        return None


@dataclass
class Shop:
    """The shop of one test."""

    sandbox: Sandbox
    root: Path
    dsn: str
    site: Site
    findings: dict[bool, list[Finding]]

    def __post_init__(self) -> None:
        self.first = self.site

    async def sign_up(self, *names: str) -> None:
        for name in names:
            answer = await self.sandbox.gateway.post(
                f"/{REF}/auth/v1/signup",
                json={"email": f"{name}@example.com", "password": "a long word"},
                headers=self.sandbox.anon,
            )
            assert answer.status_code == 200, answer.text

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def left(self) -> tuple[Any, ...]:
        """Users, profiles, sessions, carts."""
        [row] = self.sql(
            "select (select count(*) from auth.users), (select count(*) from profiles),"
            " (select count(*) from sessions), (select count(*) from carts)"
        )
        return row

    def refuse_deletions(self, after: int = 0) -> None:
        """Let the auth server refuse, from so many deletions on."""
        fault = Fault("status", "gateway", "DELETE", times=None, skip=after, status=403)
        self.sandbox.world.faults.add(fault)

    async def export(self, key: str | None = None, name: str = "users.csv") -> export.Export:
        """Export the users as the command does."""
        async with writing(self.dsn) as database:
            table = await export.read(database, DECLARED.export)
        made = export.write(table, self.root / name, REF, key, NOW)
        export.note(made, self.root / "kept/exports/dev", NOW)
        return made

    def backup(self, **changes: Any) -> Path:
        """A backup's folder, for the counts that there are."""
        users, profiles, sessions, carts = self.left()
        place = self.root / "kept/backups/dev"
        folder = manifest.begin(place, NOW)
        (folder / "database.dump").write_text("rows")
        known = Manifest(
            stack="shop/dev", project=REF, database="db", server_version="17.1", tool="pg_dump",
            git_sha=None, snapshot="1", role="postgres", started_at=manifest.iso(NOW - 3600),
            finished_at=manifest.iso(NOW), took_seconds=1.0, schemas=["public"],
            tables={"public.profiles": profiles, "public.sessions": sessions,
                    "public.carts": carts},
            auth_tables={"auth.users": users}, objects={}, platform_objects=0, extensions={},
            roles=[], left_out=[], files=[File.of(folder, folder / "database.dump")],
            verified=True,
        )  # fmt: skip
        manifest.write(folder, replace(known, **changes))
        return manifest.finish(folder)

    async def mend(self) -> None:
        """The shop as it was at first: three users, an export, a backup, every guard content."""
        self.site, self.findings[False] = self.first, [Finding("S1 schema", "passed")]
        shutil.rmtree(self.root / "kept", ignore_errors=True)
        (self.root / "users.csv").unlink(missing_ok=True)
        self.sql("delete from auth.users where email = 'dora@example.com'")
        self.sql("update profiles set status = 'trial'")
        await self.export()
        self.backup()

    def but(self, **changes: Any) -> None:
        """Change something of the site."""
        self.site = replace(self.site, **changes)

    async def look(self) -> Plan:
        async with writing(self.dsn) as database:
            return await wipe.look(database, self.site)

    async def wipe(
        self, consent: str | None, tell: wipe.Tell = lambda phase, done, total: None
    ) -> None:
        """One run of the command."""
        async with writing(self.dsn) as database:
            plan = await wipe.look(database, self.site)
            plan.permit(consent)
            await wipe.run(database, self.site, plan, tell)


def in_shop(root: Path, test: Callable[[Shop], Awaitable[None]]) -> None:
    """Run `test` in a shop with three users, a session and a forgotten cart; all guards hold."""

    async def inside(sandbox: Sandbox) -> None:
        shop = _shop(sandbox, root)
        await asyncio.to_thread(shop.sql, SCHEMA)
        await shop.sign_up("ann", "bob", "cy")
        shop.sql("insert into sessions select id, 'token' from profiles limit 1")
        shop.sql("insert into carts values (gen_random_uuid(), 'of nobody')")
        await shop.mend()
        await test(shop)

    in_sandbox(root / "world", inside, database=True)


def _shop(sandbox: Sandbox, root: Path) -> Shop:
    findings: dict[bool, list[Finding]] = {
        False: [Finding("S1 schema", "passed")],
        True: [Finding("S2 sign-up", "passed")],
    }

    async def verify(ids: Sequence[str], writing: bool) -> list[Finding]:
        assert list(ids) == ["S1"]
        return findings[writing]

    values = {"supabaseAccessToken": sandbox.world.credentials("supabase")["access_token"]}
    endpoints = ENDPOINTS | {
        "SUPABASE_API_ENDPOINT": "http://supabase",
        "SUPABASE_PROJECT_URL": "http://gateway/{ref}",
    }
    transports = {"supabase": sandbox.api._transport, "auth": sandbox.gateway._transport}
    clients = Clients(Configuration(values, endpoints), transports.get, Still())
    project = projects.get(sandbox.world, REF)
    dsn = databases.server(sandbox.world, project).dsn()
    site = Site("dev", REF, REGION, root / "kept", DECLARED, POLICY, clients, verify, Still())
    return Shop(sandbox, root, dsn, site, findings)
