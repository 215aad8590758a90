"""What Supabase's own backups say, as sentences. Going back to one is done in its dashboard.

https://supabase.com/docs/guides/platform/backups. Restoring through the vendor replaces the whole
project, takes it offline, and cannot be tried before: out of scope here.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any


def sentences(found: Mapping[str, Any]) -> Iterator[str]:
    """Of the answer of `SupabaseReader.backups`; nothing for a database without a project."""
    if "error" in found:
        yield f"Supabase's own backups are not known: {found['error']}"
    elif found:
        yield from _points(found)


def _points(found: Mapping[str, Any]) -> Iterator[str]:
    taken = [one["inserted_at"] for one in found["backups"] if one["status"] == "COMPLETED"]
    if found["pitr_enabled"]:
        data = found.get("physical_backup_data") or {}
        first = _time(data.get("earliest_physical_backup_date_unix"))
        last = _time(data.get("latest_physical_backup_date_unix"))
        yield f"Supabase can go back to any moment from {first} to {last} (dashboard, Database)."
    elif taken:
        yield f"Supabase has {len(taken)} daily backups, the newest of {max(taken)}."
    else:
        yield "Supabase has no backup of this project: daily ones need a paid plan."


def _time(unix: int | None) -> str:
    return "?" if unix is None else datetime.fromtimestamp(unix, UTC).isoformat(timespec="minutes")
