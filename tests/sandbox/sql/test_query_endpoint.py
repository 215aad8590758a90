"""Migrations through the Management API's query endpoint, on a real server behind the stand-in."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from stackwright.cli._guarding import StackRules, of_stack
from stackwright.cli.sql import command
from stackwright.clients import Clients
from stackwright.clock import ManualClock
from stackwright.configuration import OVER_QUERY
from stackwright.context import Session
from stackwright.errors import NeedsApproval, Refused
from stackwright.plugin.servicer import Servicer
from stackwright.postgres.server import Postgres
from stackwright.sandbox.faults import Fault
from stackwright.sandbox.supabase import projects, routes
from stackwright.sql import lock, query_apply
from stackwright.sql.apply import Options, Phase, Progress
from stackwright.sql.database import Readable
from stackwright.sql.errors import CannotConnect, LedgerConflict, LockBusy, StatementFailed
from stackwright.sql.guard import Guard
from stackwright.sql.limits import Limits
from stackwright.sql.migration import load
from stackwright.sql.migrations import MigrationsController, files
from stackwright.sql.plan import Plan
from stackwright.sql.query_endpoint import WritableQueryEndpoint
from stackwright.sql.reference_data import checksum
from tests.engine import Declared, Failed, Program
from tests.sandbox.lifecycle.worlds import Bench, bench, everything
from tests.sandbox.sql.helpers import RUNNER, read_ledger, rows, run

REF = "voipacceleratordevaa"
WRITES = "/database/query$"


@dataclass(frozen=True)
class OneDatabase:
    """A project's server, of which only one database is the project's."""

    server: Postgres
    address: str

    def dsn(self, user: str = "postgres") -> str:
        return self.server.dsn(user, self.address.rpartition("/")[2])

    def version(self) -> str:
        return self.server.version()


async def started(world: object, project: object) -> None:
    """The server runs already."""


@pytest.fixture
def project(server: Postgres, dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A project whose database is `dsn`, with the plugin in front; nobody knows a password."""
    target = OneDatabase(server, dsn)
    monkeypatch.setattr(
        "stackwright.sandbox.supabase.databases.server", lambda world, project: target
    )
    monkeypatch.setattr("stackwright.sandbox.supabase.databases.start", started)
    made = bench(tmp_path, {"supabase": routes.app}, SUPABASE_DB_ACCESS="query")
    projects.add(made.world, "voip-accelerator-dev", "us-east-1", "x", ref=REF)
    projects.set_status(made.world, REF, projects.HEALTHY)
    monkeypatch.chdir(tmp_path)
    return made


def opened(project: Bench) -> Session:
    """A session as the plugin opens it."""
    servicer: Servicer = project.engine.make()
    return servicer._open_session()


def applied(project: Bench, folder: Path, **options: Any) -> Plan:
    """One run of the engine, as a process of its own would do it."""

    async def once() -> Plan:
        async with AsyncExitStack() as stack:
            for app in project.apps.values():
                await stack.enter_async_context(app.router.lifespan_context(app))
            client = await stack.enter_async_context(opened(project).clients.supabase)
            endpoint = WritableQueryEndpoint(client, REF)
            settings = Options(clock=ManualClock(), **options)
            return await query_apply.apply(endpoint, load(folder), RUNNER, settings)

    return asyncio.run(once())


def sent(project: Bench) -> int:
    """Messages that went to the endpoint which may write, whatever became of them."""
    entries = project.world.journal.entries()
    return sum(1 for entry in entries if entry.path.endswith("/database/query"))


def program(**more: Any) -> Program:
    inputs = {"project": REF, "files": files("migrations"), "directory": "migrations", **more}
    return {"migrations": Declared("stackwright:sql:Migrations", inputs)}


