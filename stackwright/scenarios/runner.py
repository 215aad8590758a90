"""Plays scenarios one after another, cleans up after each, and says how each ended."""

from collections.abc import Iterable

import httpx

from stackwright.errors import StackwrightError
from stackwright.finding import Finding
from stackwright.scenarios.declaration import Cannot, Scenario
from stackwright.scenarios.stage import Stage


async def play_all(scenarios: Iterable[Scenario], stage: Stage) -> list[Finding]:
    """One finding a scenario, in their order."""
    return [await _played(one, stage) for one in scenarios]


async def _played(one: Scenario, stage: Stage) -> Finding:
    if one.effect == "pays" and stage.is_live:
        detail = "refused: a live Stripe key is configured, and this buys something"
        return Finding(one.name, "failed", detail, one.covers)
    stage.timings.clear()
    verdict, detail = await _outcome(one, stage)
    slow = verdict == "passed" and any(timing.is_slow for timing in stage.timings)
    told = [detail, *map(str, stage.timings)]
    return Finding(
        one.name, "warning" if slow else verdict, "; ".join(filter(None, told)), one.covers
    )


async def _outcome(one: Scenario, stage: Stage) -> tuple[str, str]:
    """How playing and cleaning up went; what went wrong first is told."""
    verdict, detail = await _attempt(one, stage)
    try:
        await stage.clean_up()
    except (StackwrightError, httpx.HTTPError) as error:
        return "failed", "; ".join(filter(None, [detail, _sentence(error)]))
    return verdict, detail


async def _attempt(one: Scenario, stage: Stage) -> tuple[str, str]:
    try:
        await one.play(stage)
    except Cannot as reason:
        return "skipped", str(reason)
    except (StackwrightError, httpx.HTTPError) as error:
        return "failed", _sentence(error)
    except (KeyError, TypeError, ValueError) as error:
        return "failed", f"an answer is not what it should be ({type(error).__name__}: {error})"
    return "passed", ""


def _sentence(error: Exception) -> str:
    if isinstance(error, httpx.HTTPError):
        return f"no answer ({type(error).__name__})"
    return str(error)
