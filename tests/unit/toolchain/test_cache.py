"""The folder that all projects share: half an installation is none."""

from pathlib import Path

import pytest

from stackwright.toolchain.cache import cache_dir, deno_dir, workshop


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("DENO_DIR", raising=False)
    assert cache_dir() == Path("/somewhere/.cache/stackwright")
    assert deno_dir() == Path("/somewhere/.cache/stackwright/deno")

    monkeypatch.setenv("XDG_CACHE_HOME", "/else")
    monkeypatch.setenv("DENO_DIR", "/modules")
    assert cache_dir() == Path("/else/stackwright")
    assert deno_dir() == Path("/modules")


def test_what_a_block_makes_appears_when_it_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "cache" / "tool"

    with workshop(target) as folder:
        (folder / "binary").write_text("x")
        assert not target.exists()

    assert (target / "binary").read_text() == "x"


def test_a_block_that_fails_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "tool"

    def fail_half_way() -> None:
        with workshop(target) as folder:
            (folder / "binary").write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_what_a_killed_run_left_behind_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".obtaining-old").mkdir()

    with workshop(tmp_path / "tool"):
        assert not (tmp_path / ".obtaining-old").exists()


def test_what_another_run_made_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "tool"
    target.mkdir()
    (target / "binary").write_text("theirs")

    with workshop(target) as folder:
        assert (folder / "binary").read_text() == "theirs"

    assert (target / "binary").read_text() == "theirs"
