"""Schema, and the flags that apps on phones read."""

import pulumi

from settings import Settings
from stackwright import sql, supabase

BACKUP_WITHIN = 24
"""Hours: what destroys something waits for a verified backup this fresh."""


class Database(pulumi.ComponentResource):
    """`sql/migrations` in order; files that the ledger has already are recognised."""

    def __init__(self, name: str, settings: Settings, project: supabase.Project) -> None:
        super().__init__("bee:Database", name)
        backups = [self._backup(project)] if settings.backup else []
        self.migrations = sql.Migrations(
            "migrations",
            project=project.ref,
            files=sql.files("sql/migrations"),
            approvals=sql.approvals(),
            backup_within=BACKUP_WITHIN,
            opts=pulumi.ResourceOptions(parent=self, depends_on=backups),
        )
        file = f"sql/reference/flags_{settings.flags}.csv"
        self.flags = sql.ReferenceData(
            "flags",
            project=project.ref,
            file=file,
            checksum=sql.checksum(file),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.migrations]),
        )
        self.register_outputs({})

    def _backup(self, project: supabase.Project) -> sql.Backup:
        return sql.Backup(
            "backup",
            project=project.ref,
            within=BACKUP_WITHIN,
            revisions=sql.files("sql/migrations"),
            opts=pulumi.ResourceOptions(parent=self),
        )
