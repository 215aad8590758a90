"""How scenarios are found and played: verdicts, cleaning up, guards."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from stackwright import configuration
from stackwright.errors import UserInput
from stackwright.finding import Finding
from stackwright.scenarios import Cannot, Effect, Scenario, Stage, Wrong, expect
from stackwright.scenarios.declaration import load
from stackwright.scenarios.runner import play_all
from stackwright.scenarios.stage import Timing


def stage(key: str = "sk_test_x") -> Stage:
    settings = configuration.read({"STRIPE_API_KEY": key}, {})
    return Stage([], settings, "abcdefghijklmnopqrst", "postgresql://nowhere")


def played(
    play: Callable[[Stage], Awaitable[None]], on: Stage | None = None, effect: Effect = "reads"
) -> Finding:
    (found,) = asyncio.run(play_all([Scenario("P1", "buys", play, effect)], on or stage()))
    return found


@pytest.mark.parametrize(
    ("error", "verdict", "detail"),
    [
        (Wrong("the row is gone"), "failed", "the row is gone"),
        (Cannot("there is no wipe"), "skipped", "there is no wipe"),
        (httpx.ConnectError("refused"), "failed", "no answer (ConnectError)"),
        (KeyError("plan"), "failed", "an answer is not what it should be (KeyError: 'plan')"),
    ],
)
def test_how_a_scenario_ends_is_its_verdict(error: Exception, verdict: str, detail: str) -> None:
    async def play(_: Stage) -> None:
        raise error

    assert (played(play).verdict, played(play).detail) == (verdict, detail)


def test_everything_made_is_removed_the_newest_first_and_after_a_failure_too() -> None:
    removed: list[str] = []

    async def remove(name: str) -> None:
        removed.append(name)
        expect(name != "second", "second is still there")

    async def play(on: Stage) -> None:
        on.undo += [lambda: remove("first"), lambda: remove("second"), lambda: remove("third")]
        raise Wrong("the row is gone")

    found = played(play)
    assert removed == ["third", "second", "first"]
    assert (found.verdict, found.detail) == ("failed", "the row is gone; second is still there")


def test_what_cannot_be_removed_is_a_failure_of_a_scenario_that_passed() -> None:
    async def remove() -> None:
        raise Wrong("the probe user is still there")

    async def play(on: Stage) -> None:
        on.undo.append(remove)

    assert played(play).verdict == "failed"


def test_with_a_live_key_what_buys_is_refused_before_it_begins() -> None:
    async def play(_: Stage) -> None:
        raise AssertionError

    found = played(play, stage("sk_live_x"), "pays")
    assert found.verdict == "failed"
    assert "live Stripe key" in found.detail


def test_what_only_reads_is_played_with_a_live_key() -> None:
    async def play(_: Stage) -> None: ...

    assert played(play, stage("sk_live_x")).verdict == "passed"


@pytest.mark.parametrize(("seconds", "verdict"), [(0.1, "passed"), (0.3, "warning")])
def test_what_took_longer_than_its_limit_is_a_warning(seconds: float, verdict: str) -> None:
    async def play(on: Stage) -> None:
        on.timings.append(Timing("look-up", seconds, 0.2))

    found = played(play)
    assert found.verdict == verdict
    assert found.detail == f"look-up {seconds * 1000:.0f} ms (limit 200 ms)"


def test_timings_of_one_scenario_are_not_told_of_the_next() -> None:
    async def slow(on: Stage) -> None:
        on.timings.append(Timing("look-up", 1, 0.2))

    async def play(_: Stage) -> None: ...

    both = [Scenario("A", "", slow), Scenario("B", "", play)]
    assert [f.verdict for f in asyncio.run(play_all(both, stage()))] == ["warning", "passed"]


MODULE = """
from stackwright.scenarios import scenario

@scenario({id!r}, "a title", effect="writes", covers=["R84"])
async def play(stage):
    pass
"""


def folder(root: Path, name: str, **modules: str) -> Path:
    """A package of scenarios; each needs a name of its own, since modules are imported once."""
    made = root / name
    made.mkdir()
    for module, text in modules.items():
        (made / f"{module}.py").write_text(text)
    return made


def test_scenarios_are_found_by_file_and_private_files_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    made = folder(tmp_path, "told", b=MODULE.format(id="B"), a=MODULE.format(id="A"), _c="1 / 0")
    found = load(made)
    assert [(one.id, one.effect, one.covers) for one in found] == [
        ("A", "writes", ("R84",)),
        ("B", "writes", ("R84",)),
    ]


def test_two_scenarios_of_one_id_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    made = folder(tmp_path, "twins", a=MODULE.format(id="A"), b=MODULE.format(id="A"))
    with pytest.raises(UserInput, match="scenario A is declared twice"):
        load(made)


def test_a_project_without_scenarios_has_none(tmp_path: Path) -> None:
    assert load(tmp_path / "scenarios") == []
