"""Each project under `examples/` runs as it stands, on both of its stacks, in its own sandbox."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.project import ROOT, Project

HISTORY = "select count(*), max(version) from supabase_migrations.schema_migrations"


@contextmanager
def example(name: str, ref: str, root: Path) -> Iterator[Project]:
    """A copy of one example where its own paths lead to the plugin and the environment."""
    folder = root / "examples" / name
    ignored = shutil.ignore_patterns("__pycache__", ".stackwright")
    shutil.copytree(ROOT / "examples" / name, folder, ignore=ignored)
    shutil.copytree(ROOT / "plugin", root / "plugin")
    shutil.copy(ROOT / ".gitignore", folder)
    (root / ".venv").symlink_to(Path(sys.executable).parents[1])
    made = Project(folder, bare=True, ref=ref)
    try:
        made.run("pulumi", "stack", "select", "--create", "dev")
        made.find()
        yield made
    finally:
        made.stop()


def test_optio_makes_dev_and_adopts_production(tmp_path: Path) -> None:
    with example("optio", "optiodevelopmentaaaa", tmp_path) as optio:
        mark = optio.mark()
        previewed = optio.preview().text
        assert "20261128001000_team_requests.sql" in previewed
        assert optio.writes(mark) == []
        optio.up()
        optio.up("--expect-no-changes")
        assert optio.database("select count(*) from team_requests") == [(0,)]
        assert optio.database("select count(*) from quests") == [(6,)]

        prod = optio.on("prod", "optioproductionaaaaa")
        prod.up()
        assert prod.database("select count(*) from users") == [(9,)]
        assert prod.database("select relkind from pg_class where relname = 'friendships'") == [
            ("r",)
        ]
        assert optio.git("status", "--porcelain") == ""


def test_bee_adopts_dev_and_makes_production(tmp_path: Path) -> None:
    with example("bee-mvp", "beemvpdevelopmentaaa", tmp_path) as bee:
        mark = bee.mark()
        previewed = bee.preview().text
        assert (
            "leaves functions alone that are not declared: batch-events, hello-world" in previewed
        )
        assert bee.writes(mark) == []
        assert bee.database(HISTORY) == [(6, "20250101000600")]
        bee.up()
        bee.database("update feature_flags set enabled = false where key = 'momentum_live'")
        bee.up("--expect-no-changes")
        flag = "select enabled from feature_flags where key = 'momentum_live'"
        assert bee.database(flag) == [(False,)]

        prod = bee.on("prod", "beemvpproductionaaaa")
        prod.up()
        assert prod.database(HISTORY) == [(11, "20261128000500")]
        assert prod.database(flag.replace("momentum_live", "enableAnalytics")) == [(True,)]
        assert bee.git("status", "--porcelain") == ""
