"""What a new sandbox of a project contains, where nobody says it."""

from pathlib import Path

from stackwright.sandbox import scenario
from stackwright.sandbox.launcher import scenario_of


def test_a_project_with_a_scenario_of_its_own_begins_with_that(tmp_path: Path) -> None:
    own = tmp_path / "sandbox" / "scenario.yaml"
    own.parent.mkdir()
    own.write_text("supabase: {projects: [{ref: mine}]}\n")

    found = scenario.load(scenario_of(tmp_path))

    assert found.part("supabase") == {"projects": [{"ref": "mine"}]}


def test_a_project_without_one_begins_with_ours(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()

    assert scenario_of(tmp_path) == "default"
