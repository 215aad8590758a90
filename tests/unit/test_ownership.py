"""Who owns an object: what a Create may take over, and what an older entry may still do."""

import pytest

from stackwright import ownership
from stackwright.errors import Refused
from stackwright.ownership import Owner

OURS, OTHER = "shop/dev#0123456789ab", "shop/prod#0123456789ab"


def claim(tag: str | None, held: str | None, *, exists: bool = True, adopt: bool = False) -> str:
    what = "Render service shop"
    return ownership.claim(tag, held, "shop/dev", exists=exists, adopt=adopt, what=what)


def test_a_tag_is_read_back_as_it_was_written() -> None:
    owner = ownership.fresh("shop/dev")
    assert Owner.parse(str(owner)) == owner


@pytest.mark.parametrize("tag", [None, "", "shop/dev", "#token", "shop/dev#"])
def test_what_is_no_tag_of_ours_has_no_owner(tag: str | None) -> None:
    assert Owner.parse(tag) is None


def test_every_create_has_a_token_of_its_own() -> None:
    assert claim(None, None, exists=False) != claim(None, None, exists=False)
    assert claim(OURS, None) != OURS


def test_a_create_takes_over_what_its_own_stack_left_behind() -> None:
    assert claim(OURS, None).startswith("shop/dev#")


def test_a_create_refuses_what_another_stack_made_unless_told_to_adopt() -> None:
    with pytest.raises(Refused, match=r"Render service shop belongs to stack shop/prod"):
        claim(OTHER, None)
    assert claim(OTHER, None, adopt=True).startswith("shop/dev#")


def test_a_create_refuses_what_nobody_marked_and_names_aliases_for_a_rename() -> None:
    with pytest.raises(Refused, match=r"^REFUSED: Render service shop exists.*add aliases"):
        claim(None, None)


def test_an_update_keeps_the_tag_it_holds() -> None:
    assert claim(OURS, OURS) == OURS
    assert claim(None, OURS) == OURS


def test_an_update_of_what_another_entry_took_over_is_refused() -> None:
    with pytest.raises(Refused, match=r"was taken over by shop/prod#"):
        claim(OTHER, OURS)


def test_the_first_update_after_an_import_of_an_unmarked_object_marks_it() -> None:
    assert claim(None, "").startswith("shop/dev#")


@pytest.mark.parametrize(
    ("tag", "held", "stale"),
    [(OURS, OURS, False), (OTHER, OURS, True), (None, OURS, False), (OURS, None, False)],
)
def test_an_entry_is_stale_when_another_create_came_later(
    tag: str | None, held: str | None, stale: bool
) -> None:
    assert ownership.is_stale(tag, held) is stale


def test_the_tag_in_state_tells_a_create_from_an_import() -> None:
    assert ownership.held(None) is None
    assert ownership.held({"id": "x"}) == ""
    assert ownership.held({"owner": OURS}) == OURS


def test_another_value_of_what_cannot_be_changed_is_refused() -> None:
    ownership.same("type", "static_site", "static_site", "the service")
    with pytest.raises(Refused, match="the service exists already with another type"):
        ownership.same("type", "static_site", "web_service", "the service")
