import re

from stackwright.sandbox.ids import Ids
from stackwright.sandbox.store import Store


def test_the_same_seed_gives_the_same_ids_in_the_same_order() -> None:
    first, second = Ids(Store(), "seed"), Ids(Store(), "seed")
    assert [first.hex(8), first.letters(20)] == [second.hex(8), second.letters(20)]


def test_another_seed_gives_other_ids() -> None:
    assert Ids(Store(), "a").hex(16) != Ids(Store(), "b").hex(16)


def test_ids_do_not_repeat_when_the_store_is_opened_again() -> None:
    store = Store()
    assert Ids(store, "seed").hex(16) != Ids(store, "seed").hex(16)


def test_ids_have_the_vendors_forms() -> None:
    ids = Ids(Store())
    assert re.fullmatch("srv-[0-9a-z]{20}", ids.make("srv-", 20))
    assert re.fullmatch("[a-z]{20}", ids.letters(20))
    assert re.fullmatch("[0-9A-Za-z]{14}", ids.alnum(14))
    uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(uuid, ids.uuid())
