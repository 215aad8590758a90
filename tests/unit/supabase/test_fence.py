"""The fence of a group: a secret whose name tells who came last."""

import pytest

from stackwright.errors import Refused
from stackwright.supabase.fence import PREFIX, Fence, digest, is_fence

OLD, NEW = f"{PREFIX}SECRETS_WEB_0123456789AB", f"{PREFIX}SECRETS_WEB_CDEF01234567"


def fence(*names: str, stack: str = "shop/dev", group: str = "web") -> Fence:
    return Fence("SECRETS", group, "shop/dev", dict.fromkeys(names, digest(stack)))


def claim(one: Fence, held: str | None, *, exists: bool = False, adopt: bool = False) -> str:
    return one.claim(held, adopt=adopt, exists=exists, what="the group web")


def test_a_create_puts_up_a_fence_of_its_own_and_takes_the_older_down() -> None:
    one = fence(OLD)
    name = claim(one, None)
    assert name.startswith(f"{PREFIX}SECRETS_WEB_")
    assert name != OLD
    assert one.put_up(name) == {name: "shop/dev"}
    assert one.older(name) == [OLD]


def test_an_update_keeps_its_fence_and_puts_it_up_again_when_it_is_gone() -> None:
    assert claim(fence(OLD), OLD) == OLD
    assert fence(OLD).put_up(OLD) == {}
    assert fence().put_up(OLD) == {OLD: "shop/dev"}


def test_an_update_after_a_later_create_is_refused() -> None:
    assert fence(NEW).is_stale(OLD)
    with pytest.raises(Refused, match="the group web was taken over"):
        claim(fence(NEW), OLD)


def test_two_fences_of_a_killed_create_leave_the_older_entry_its_own() -> None:
    assert not fence(OLD, NEW).is_stale(OLD)


def test_a_create_refuses_the_group_of_another_stack_unless_told_to_adopt() -> None:
    other = fence(OLD, stack="shop/prod")
    with pytest.raises(Refused, match="belongs to another stack"):
        claim(other, None)
    assert claim(other, None, adopt=True) != OLD


def test_a_create_refuses_what_a_stranger_has_set() -> None:
    with pytest.raises(Refused, match="exists already"):
        claim(fence(), None, exists=True)
    assert claim(fence(OLD), None, exists=True)
    assert claim(fence(), None, exists=True, adopt=True)


def test_groups_whose_names_begin_alike_have_fences_of_their_own() -> None:
    longer = f"{PREFIX}SECRETS_WEB_HOOK_0123456789AB"
    assert fence(longer).names == []
    assert fence(longer, group="web-hook").names == [longer]
    assert fence(f"{PREFIX}FUNCTIONS_WEB_0123456789AB").names == []


def test_an_import_holds_the_fence_that_stands() -> None:
    assert fence().standing == ""
    assert fence(OLD).standing == OLD
    assert not fence().is_stale("")


def test_a_fence_is_known_by_its_name() -> None:
    assert is_fence(OLD)
    assert not is_fence("STRIPE_SECRET_KEY")
