"""Schema, policies, the renaming in its two steps, and the sample quests of a new stack."""

import pulumi

from settings import Settings
from stackwright import sql, supabase

FOLDERS = ("migrations", "row_level_security", "rename", "after_rename")
BACKUP_WITHIN = 24
"""Hours: what destroys something waits for a verified backup this fresh."""


class Database(pulumi.ComponentResource):
    """One folder of `sql/` after the other, each a set of migrations on the one ledger.

    A set that its setting leaves out is not run, and what it did before stays.
    """

    def __init__(self, name: str, settings: Settings, project: supabase.Project) -> None:
        super().__init__("optio:Database", name)
        self._project, self._settings = project, settings
        self._last: list[pulumi.Resource] = []
        self.revisions: list[pulumi.Output[str]] = []
        if settings.backup:
            self._backup()
        self._migrations("migrations")
        if settings.row_level_security_approved_by:
            self._migrations("row_level_security")
        if settings.rename_friendships:
            self._migrations("rename")
        if settings.drop_friendships_view:
            self._migrations("after_rename")
        if settings.seed:
            self._reference_data("sample_quests")
            self._reference_data("sample_tasks")
        self.register_outputs({})

    def _backup(self) -> None:
        """Whatever is pending waits for it."""
        files: dict[str, str] = {}
        for folder in FOLDERS:
            files |= sql.files(f"sql/{folder}")
        backup = sql.Backup(
            "backup",
            project=self._project.ref,
            within=BACKUP_WITHIN,
            revisions=files,
            opts=self._after_the_last(),
        )
        self._last = [backup]

    def _migrations(self, folder: str) -> None:
        migrations = sql.Migrations(
            folder.replace("_", "-"),
            project=self._project.ref,
            directory=f"sql/{folder}",
            files=sql.files(f"sql/{folder}"),
            collection="" if folder == "migrations" else folder,
            after=[f"sql/{earlier}" for earlier in FOLDERS[: FOLDERS.index(folder)]],
            baseline=self._settings.migrations_baseline,
            approvals=sql.approvals(),
            backup_within=BACKUP_WITHIN,
            opts=self._after_the_last(),
        )
        self._done(migrations)

    def _reference_data(self, name: str) -> None:
        file = f"sql/reference/{name}.csv"
        rows = sql.ReferenceData(
            name.replace("_", "-"),
            project=self._project.ref,
            file=file,
            checksum=sql.checksum(file),
            opts=self._after_the_last(),
        )
        self._done(rows)

    def _after_the_last(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=list(self._last))

    def _done(self, step: sql.Migrations | sql.ReferenceData) -> None:
        self._last = [step]
        self.revisions.append(step.revision)
