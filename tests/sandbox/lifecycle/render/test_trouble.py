"""Secrets, lost answers, rate limits, failed builds and web services."""

import pytest

from stackwright.sandbox.faults import Fault
from tests.engine import Declared, Failed, Program, Ref
from tests.sandbox.lifecycle.render.shop import (
    BACKEND,
    ONCE,
    PRIVATE,
    SITE,
    alive,
    changed,
    deploys,
    variables,
    visit,
    with_title,
)
from tests.sandbox.lifecycle.worlds import Bench, everything


def test_private_variables_are_wrapped_wherever_they_go(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        await shop.engine.up(program)
        await shop.engine.refresh()
        assert PRIVATE not in everything(shop)
        await shop.engine.up(with_title(program, "New"))
        assert variables(shop)["BUILD_PASSWORD"] == PRIVATE
        assert PRIVATE not in everything(shop)

    shop.run(scene)


@pytest.mark.parametrize("path", ["/services$", "/deploys$"])
def test_a_post_whose_answer_is_lost_is_made_once(shop: Bench, program: Program, path: str) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("lost", "render", "POST", path))
        await shop.engine.up(program)
        assert alive(shop) == ONCE
        assert len(deploys(shop)) == 1

    shop.run(scene)


def test_variables_whose_answer_was_lost_are_deployed_by_the_next_run(
    shop: Bench, program: Program
) -> None:
    """Accident A36: the next run said "no changes" and the new values never went live."""

    async def scene() -> None:
        await shop.engine.up(program)
        fault = Fault("lost", "render", "PUT", "/env-vars$", times=None)
        shop.world.faults.add(fault)
        new = with_title(program, "New")
        with pytest.raises(Failed):
            await shop.engine.up(new)
        shop.world.faults.clear()
        assert variables(shop)["VITE_TITLE"] == "New"
        assert await shop.engine.up(new) == ["update env", "update deploy"]
        assert await visit(shop) == "New"

    shop.run(scene)


def test_a_deploy_refused_by_a_rate_limit_is_made_by_the_next_run(
    shop: Bench, program: Program
) -> None:
    """Accident A36, the other way."""

    async def scene() -> None:
        await shop.engine.up(program)
        shop.world.faults.add(
            Fault("status", "render", "POST", "/deploys$", status=429, retry_after=3600)
        )
        new = with_title(program, "New")
        with pytest.raises(Failed, match="429"):
            await shop.engine.up(new)
        assert await shop.engine.up(new) == ["update deploy"]
        assert await visit(shop) == "New"

    shop.run(scene)


def test_a_failed_build_keeps_its_id_tells_why_and_is_tried_again(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        broken = "echo compiling with $BUILD_PASSWORD; echo no such module; exit 3"
        with pytest.raises(Failed, match="no such module") as failure:
            await shop.engine.up(changed(program, "service", build_command=broken))
        assert "build_failed" in str(failure.value)
        assert "compiling with ..." in str(failure.value)
        assert PRIVATE not in str(failure.value) + everything(shop)
        assert shop.engine.saved("deploy").unfinished
        with pytest.raises(Failed, match="no such module"):
            await shop.engine.up(changed(program, "service", build_command=broken))
        assert len(deploys(shop, "build_failed")) == 2
        await shop.engine.up(program)
        assert await visit(shop) == "Shop"
        assert await shop.engine.up(program) == []

    shop.run(scene)


def test_a_deploy_that_takes_too_long_is_waited_for_by_the_next_run(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        slow = changed(program, "service", build_command=f"sleep 0.5; {SITE['build_command']}")
        shop.engine.timeout = 1.0
        with pytest.raises(Failed, match="is still build_in_progress"):
            await shop.engine.up(slow)
        shop.engine.timeout = 0.0
        await shop.engine.up(slow)
        assert len(deploys(shop)) == 1
        assert await visit(shop) == "Shop"

    shop.run(scene)


def test_a_deploy_that_cannot_be_asked_about_keeps_its_id(shop: Bench, program: Program) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("reset", "render", "GET", "/deploys/dep-", times=None))
        with pytest.raises(Failed):
            await shop.engine.up(program)
        assert shop.engine.saved("deploy").unfinished
        shop.world.faults.clear()
        assert await shop.engine.up(program) == ["update deploy"]
        assert len(deploys(shop)) == 1

    shop.run(scene)


def test_one_unknown_variable_does_not_hide_what_leaks_beside_it(
    shop: Bench, program: Program
) -> None:
    async def scene() -> None:
        values = {"VITE_ID": Ref("service"), "VITE_KEY": "sk_live_51Hshop"}
        with pytest.raises(Failed, match=r"values\.VITE_KEY: holds a secret"):
            await shop.engine.preview(changed(program, "env", values=values))

    shop.run(scene)


def test_a_web_service_runs_and_its_fields_change_in_place(shop: Bench, repo: str) -> None:
    async def scene() -> None:
        token = "stackwright:render:Service"
        service = Declared(token, {**BACKEND, "repo": repo})
        deploy = Declared(
            "stackwright:render:Deploy",
            {"service": Ref("api"), "revisions": {"service": Ref("api", "revision")}},
        )
        program: Program = {"api": service, "deploy": deploy}
        await shop.engine.up(program)
        assert "README.md" in await visit(shop)
        for inputs in (
            {"plan": "standard"},
            {"start_command": "python3 -m http.server $PORT --bind 127.0.0.1"},
            {"health_check_path": "/README.md"},
            {"runtime": "node"},
        ):
            writes = shop.writes()
            await shop.engine.up(changed({"api": service}, "api", **inputs))
            assert shop.writes() == writes + 1
        await shop.engine.refresh()
        assert await shop.engine.preview(changed({"api": service}, "api", **inputs)) == []

    shop.run(scene)


def test_a_web_service_that_does_not_start_tells_the_end_of_its_log(shop: Bench, repo: str) -> None:
    async def scene() -> None:
        service = Declared(
            "stackwright:render:Service",
            {**BACKEND, "repo": repo, "start_command": "sh -c 'echo no database; exit 1'"},
        )
        deploy = Declared(
            "stackwright:render:Deploy",
            {"service": Ref("api"), "revisions": {"service": Ref("api", "revision")}},
        )
        with pytest.raises(Failed, match="update_failed"):
            await shop.engine.up({"api": service, "deploy": deploy})

    shop.run(scene)
