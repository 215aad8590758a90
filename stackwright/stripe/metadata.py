"""The owner tag in Stripe's metadata, and which fields of an object have to be sent.

Stripe merges metadata: a key that is left out stays, an empty value removes it.
"""

from typing import Any

from stackwright.ownership import Owner
from stackwright.values import Json

OWNER = "stackwright_owner"


def owner(found: Json | None) -> str | None:
    """The owner tag of an object as Stripe returned it."""
    tag: str | None = ((found or {}).get("metadata") or {}).get(OWNER)
    return tag


def own(found: Json) -> Json:
    """The user's metadata, without our tag."""
    return {key: value for key, value in (found.get("metadata") or {}).items() if key != OWNER}


def owned(wanted: Json, tag: str) -> Json:
    """`wanted` with the owner tag among its metadata."""
    return {**wanted, "metadata": {**wanted.get("metadata", {}), OWNER: tag}}


def given(wanted: Json) -> Json:
    """`wanted` without its empty fields: on creation there is nothing to unset."""
    return {key: value for key, value in wanted.items() if value not in ("", None)}


def changes(found: Json, wanted: Json) -> Json:
    """The parameters of an update: only what differs; removed metadata keys are blanked."""
    changed = {key: value for key, value in wanted.items() if not _equal(found.get(key), value)}
    if "metadata" in changed:
        changed["metadata"] = _metadata_changes(found.get("metadata") or {}, wanted["metadata"])
    return changed


def _metadata_changes(found: Json, wanted: Json) -> Json:
    changed = {key: value for key, value in wanted.items() if found.get(key) != value}
    return changed | {key: "" for key in found if key not in wanted}


def _equal(found: Any, wanted: Any) -> bool:
    """Lists of events come back in any order; an unset text is null."""
    if isinstance(wanted, list):
        return sorted(map(str, found or [])) == sorted(map(str, wanted))
    return bool((found if found is not None else "") == wanted)


def is_of(found: Json, stack: str) -> bool:
    """Whether an object carries the tag of this stack."""
    tag = Owner.parse(owner(found))
    return tag is not None and tag.stack == stack
