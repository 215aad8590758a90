"""Which deploys carry a change: the vendor's own order decides."""

from typing import Any

import pytest

from stackwright.render import revision
from stackwright.render.deploy import _made_for, _newer

LISTED: list[dict[str, Any]] = [{"id": "dep-3"}, {"id": "dep-2"}, {"id": "dep-1"}]


@pytest.mark.parametrize(
    ("before", "carrying"),
    [
        ({"dep-1"}, ["dep-3", "dep-2"]),
        ({"dep-1", "dep-2"}, ["dep-3"]),
        ({"dep-3"}, []),
        ({revision.NONE}, ["dep-3", "dep-2", "dep-1"]),
        ({revision.NONE, "dep-2"}, ["dep-3"]),
        ({"dep-of-long-ago"}, []),
        ({""}, []),
    ],
)
def test_deploys_after_every_change_carry_it(before: set[str], carrying: list[str]) -> None:
    assert [deploy["id"] for deploy in _newer(LISTED, before)] == carrying


def test_a_revision_names_the_deploy_before_it() -> None:
    assert revision.deploy_of("dep-1/0a1b") == "dep-1"


def test_what_a_deploy_was_made_for_depends_on_revisions_and_commit_only() -> None:
    one = {"service": "srv-1", "revisions": {"a": "1", "b": "2"}}
    assert _made_for(one) == _made_for({"service": "srv-2", "revisions": {"b": "2", "a": "1"}})
    assert _made_for(one) != _made_for({**one, "commit": "0a1b"})
    assert _made_for(one) != _made_for({**one, "revisions": {"a": "1", "b": "3"}})
