"""Migration files: names, order, text, directives."""

from pathlib import Path

import pytest

from stackwright.sql.errors import BadMigrations, BadSql
from stackwright.sql.migration import Migration, load


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name.removeprefix('v')}.sql").write_bytes(text.encode())


def test_files_are_ordered_by_their_version_as_a_number(tmp_path: Path) -> None:
    write(tmp_path, v10_ten="", v9_nine="", v20250628161522_long="")
    assert [m.version for m in load(tmp_path)] == ["9", "10", "20250628161522"]


def test_an_order_file_decides_the_order(tmp_path: Path) -> None:
    write(tmp_path, v1_a="", v2_b="", v3_c="")
    (tmp_path / "ORDER").write_text("3_c.sql\n1_a.sql # before b\n\n2_b.sql\n")
    assert [m.version for m in load(tmp_path)] == ["3", "1", "2"]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ("1_a.sql\n", "does not list 2_b.sql"),
        ("1_a.sql\n2_b.sql\n3_c.sql\n", "lists 3_c.sql, which is not in the folder"),
        ("1_a.sql\n2_b.sql\n1_a.sql\n", "lists 1_a.sql twice"),
    ],
)
def test_an_order_file_that_does_not_match_is_refused(
    tmp_path: Path, order: str, reason: str
) -> None:
    write(tmp_path, v1_a="", v2_b="")
    (tmp_path / "ORDER").write_text(order)
    with pytest.raises(BadMigrations, match=reason):
        load(tmp_path)


def test_two_files_with_one_version_are_refused(tmp_path: Path) -> None:
    write(tmp_path, v1_a="", v01_b="")
    with pytest.raises(BadMigrations, match="have the same version"):
        load(tmp_path)


def test_a_name_without_a_version_is_refused(tmp_path: Path) -> None:
    write(tmp_path, create_users="")
    with pytest.raises(BadMigrations, match=r"<version>_<name>\.sql"):
        load(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadMigrations, match="no such folder"):
        load(tmp_path / "absent")


def test_byte_order_mark_and_line_ends_do_not_change_the_checksum(tmp_path: Path) -> None:
    (tmp_path / "1_unix.sql").write_bytes(b"select 1;\nselect 2;\n")
    (tmp_path / "2_windows.sql").write_bytes(b"\xef\xbb\xbfselect 1;\r\nselect 2;\r\n")
    unix, windows = load(tmp_path)
    assert unix.checksum == windows.checksum
    assert windows.statements[0].text == "select 1"


def test_text_that_is_not_utf8_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "1_latin.sql").write_bytes(b"select 1;\nselect '\xe4'")
    with pytest.raises(BadSql, match=r"1_latin.sql:2:9: the file is not UTF-8"):
        load(tmp_path)


def test_a_nul_byte_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_nul.sql").write_bytes(b"select 1;\0")
    with pytest.raises(BadSql, match=r"1_nul.sql:1:10: a NUL byte"):
        load(tmp_path)


def test_the_no_transaction_directive_is_read() -> None:
    assert Migration("1", "a", "select 1").transactional
    assert not Migration("1", "a", "-- stackwright: no-transaction\nvacuum").transactional


def test_an_unknown_directive_is_refused() -> None:
    with pytest.raises(BadSql, match="unknown directive 'no-transactions'"):
        _ = Migration("1", "a", "\n-- stackwright: no-transactions\n").transactional


def test_a_begin_and_commit_around_the_whole_file_are_left_out() -> None:
    wrapped = Migration("1", "a", "begin; select 1; select 2; commit;")
    assert [s.text for s in wrapped.body] == ["select 1", "select 2"]


def test_a_commit_inside_a_file_is_refused_with_its_place() -> None:
    with pytest.raises(BadSql, match=r"1_a.sql:2:1: COMMIT would end the transaction"):
        _ = Migration("1", "a", "select 1;\ncommit;\nselect 2;").body


def test_an_error_of_splitting_names_the_file() -> None:
    with pytest.raises(BadSql, match=r"1_a.sql:1:8: a string is never closed"):
        _ = Migration("1", "a", "select 'open").statements


@pytest.mark.parametrize(
    "name", ["1_t.SQL", "20250101-t.sql", "1_.sql", "1_a\nb.sql", "1_\udcff.sql"]
)
def test_a_file_that_would_be_overlooked_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("select 1;")
    with pytest.raises(BadMigrations, match=r"<version>_<name>\.sql"):
        load(tmp_path)


def test_a_folder_and_a_link_to_nothing_are_refused_as_migrations(tmp_path: Path) -> None:
    (tmp_path / "1_folder.sql").mkdir()
    with pytest.raises(BadMigrations, match=r"1_folder.sql: it cannot be read: Is a directory"):
        load(tmp_path)
    (tmp_path / "1_folder.sql").rmdir()
    (tmp_path / "2_link.sql").symlink_to(tmp_path / "absent")
    with pytest.raises(BadMigrations, match=r"2_link.sql: it cannot be read: No such file"):
        load(tmp_path)


def test_an_order_file_is_read_like_any_other_text(tmp_path: Path) -> None:
    write(tmp_path, v1_a="", v2_b="")
    (tmp_path / "ORDER").write_bytes(b"\xef\xbb\xbf2_b.sql\r\n1_a.sql\r\n")
    assert [m.version for m in load(tmp_path)] == ["2", "1"]
    (tmp_path / "ORDER").write_bytes(b"2_b.sql\n1_\xe4.sql\n")
    with pytest.raises(BadSql, match=r"ORDER:2:3: the file is not UTF-8"):
        load(tmp_path)


def test_a_copy_to_the_client_is_refused_with_its_place() -> None:
    with pytest.raises(BadSql, match=r"1_a.sql:2:1: COPY ... TO stdout sends rows"):
        _ = Migration("1", "a", "select 1;\ncopy (select 1) to stdout;").body