def test_each_file_is_one_message_and_both_ledgers_know_it(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);\ninsert into one values (1);\n")
    (folder / "2_two.sql").write_text("set search_path = '';\ncreate table public.two (id int)")
    assert [file.version for file in applied(project, folder).pending] == ["1", "2"]
    assert project.writes() == 2
    assert rows(dsn, "select * from one") == [(1,)]
    assert rows(dsn, "select * from supabase_migrations.schema_migrations order by 1") == [
        ("1", ["create table one (id int)", "insert into one values (1)"], "one"),
        ("2", ["set search_path = ''", "create table public.two (id int)"], "two"),
    ]
    detail = read_ledger(dsn).details["1"]
    assert (detail.applied_by, detail.git_sha) == ("ada@laptop", "0123abc")
    assert detail.duration_ms is not None
    assert rows(dsn, "select relowner::regrole::text from pg_class where relname = 'two'") == [
        ("postgres",)
    ]


def test_a_second_run_writes_nothing_and_a_direct_one_agrees(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    applied(project, folder)
    (folder / "2_two.sql").write_text("create table two (id int);")
    assert [file.version for file in run(dsn, folder).pending] == ["2"]
    before = project.writes()
    assert applied(project, folder).pending == []
    assert project.writes() == before


def test_a_baseline_is_recorded_in_one_message_without_being_run(
    project: Bench, folder: Path, dsn: str
) -> None:
    rows(dsn, "create table one (id int)")
    (folder / "1_one.sql").write_text("create table one (id int);")
    (folder / "2_two.sql").write_text("create table absent.two (id int);")
    (folder / "3_three.sql").write_text("create table three (id int);")
    done = applied(project, folder, baseline="2")
    assert [file.version for file in done.baseline] == ["1", "2"]
    assert project.writes() == 2
    assert list(read_ledger(dsn).applied) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("sql", "place", "sqlstate"),
    [
        ("select 1;\n  selct 2;\n", "2_bad.sql:2:3: ", "42601"),
        ("select 'ä';\nselect\n  absent from t;\n", "2_bad.sql:3:15: ", "42P01"),
        ("create table a (id int unique);\ninsert into a values (1), (1);", "2_bad.sql: ", "23505"),
    ],
)
def test_a_failure_names_its_place_if_the_vendor_does_and_leaves_nothing_of_its_file(
    project: Bench, folder: Path, dsn: str, sql: str, place: str, sqlstate: str
) -> None:
    (folder / "1_good.sql").write_text("create table good (id int);")
    (folder / "2_bad.sql").write_text(sql)
    (folder / "3_later.sql").write_text("create table later (id int);")
    with pytest.raises(StatementFailed) as caught:
        applied(project, folder)
    assert str(caught.value).startswith(place)
    assert caught.value.failure.sqlstate == sqlstate
    assert "nothing of this file was applied" in str(caught.value)
    assert list(read_ledger(dsn).applied) == ["1"]
    assert rows(dsn, "select to_regclass('a'), to_regclass('later')") == [(None, None)]


