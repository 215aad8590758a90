"""The file of an export: where it may lie, who may read it, and that none is overwritten."""

import stat
from pathlib import Path

import pytest

from stackwright.errors import Refused, StackwrightError, UserInput
from stackwright.users import export
from stackwright.users.export import Table

NOW = 1_795_000_000.0
REF = "a" * 20
TABLE = Table(("id", "email"), [("1", 'ann "a", b@example.com'), ("2", "two\nlines"), ("3", "")])


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    (folder / ".git").mkdir(parents=True)
    (folder / "deep").mkdir()
    return folder


def test_a_folder_gets_a_file_with_the_date(tmp_path: Path) -> None:
    assert (
        export.target(tmp_path, "users-prod", NOW) == tmp_path / "users-prod-20261118T110640Z.csv"
    )


def test_inside_a_git_work_tree_it_is_refused(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "way-in").symlink_to(repository / "deep")
    for path in (repository / "users.csv", repository / "deep", tmp_path / "way-in/users.csv"):
        with pytest.raises(Refused, match="is inside the git work tree") as refused:
            export.target(path, "users", NOW)
        assert refused.value.exit_code == 3


def test_a_worktree_of_git_is_one_as_well(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    with pytest.raises(Refused, match="is inside the git work tree"):
        export.target(tmp_path / "users.csv", "users", NOW)


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text("older")
    with pytest.raises(Refused, match="is never overwritten"):
        export.target(path, "users", NOW)
    with pytest.raises(Refused, match="is never overwritten"):
        export.write(TABLE, path, REF, None, NOW)
    assert path.read_text() == "older"
    assert [entry.name for entry in tmp_path.iterdir()] == ["users.csv"]


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserInput, match="absent: there is no such folder"):
        export.target(tmp_path / "absent/users.csv", "users", NOW)


def test_what_was_written_is_private_and_comes_back_as_it_was(tmp_path: Path) -> None:
    made = export.write(TABLE, tmp_path / "users.csv", REF, None, NOW)
    assert stat.S_IMODE((tmp_path / "users.csv").stat().st_mode) == 0o600
    assert (made.rows, made.encrypted) == (3, False)
    assert made.bytes == (tmp_path / "users.csv").stat().st_size
    assert made.content(None) == TABLE


def test_the_newest_record_of_the_project_counts(tmp_path: Path) -> None:
    for number in (1, 2):
        made = export.write(TABLE, tmp_path / f"{number}.csv", REF, None, NOW)
        export.note(made, tmp_path / "exports", NOW + number)
    other = export.write(TABLE, tmp_path / "3.csv", "b" * 20, None, NOW)
    export.note(other, tmp_path / "exports", NOW + 3)
    (tmp_path / "exports/99.json").write_text("{")
    assert [Path(made.path).name for made in export.noted(tmp_path / "exports", REF)] == [
        "2.csv",
        "1.csv",
    ]


def test_a_changed_file_is_not_taken_for_the_export(tmp_path: Path) -> None:
    made = export.write(TABLE, tmp_path / "users.csv", REF, None, NOW)
    (tmp_path / "users.csv").write_text("id\n")
    with pytest.raises(StackwrightError, match="its SHA-256 is another one"):
        made.content(None)
