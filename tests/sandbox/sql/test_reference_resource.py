"""The life of `sql.ReferenceData`: a file, or another stack's table; what a preview says of it."""

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict

from stackwright.clients import Clients
from stackwright.postgres.server import Postgres
from stackwright.sandbox.supabase import projects, routes
from stackwright.sql.reference import ReferenceData
from tests.engine import Declared, Failed, Program
from tests.sandbox.lifecycle.worlds import Bench, bench
from tests.sandbox.sql.codes import HEAD, TABLE, contents, declared, loaded
from tests.sandbox.sql.helpers import rows
from tests.sandbox.sql.test_reference_batches import FIVE, half

TOKEN = "stackwright:sql:ReferenceData"
REF, STAGING = "a" * 20, "b" * 20
RULES = HEAD + "exclude: [id]\n"
SOURCE = {"project": STAGING}


@pytest.fixture
def shop(dsn: str, tmp_path: Path) -> Bench:
    """A project whose database has the table, and the folder of its program."""
    rows(dsn, TABLE)
    return bench(tmp_path, {"supabase": routes.app}, SUPABASE_DB_URL=dsn)


@pytest.fixture
def staging(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The table of another project; the vendor's word on where that is stands here in code,
    because the stand-in has no database of its own in these tests."""
    server.create_database("staging", template="postgres")
    dsn = server.dsn(database="staging")
    rows(dsn, TABLE)
    rows(dsn, "insert into codes (code, score) values ('002', 2), ('001', 1)")
    rows(dsn, "insert into codes (code, source) values ('900', 'manual')")
    parts = conninfo_to_dict(dsn)

    async def address(clients: Clients, ref: str) -> str:
        assert ref == STAGING
        return f"{parts['user']}@{parts['host']}:{parts['port']}/staging"

    monkeypatch.setattr(Clients, "database_address", address)
    yield dsn
    server.drop_database("staging")


def password(**passwords: str) -> str:
    return json.dumps(passwords)


@pytest.fixture
def fed(dsn: str, staging: str, tmp_path: Path) -> Bench:
    """A project with a password of its own for the other one."""
    rows(dsn, TABLE)
    (tmp_path / "codes.yaml").write_text(RULES)
    return bench(
        tmp_path,
        {"supabase": routes.app},
        SUPABASE_DB_URL=dsn,
        SUPABASE_DB_PASSWORD="of another database",
        SUPABASE_DB_PASSWORDS=password(**{STAGING: "p@ss word"}),
    )


def program(**inputs: Any) -> Program:
    return {"codes": Declared(TOKEN, {"project": REF, **inputs})}


def from_file(data: ReferenceData) -> Program:
    return program(file="codes.csv", checksum=data.checksum)


def from_staging(**inputs: Any) -> Program:
    return program(file="codes.yaml", source=SOURCE, **inputs)


def play(shop: Bench, scene: Callable[[], Awaitable[None]]) -> None:
    async def started() -> None:
        for ref in (REF, STAGING):
            projects.add(shop.world, ref, "us-east-1", "unused", ref=ref)
            projects.set_status(shop.world, ref, projects.HEALTHY)
        await scene()

    shop.run(started)


def test_a_file_is_loaded_once(shop: Bench, dsn: str, tmp_path: Path) -> None:
    data = declared(tmp_path, FIVE)

    async def scene() -> None:
        assert await shop.engine.preview(from_file(data)) == ["create codes"]
        assert "codes: added 5 (001, 002, 003, 004, 005)" in shop.log
        assert contents(dsn) == []
        assert await shop.engine.up(from_file(data)) == ["create codes"]
        assert await shop.engine.up(from_file(data)) == []
        outputs = shop.engine.saved("codes").outputs
        assert (outputs["rows"], outputs["content"]) == (5, data.checksum)

    play(shop, scene)


def test_a_preview_says_that_a_load_is_half_way(shop: Bench, dsn: str, tmp_path: Path) -> None:
    data = declared(tmp_path, FIVE, HEAD + "batch: 2\n")

    async def scene() -> None:
        await shop.engine.preview(from_file(data))
        assert "public.codes: a load stopped behind 4 of 5 rows and goes on there" in shop.log

    half(dsn, data)
    play(shop, scene)


def test_a_reload_says_that_rows_of_somebody_are_lost(
    shop: Bench, dsn: str, tmp_path: Path
) -> None:
    data = declared(tmp_path, FIVE)
    rows(dsn, "insert into codes (code, source) values ('900', 'manual')")

    async def scene() -> None:
        await shop.engine.up(from_file(data))
        rows(dsn, "delete from codes where code > '004'")
        assert await shop.engine.preview(from_file(data)) == ["update codes"]
        told = "warning: public.codes has lost rows: 6 after the last load, 4 now"
        assert told in shop.log
        shop.log.lines.clear()
        await shop.engine.up(from_file(data))
        assert told in shop.log
        assert await shop.engine.up(from_file(data)) == []

    play(shop, scene)


def test_a_load_that_takes_long_tells_how_far_it_is(shop: Bench, dsn: str, tmp_path: Path) -> None:
    data = declared(tmp_path, FIVE)
    rows(dsn, "create function slow() returns trigger language plpgsql as "
         "$$ begin perform pg_sleep(0.05); return new; end $$")  # fmt: skip
    rows(dsn, "create trigger slow before insert on codes for each row execute function slow()")

    async def scene() -> None:
        await shop.engine.up(from_file(data))
        assert "status: codes.csv: merging 5 rows, " in shop.log

    play(shop, scene)


def test_another_stacks_table_is_loaded_and_followed(fed: Bench, dsn: str, staging: str) -> None:
    async def scene() -> None:
        assert await fed.engine.preview(from_staging()) == ["create codes"]
        assert "public.codes: added 2 (001, 002)" in fed.log
        assert contents(dsn) == []
        assert await fed.engine.up(from_staging()) == ["create codes"]
        assert contents(dsn) == [("001", 1, "file", None), ("002", 2, "file", None)]
        assert await fed.engine.up(from_staging()) == []
        rows(staging, "update codes set score = 9 where code = '001'")
        assert await fed.engine.preview(from_staging()) == ["update codes"]
        assert "public.codes: changed 1 (001)" in fed.log
        assert await fed.engine.up(from_staging()) == ["update codes"]
        assert contents(dsn)[0] == ("001", 9, "file", None)

    play(fed, scene)


def test_rows_of_another_stack_that_break_the_rules_are_refused(
    fed: Bench, dsn: str, tmp_path: Path
) -> None:
    (tmp_path / "codes.yaml").write_text(RULES + "columns: {score: {max: 1}}\n")

    async def scene() -> None:
        told = rf"codes of project {STAGING}: line 3: score '2' is not between None and 1"
        with pytest.raises(Failed, match=told):
            await fed.engine.preview(from_staging())
        with pytest.raises(Failed, match=told):
            await fed.engine.up(from_staging())
        assert contents(dsn) == []

    play(fed, scene)


def test_a_pinned_source_refuses_other_rows_and_names_their_checksum(
    fed: Bench, dsn: str, staging: str
) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match=r"is not the pinned one: its checksum is (\w+)") as told:
            await fed.engine.up(from_staging(checksum="0" * 64))
        pin = str(told.value).rpartition(" ")[2]
        assert await fed.engine.up(from_staging(checksum=pin)) == ["create codes"]
        rows(staging, "update codes set score = 9 where code = '001'")
        with pytest.raises(Failed, match="is not the pinned one"):
            await fed.engine.up(from_staging(checksum=pin))
        assert contents(dsn)[0] == ("001", 1, "file", None)

    play(fed, scene)


def test_no_password_is_in_the_state_or_in_what_a_user_reads(fed: Bench) -> None:
    async def scene() -> None:
        await fed.engine.up(from_staging())
        saved = fed.engine.saved("codes")
        kept = f"{saved.inputs} {saved.outputs} {fed.log.lines}"
        assert "p@ss word" not in kept
        assert "p%40ss" not in kept

    play(fed, scene)


def test_a_project_that_the_token_does_not_see_is_refused(fed: Bench) -> None:
    async def scene() -> None:
        stranger = program(file="codes.yaml", source={"project": "c" * 20})
        with pytest.raises(Failed, match="REFUSED: the access token sees no Supabase project ccc"):
            await fed.engine.preview(stranger)

    play(fed, scene)


@pytest.mark.parametrize(
    ("inputs", "complaint"),
    [
        ({"file": "codes.csv", "source": SOURCE}, "file: names the rules alone"),
        ({"file": "codes.yaml", "source": {"project": REF}}, "source.project: is the project that"),
        ({"file": "codes.yaml", "source": {"projekt": STAGING}}, "source.projekt"),
        ({"file": "codes.csv"}, r"needs checksum=sql.checksum"),
    ],
)
def test_wrong_inputs_are_named(
    shop: Bench, tmp_path: Path, inputs: dict[str, Any], complaint: str
) -> None:
    declared(tmp_path, FIVE)

    async def scene() -> None:
        with pytest.raises(Failed, match=complaint):
            await shop.engine.up(program(**inputs))

    play(shop, scene)


def test_what_was_loaded_can_be_imported(shop: Bench, dsn: str, tmp_path: Path) -> None:
    data = declared(tmp_path, FIVE)
    loaded(dsn, data)

    async def scene() -> None:
        await shop.engine.read(TOKEN, "codes", f"{REF}/codes.csv")
        assert await shop.engine.up(from_file(data)) == []

    play(shop, scene)
