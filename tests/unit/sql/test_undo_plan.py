"""What is undone, in which order, and what forbids it."""

from dataclasses import replace
from pathlib import Path

import pytest

from stackwright.sql import down
from stackwright.sql.down import Down
from stackwright.sql.errors import BadMigrations, BadSql, LedgerConflict
from stackwright.sql.ledger import Detail, Ledger
from stackwright.sql.migration import Migration
from stackwright.sql.undo_plan import Folder, Wanted

FILES = [Migration(str(number), "t", f"create table t{number} (a int);") for number in range(1, 5)]
WAYS = {file.file: Down(file.version, file.name, "drop table t;") for file in FILES}
FOLDER = Folder(FILES, WAYS)


def ledger(*versions: str, collection: str = "") -> Ledger:
    """These versions are applied, by us, as the files are now."""
    details = {
        file.version: Detail(
            file.version, file.checksum, file.name, collection, finished_at="2026-01-01"
        )
        for file in FILES
        if file.version in versions
    }
    return Ledger(dict.fromkeys(versions, "t"), details, exists=True)


def undone(folder: Folder, seen: Ledger, *versions: str, to: str | None = None) -> list[str]:
    return [file.undoes for file in folder.plan(seen, Wanted(versions, to)).files]


def refusal(folder: Folder, seen: Ledger, *versions: str, to: str | None = None) -> str:
    with pytest.raises(LedgerConflict) as caught:
        folder.plan(seen, Wanted(versions, to))
    return str(caught.value)


def test_the_newest_is_undone_first_whatever_the_order_of_the_arguments() -> None:
    assert undone(FOLDER, ledger("1", "2", "3"), "2", "3") == ["3_t.sql", "2_t.sql"]


def test_to_undoes_all_that_came_after() -> None:
    seen = ledger("1", "2", "3")
    assert undone(FOLDER, seen, to="1") == ["3_t.sql", "2_t.sql"]
    assert undone(FOLDER, seen, to="3") == []
    assert undone(FOLDER, seen, to="0") == ["3_t.sql", "2_t.sql", "1_t.sql"]


def test_the_order_is_that_of_the_files_not_of_the_versions() -> None:
    folder = replace(FOLDER, files=[FILES[1], FILES[0], FILES[2]])
    assert undone(folder, ledger("1", "2"), to="2") == ["1_t.sql"]
    assert "1_t.sql came after 2_t.sql" in refusal(folder, ledger("1", "2"), "2")


def test_all_without_a_way_back_are_named_and_none_is_undone() -> None:
    folder = replace(FOLDER, ways={"3_t.sql": WAYS["3_t.sql"]})
    said = refusal(folder, ledger("1", "2", "3"), to="0")
    assert "2_t.sql has no way back: there is no file down/2_t.sql" in said
    assert "1_t.sql has no way back" in said
    assert "3_t.sql" not in said
    assert said.startswith("REFUSED: ")
    assert said.endswith("Nothing was run.")


def test_what_would_stay_on_top_is_named_and_can_be_allowed() -> None:
    seen = ledger("1", "2", "3")
    assert "3_t.sql came after 2_t.sql and would stay" in refusal(FOLDER, seen, "2")
    allowed = FOLDER.plan(seen, Wanted(["2"], out_of_order=True))
    assert [file.undoes for file in allowed.files] == ["2_t.sql"]


def test_an_edited_migration_is_refused() -> None:
    seen = ledger("1")
    seen = replace(seen, details={"1": replace(seen.details["1"], checksum="another")})
    assert "1_t.sql was edited after it had been applied" in refusal(FOLDER, seen, "1")


def test_one_that_stopped_halfway_is_refused_by_name() -> None:
    begun = Detail("2", FILES[1].checksum, "t", done_statements=3)
    seen = replace(ledger("1"), details={"2": begun})
    assert "2_t.sql stopped after statement 3 and is not applied" in refusal(FOLDER, seen, "2")
    assert "2_t.sql stopped after statement 3" in refusal(FOLDER, seen, to="1")


def test_one_that_is_not_applied_is_left_out_and_said() -> None:
    plan = FOLDER.plan(ledger("1", "2"), Wanted(["2", "3"]))
    assert [file.undoes for file in plan.files] == ["2_t.sql"]
    assert plan.notes[0] == "3_t.sql is not applied: nothing to undo"


@pytest.mark.parametrize("wanted", [Wanted(["9"]), Wanted(to="9")])
def test_a_version_that_nobody_knows_is_a_wrong_argument(wanted: Wanted) -> None:
    with pytest.raises(BadMigrations, match="there is no version 9, in the ledger or in the"):
        FOLDER.plan(ledger("1"), wanted)


def test_rows_of_another_collection_are_left_alone() -> None:
    seen = ledger("1", "2", collection="contract")
    assert undone(FOLDER, seen, to="0") == []
    assert "1_t.sql belongs to the collection 'contract'" in refusal(FOLDER, seen, "1")


def test_an_applied_version_without_a_file_stands_in_the_way() -> None:
    seen = replace(ledger("1"), applied={"1": "t", "7": "elsewhere"})
    assert "7_elsewhere.sql has no way back" in refusal(FOLDER, seen, to="1")
    assert "7_elsewhere.sql came after 1_t.sql" in refusal(FOLDER, seen, "1")


# -- the files -------------------------------------------------------------------------------------


def test_the_ways_back_lie_beside_the_folder_of_the_migrations(tmp_path: Path) -> None:
    (tmp_path / "down").mkdir()
    (tmp_path / "down/1_t.sql").write_bytes(b"\xef\xbb\xbfdrop table t;\r\n")
    [way] = down.load(tmp_path / "migrations").values()
    assert (way.file, way.undoes, way.text) == ("down/1_t.sql", "1_t.sql", "drop table t;\n")
    assert down.load(tmp_path / "elsewhere" / "migrations") == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"-- stackwright: no-transaction\nvacuum;", r"down/1_t\.sql:1:1: a way back runs in one"),
        (b"drop table t; commit;", r"down/1_t\.sql:1:15: COMMIT would end the transaction"),
        (b"-- \xff", r"down/1_t\.sql:1:4: the file is not UTF-8"),
    ],
)
def test_a_bad_way_back_names_its_place(tmp_path: Path, text: bytes, said: str) -> None:
    (tmp_path / "down").mkdir()
    (tmp_path / "down/1_t.sql").write_bytes(text)
    with pytest.raises(BadSql, match=said):
        _ = down.load(tmp_path / "migrations")["1_t.sql"].body
