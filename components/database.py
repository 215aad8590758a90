"""The product's schema and reference data."""

import pulumi

from settings import Settings
from stackwright import sql, supabase

AREA_CODES = "sql/reference/enhanced_lerg.csv"


class Database(pulumi.ComponentResource):
    """`sql/migrations` applied in order, then the 450 area codes of `sql/reference`."""

    def __init__(self, name: str, settings: Settings, project: supabase.Project) -> None:
        super().__init__("voip:Database", name)
        inside = pulumi.ResourceOptions(parent=self)
        self.migrations = sql.Migrations(
            "migrations",
            opts=inside,
            project=project.ref,
            files=sql.files("sql/migrations"),
            approvals=sql.approvals(),
            baseline=settings.migrations_baseline,
        )
        self.area_codes = sql.ReferenceData(
            "area-codes",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.migrations]),
            project=project.ref,
            file=AREA_CODES,
            checksum=sql.checksum(AREA_CODES),
        )
        self.register_outputs({})
