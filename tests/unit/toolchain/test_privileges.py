"""PostgreSQL for root, and for a user without a name: it is started as somebody else."""

import os
import shutil
from collections.abc import Iterator

import pytest

from stackwright.toolchain import ToolMissing, privileges


@pytest.fixture(autouse=True)
def no_memory() -> Iterator[None]:
    privileges._prefix.cache_clear()
    yield
    privileges._prefix.cache_clear()


def machine(monkeypatch: pytest.MonkeyPatch, *, user: int, works: tuple[str, ...]) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(privileges, "_has_name", lambda number: number < 2000)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(privileges, "_works", lambda prefix: prefix[0] in works)


def test_an_ordinary_user_starts_it_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, user=1000, works=())

    assert privileges.unprivileged(["initdb"]) == ["initdb"]
    assert privileges.data_owner() is None


def test_root_takes_a_user_namespace_and_keeps_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, user=0, works=("unshare", "setpriv"))

    argv = privileges.unprivileged(["initdb"])
    assert (argv[0], argv[-1]) == ("unshare", "initdb")
    assert privileges.data_owner() is None


def test_where_namespaces_are_refused_root_becomes_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, user=0, works=("setpriv",))

    argv = privileges.unprivileged(["initdb"])
    assert (argv[0], argv[-1]) == ("setpriv", "initdb")
    assert privileges.data_owner() == 65534


def test_a_user_without_a_name_borrows_one(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, user=12345, works=("unshare",))

    assert privileges.unprivileged(["initdb"])[0] == "unshare"


def test_root_without_either_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, user=0, works=())

    with pytest.raises(ToolMissing, match="ordinary user"):
        privileges.unprivileged(["initdb"])
