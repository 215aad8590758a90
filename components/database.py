"""The product's schema and reference data, and on production a backup before they change."""

import pulumi

from settings import Settings
from stackwright import sql, supabase

MIGRATIONS, USAGE_METRICS = "sql/migrations", "sql/usage_metrics"
AREA_CODES = "sql/reference/enhanced_lerg.csv"


class Database(pulumi.ComponentResource):
    """`sql/migrations` applied in order, then the 450 area codes of `sql/reference`.

    With `backup_within`, each change of the files begins with a verified backup that is younger.
    """

    def __init__(self, name: str, settings: Settings, project: supabase.Project) -> None:
        super().__init__("voip:Database", name)
        self.migrations = sql.Migrations(
            "migrations",
            opts=pulumi.ResourceOptions(parent=self, depends_on=self._backup(settings, project)),
            project=project.ref,
            files=sql.files(MIGRATIONS),
            approvals=sql.approvals(),
            baseline=settings.migrations_baseline,
            backup_within=settings.backup_within,
        )
        self.area_codes = sql.ReferenceData(
            "area-codes",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.migrations]),
            project=project.ref,
            file=AREA_CODES,
            checksum=sql.checksum(AREA_CODES),
        )
        if settings.usage_metrics:
            self._usage_metrics(project)
        self.register_outputs({})

    def _usage_metrics(self, project: supabase.Project) -> None:
        """What the papers name and do not define: a set of migrations of its own."""
        sql.Migrations(
            "usage-metrics",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.migrations]),
            project=project.ref,
            directory=USAGE_METRICS,
            files=sql.files(USAGE_METRICS),
            collection="usage_metrics",
            after=[MIGRATIONS],
        )

    def _backup(self, settings: Settings, project: supabase.Project) -> list[pulumi.Resource]:
        """One that every change of the files asks for, and every new approval."""
        if settings.backup_within is None:
            return []
        approved = {f"approval of {file}": yes["sha256"] for file, yes in sql.approvals().items()}
        backup = sql.Backup(
            "backup",
            opts=pulumi.ResourceOptions(parent=self),
            project=project.ref,
            within=settings.backup_within,
            revisions=sql.files(MIGRATIONS) | approved | {AREA_CODES: sql.checksum(AREA_CODES)},
        )
        return [backup]
