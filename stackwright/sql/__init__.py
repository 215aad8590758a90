"""SQL migrations, their ledger, the shadow run, checks and reference data.

No file here imports Pulumi except the three resources (`backups.py`, `migrations.py`,
`reference_data.py`): the engine is the same under `pulumi up` and under `stackwright sql`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stackwright.sql.backups import Backup
    from stackwright.sql.migrations import Migrations, approvals, files
    from stackwright.sql.reference_data import ReferenceData, checksum

__all__ = ["Backup", "Migrations", "ReferenceData", "approvals", "checksum", "files"]


def __getattr__(name: str) -> Any:
    """Import on first use: `stackwright sql` needs no Pulumi."""
    if name == "Backup":
        from stackwright.sql import backups

        return backups.Backup
    if name in ("Migrations", "approvals", "files"):
        from stackwright.sql import migrations

        return getattr(migrations, name)
    if name in ("ReferenceData", "checksum"):
        from stackwright.sql import reference_data

        return getattr(reference_data, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