def test_a_failing_first_file_leaves_no_ledger_either(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_bad.sql").write_text("create table a (id int);\nselect 1/0;")
    with pytest.raises(StatementFailed, match=r"^1_bad.sql: division by zero \(22012\)"):
        applied(project, folder)
    assert rows(dsn, "select to_regclass('a'), to_regnamespace('stackwright')") == [(None, None)]


def test_a_lost_answer_is_found_in_the_ledger_and_nothing_is_sent_again(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);\ninsert into one values (1);")
    (folder / "2_two.sql").write_text("insert into one values (2);")
    project.world.faults.add(Fault("lost", path=WRITES, skip=1))
    assert len(applied(project, folder).pending) == 2
    assert project.writes() == 2
    assert rows(dsn, "select * from one order by 1") == [(1,), (2,)]


@pytest.mark.parametrize(
    "fault", [Fault("reset", path=WRITES), Fault("status", status=504, path=WRITES)]
)
def test_a_message_that_may_not_have_come_is_not_sent_again_until_the_next_run(
    project: Bench, folder: Path, dsn: str, fault: Fault
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    project.world.faults.add(fault)
    with pytest.raises(Exception, match=r"the answer to 1_one.sql was lost .* not in the ledger"):
        applied(project, folder)
    assert sent(project) == 1
    assert rows(dsn, "select to_regclass('one')") == [(None,)]
    assert len(applied(project, folder).pending) == 1


def test_a_lost_message_that_may_still_run_is_waited_for(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    project.world.faults.add(Fault("reset", path=WRITES))
    told: list[str] = []
    limits = Limits(run_lock=3)
    with psycopg.connect(dsn, autocommit=True, application_name="long one") as other:
        other.execute("select pg_advisory_lock(%s)", [lock.KEY])
        with pytest.raises(Exception, match="or its statements still run there"):
            applied(project, folder, limits=limits, progress=lambda news: told.append(news.text))
    assert len([text for text in told if text.startswith("long one (session")]) == 3


def test_a_direct_run_that_holds_the_lock_is_named_and_nothing_is_run(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    with psycopg.connect(dsn, autocommit=True, application_name="stackwright eve@ci") as other:
        other.execute("select pg_advisory_lock(%s)", [lock.KEY])
        with pytest.raises(LockBusy, match=r"stackwright eve@ci \(session \d+, user postgres\)"):
            applied(project, folder)
    assert rows(dsn, "select to_regclass('one'), to_regnamespace('stackwright')") == [(None, None)]


def test_a_run_that_came_between_plan_and_file_stops_this_one(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table if not exists one (id int);")

    async def come_between(plan: Plan, database: Readable) -> None:
        await asyncio.to_thread(run, dsn, folder)

    with pytest.raises(LedgerConflict, match=r"another run changed the ledger .* 1_one.sql"):
        applied(project, folder, guard=come_between)
    assert read_ledger(dsn).details["1"].applied_by == RUNNER.name
    assert applied(project, folder).pending == []


def test_the_isolation_of_a_file_is_not_that_of_the_database(
    project: Bench, folder: Path, dsn: str
) -> None:
    name = dsn.rpartition("/")[2]
    rows(dsn, f"alter database {name} set default_transaction_isolation = 'serializable'")
    text = "create table told as select current_setting('transaction_isolation') as a;"
    (folder / "1_told.sql").write_text(text)
    applied(project, folder)
    assert rows(dsn, "select a from told") == [("read committed",)]


def test_the_guard_is_asked_and_knows_what_the_database_holds(
    project: Bench, folder: Path, dsn: str
) -> None:
    rows(dsn, "create table public.kept (id int); insert into public.kept values (1)")
    (folder / "1_drop.sql").write_text("drop table if exists public.absent;")
    applied(project, folder, guard=Guard().ask)
    (folder / "2_drop.sql").write_text("drop table public.kept;")
    with pytest.raises(NeedsApproval, match=r"2_drop\.sql: nobody approved it"):
        applied(project, folder, guard=Guard().ask)
    assert rows(dsn, "select * from public.kept") == [(1,)]


def test_a_busy_table_is_tried_again(project: Bench, folder: Path, dsn: str) -> None:
    rows(dsn, "create table busy (id int)")
    (folder / "1_busy.sql").write_text("alter table busy add column a int;")
    with psycopg.connect(dsn) as other:
        other.execute("lock table busy")

        def let_go(news: Progress) -> None:
            if news.phase is Phase.RETRYING:
                other.rollback()

        applied(project, folder, limits=Limits(table_lock=0.05), progress=let_go)
    assert sent(project) == 2


def test_a_file_without_a_transaction_is_refused_by_name_with_the_way_on(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table one (id int);")
    (folder / "2_index.sql").write_text(
        "-- stackwright: no-transaction\ncreate index concurrently i on one (id);"
    )
    with pytest.raises(Refused, match=r"^REFUSED: 2_index.sql: .*databaseAccess direct"):
        applied(project, folder)
    assert project.writes() == 0
    assert rows(dsn, "select to_regclass('one')") == [(None,)]


def test_a_stack_without_a_password_says_which_way_it_goes_previews_and_applies(
    project: Bench, folder: Path, dsn: str
) -> None:
    (folder / "1_one.sql").write_text("create table public.one (id int);")

    async def play() -> None:
        assert await project.engine.preview(program()) == ["create migrations"]
        assert project.writes() == 0
        assert project.log.lines.count(f"warning: {OVER_QUERY}") == 1
        assert await project.engine.up(program()) == ["create migrations"]
        assert await project.engine.up(program()) == []
        (folder / "2_two.sql").write_text("alter table public.one alter column id type bigint;")
        writes = project.writes()
        assert await project.engine.preview(program()) == ["update migrations"]
        assert project.writes() == writes
        assert "1 migrations are pending, not tried" in project.log
        assert "2_two.sql:1 ALTER COLUMN TYPE" in project.log
        await project.engine.up(program())

    project.run(play)
    assert list(read_ledger(dsn).applied) == ["1", "2"]
    token = project.world.credentials("supabase")["access_token"]
    assert token not in everything(project)
    assert "alter column id type bigint" not in everything(project)


def test_an_unreachable_database_names_this_way_and_what_it_costs(
    tmp_path: Path, folder: Path
) -> None:
    nowhere = "postgresql://u:p@127.0.0.1:1/d"
    made = bench(tmp_path, {"supabase": routes.app}, SUPABASE_DB_URL=nowhere)
    inputs = {"project": REF, "files": {}, "directory": "migrations", "collection": ""}
    asked = MigrationsController().outstanding(opened(made).reading("urn"), inputs, {})
    with pytest.raises(CannotConnect, match="cannot connect to") as caught:
        asyncio.run(asked)
    assert "set stackwright:databaseAccess to query" in str(caught.value)
    assert "it is slower, there is no shadow run" in str(caught.value)


def test_reference_data_and_backups_say_that_they_need_a_connection(
    project: Bench, tmp_path: Path
) -> None:
    (tmp_path / "one.csv").write_text("id\n1\n")
    (tmp_path / "one.yaml").write_text("table: public.one\nkey: [id]\n")
    data = {"project": REF, "file": "one.csv", "checksum": checksum("one.csv")}

    async def play() -> None:
        for token, inputs in {
            "stackwright:sql:ReferenceData": data,
            "stackwright:sql:Backup": {"project": REF},
        }.items():
            with pytest.raises(Failed, match="this needs a direct connection to the database"):
                await project.engine.up({"one": Declared(token, inputs)})

    project.run(play)


def test_status_and_apply_of_a_stack_go_the_same_way(
    project: Bench, folder: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder.parent / "Pulumi.yaml").write_text("name: shop\n")
    (folder / "1_one.sql").write_text("create table one (id int);")
    stack = {"project": REF, "directory": "migrations"}, StackRules(reference=REF, access="query")
    monkeypatch.setattr("stackwright.cli.sql._target._of_stack", lambda name: stack)
    transports = opened(project).clients._transports
    monkeypatch.setattr("stackwright.clients.Clients", partial(Clients, transports=transports))
    variables = {
        "SUPABASE_ACCESS_TOKEN": project.world.credentials("supabase")["access_token"],
        "SUPABASE_API_ENDPOINT": "http://supabase.test",
    }

    def called(name: str) -> str:
        result = CliRunner(env=variables).invoke(command, [name])
        assert OVER_QUERY in result.stderr
        return result.stdout or str(result.exception)

    assert called("status").splitlines()[0] == "0 applied, 1 pending"
    assert called("apply").splitlines()[0] == "1 applied"
    assert called("status").splitlines()[0] == "1 applied, 0 pending"
    assert "this needs a direct connection" in called("shadow")


def test_the_commands_read_the_way_in_the_stack_s_own_file(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config: {stackwright:databaseAccess: query}\n")
    assert of_stack(tmp_path, "shop", "prod", {}).access == "query"
    assert of_stack(tmp_path, "shop", "dev", {}).access is None
