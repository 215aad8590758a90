"""What files say while they run reaches a person: in a run, in a preview, and from its cache."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from stackwright.sql import notices, shadow
from stackwright.sql.apply import Options, apply
from stackwright.sql.database import writing
from stackwright.sql.migration import load
from tests.sandbox.sql.helpers import RUNNER, rows


def heard(dsn: str, folder: Path, *files: str) -> Sequence[str]:
    """What a run of these files says."""
    for number, text in enumerate(files, 1):
        (folder / f"{number}_file.sql").write_text(text)

    async def once() -> Sequence[str]:
        async with writing(dsn) as database:
            with notices.heard(database.connection) as said:
                await apply(database, load(folder), RUNNER, Options())
            await database.connection.execute("do $$ begin raise notice 'afterwards'; end $$")
        return said

    return asyncio.run(once())


def saying(text: str) -> str:
    return f"do $$ begin raise notice '{text}'; end $$;"


def test_notices_and_warnings_are_heard_in_their_order(dsn: str, folder: Path) -> None:
    warning = "do $$ begin raise warning E'two\\nlines'; end $$;"
    assert heard(dsn, folder, saying("one"), warning) == ["one", "two lines"]


def test_what_a_cascade_takes_along_is_heard(dsn: str, folder: Path) -> None:
    rows(dsn, "create table t (a int)")
    rows(dsn, "create view v as select * from t")
    assert heard(dsn, folder, "drop table t cascade;") == ["drop cascades to view v"]


def test_remarks_on_if_exists_are_not(dsn: str, folder: Path) -> None:
    text = "drop table if exists absent; create schema if not exists public;"
    assert heard(dsn, folder, text) == []


def test_a_loop_over_a_million_rows_is_cut_short(dsn: str, folder: Path) -> None:
    loop = "do $$ begin for n in 1..1000 loop raise notice '%', n; end loop; end $$;"
    said = heard(dsn, folder, loop)
    assert said[notices.MOST - 1 :] == [str(notices.MOST), "... and more"]


def test_a_preview_tells_what_each_file_says_and_keeps_it(
    dsn: str, folder: Path, tmp_path: Path
) -> None:
    (folder / "1_file.sql").write_text(saying("hello"))
    (folder / "2_file.sql").write_text("select 1;")
    first, again = (
        asyncio.run(shadow.check(load(folder), dsn, tmp_path / "root")) for _ in range(2)
    )
    assert (first.cached, again.cached) == (False, True)
    assert first.notes == again.notes == ["1_file.sql says: hello"]
