"""Checks of a rolled-out stack that take more than one query: a product writes them in Python.

A product's folder `scenarios/` holds modules of coroutines marked with `@scenario`; the command
`stackwright verify` finds and runs them:

    @scenario("P1", "a monthly subscription is active", effect="pays", covers=("R75",))
    async def monthly(stage: Stage) -> None:
        user = await stage.sign_up()
        ...
        expect(row["subscription_status"] == "active", f"the status is {row[...]}")
"""

from stackwright.scenarios.declaration import Cannot, Effect, Scenario, Wrong, expect, scenario
from stackwright.scenarios.stage import Stage, User

__all__ = ["Cannot", "Effect", "Scenario", "Stage", "User", "Wrong", "expect", "scenario"]
