"""The secrets that the sandbox makes up, one document a vendor of kind `sandbox.credentials`."""

from collections.abc import Callable

from stackwright.sandbox.ids import ALNUM, Ids
from stackwright.sandbox.store import Store
from stackwright.sandbox.world import World

_KIND = "sandbox.credentials"


def credentials(world: World, vendor: str) -> dict[str, str]:
    """The secrets of "render", "supabase" or "stripe", made at the first call and kept."""
    known = world.store.get(_KIND, vendor)
    if known is None:
        known = _MAKERS[vendor](world.ids)
        world.store.put(_KIND, vendor, known)
    return known


def kept(store: Store, vendor: str) -> dict[str, str]:
    """The secrets that a running sandbox has made before; empty when there are none."""
    return store.get(_KIND, vendor) or {}


def _render(ids: Ids) -> dict[str, str]:
    return {"api_key": ids.make("rnd_", 28, ALNUM)}


def _supabase(ids: Ids) -> dict[str, str]:
    return {"access_token": "sbp_" + ids.hex(40), "db_password": ids.alnum(24)}


def _stripe(ids: Ids) -> dict[str, str]:
    return {
        "stripe_test_key": ids.make("sk_test_", 99, ALNUM),
        "stripe_live_key": ids.make("sk_live_", 99, ALNUM),
        "stripe_publishable_test": ids.make("pk_test_", 99, ALNUM),
        "stripe_publishable_live": ids.make("pk_live_", 99, ALNUM),
    }


_MAKERS: dict[str, Callable[[Ids], dict[str, str]]] = {
    "render": _render,
    "supabase": _supabase,
    "stripe": _stripe,
}
