"""`stackwright compare`: what is printed, the exit code, and what cannot be compared."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from click.testing import CliRunner, Result

from stackwright.cli import compare
from stackwright.errors import Refused, StackwrightError
from stackwright.survey.site import Site
from stackwright.survey.snapshot import Snapshot, Thing

DEV = Snapshot("dev", things={"secret A": Thing(), "region": Thing("east", "east")})
PROD = Snapshot("prod", things={"region": Thing("west", "west")})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    async def taken(*names: str) -> list[Snapshot]:
        return [DEV, PROD]

    monkeypatch.setattr(compare, "_snapshots", taken)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(compare.command, ["dev", "prod", *arguments])


def declare(folder: Path, *lines: str) -> None:
    (folder / "stacks/differences.yaml").write_text("".join(f"- {line}\n" for line in lines))


def test_what_nobody_declared_is_printed_and_is_exit_code_4(here: Path) -> None:
    declare(here, "{what: region, why: each has its own}")
    said = run()
    assert said.exit_code == 4
    assert said.output.splitlines() == [
        "secret A: only on dev",
        "1 differences that nobody declared, 1 declared",
    ]


def test_declared_differences_are_exit_code_0_and_shown_when_asked_for(here: Path) -> None:
    declare(here, "{what: region, why: each has its own}", "{what: secret A, why: for debugging}")
    assert run().exit_code == 0
    assert run("--all").output.splitlines() == [
        "region: not alike",
        "  dev: east",
        "  prod: west",
        "  declared: each has its own",
        "secret A: only on dev",
        "  declared: for debugging",
        "0 differences that nobody declared, 2 declared",
    ]


def test_json_has_every_difference_with_its_reason(here: Path) -> None:
    declare(here, "{what: region, why: each has its own}")
    said = json.loads(run("--json").output)
    assert said["stacks"] == ["dev", "prod"]
    assert {one["subject"]: one["declared"] for one in said["differences"]} == {
        "region": "each has its own",
        "secret A": None,
    }


def test_a_stack_is_not_compared_with_itself() -> None:
    answer = CliRunner().invoke(compare.command, ["dev", "dev"])
    assert isinstance(answer.exception, StackwrightError)
    assert answer.exception.exit_code == 2
    assert "are one stack" in str(answer.exception)


class Place:
    """A stack of which only the project's ref is known."""

    def __init__(self, ref: str) -> None:
        self.ref = ref


@pytest.mark.parametrize(
    ("refs", "databases", "said"),
    [
        (("a", "a"), ("one", "two"), "both stacks name the Supabase project a"),
        (("a", "b"), ("one", "one"), "take SUPABASE_DB_URL out of the environment"),
    ],
)
def test_two_stacks_in_one_place_are_refused(
    refs: tuple[str, str], databases: tuple[str, str], said: str
) -> None:
    sites: Any = [cast("Site", Place(ref)) for ref in refs]
    with pytest.raises(Refused, match=f"^REFUSED: .*{said}"):
        compare._refuse_one_place(sites, databases)
