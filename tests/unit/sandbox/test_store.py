from pathlib import Path

import pytest

from stackwright.sandbox.store import Store


@pytest.fixture
def store() -> Store:
    return Store()


def test_a_document_comes_back_as_it_was_put(store: Store) -> None:
    store.put("kind", "a", {"name": "x", "list": [1, None]})
    assert store.get("kind", "a") == {"name": "x", "list": [1, None]}


def test_a_missing_document_is_none(store: Store) -> None:
    store.put("kind", "a", {})
    assert store.get("other", "a") is None


def test_an_answer_is_a_copy(store: Store) -> None:
    store.put("kind", "a", {"n": 1})
    found = store.get("kind", "a") or {}
    found["n"] = 2
    assert store.get("kind", "a") == {"n": 1}


def test_documents_stay_in_the_order_in_which_they_were_first_put(store: Store) -> None:
    for key in ("b", "a", "c"):
        store.put("kind", key, {"key": key})
    store.put("kind", "b", {"key": "b again"})
    assert [body["key"] for body in store.all("kind")] == ["b again", "a", "c"]


def test_find_compares_every_field(store: Store) -> None:
    store.put("kind", "a", {"x": 1, "y": 1})
    store.put("kind", "b", {"x": 1, "y": 2})
    assert store.find("kind", x=1, y=2) == [{"x": 1, "y": 2}]


def test_delete_says_whether_there_was_something(store: Store) -> None:
    store.put("kind", "a", {})
    assert [store.delete("kind", "a"), store.delete("kind", "a")] == [True, False]


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.put("kind", "a", {})
            with store.transaction():
                store.put("kind", "b", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.all("kind") == []


def test_restore_brings_the_documents_back_but_counters_go_on(store: Store) -> None:
    store.put("kind", "a", {"n": 1})
    assert store.counter("ids") == 1
    snapshot = store.snapshot()
    store.put("kind", "b", {})
    store.put("kind", "a", {"n": 2})
    assert store.counter("ids") == 2
    store.restore(snapshot)
    assert store.all("kind") == [{"n": 1}]
    assert store.counter("ids") == 3


def test_a_file_keeps_everything_and_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    first = Store(path)
    first.put("kind", "a", {"n": 1})
    first.counter("ids")
    first.close()
    second = Store(path)
    assert second.get("kind", "a") == {"n": 1}
    assert second.counter("ids") == 2
    assert path.stat().st_mode & 0o077 == 0
    second.close()
