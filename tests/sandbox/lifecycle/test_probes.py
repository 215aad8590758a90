"""The life of the probes, over a product of a few lines."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from stackwright.sandbox.faults import Fault
from stackwright.sandbox.world import World
from tests.engine import Declared, Failed, Killed, Program
from tests.sandbox.lifecycle.worlds import Bench, bench, everything, hidden

SIGNS, TOKEN = "whsec_of_the_endpoint", "a-token-that-nobody-may-read"
HOME = Declared(
    "stackwright:probes:Http",
    {"url": "http://shop.test/", "contains": "Welcome", "revisions": {"deploy": "dep-1"}},
)
SIGNED = Declared(
    "stackwright:probes:StripeEvent",
    {"url": "http://shop.test/hook", "secret": hidden(SIGNS), "revisions": {"functions": "1"}},
)
PROGRAM: Program = {"home": HOME, "signed": SIGNED}


def product(world: World) -> Starlette:
    """A page, one that wants a token and tells it, and a receiver of Stripe's events."""

    async def page(_request: Request) -> Response:
        return PlainTextResponse(world.setting("page", "Welcome"))

    async def private(request: Request) -> Response:
        return PlainTextResponse(f"no: {'.' * 180} {request.headers.get('x-token')}", 403)

    async def receive(request: Request) -> Response:
        body, signature = await request.body(), request.headers["stripe-signature"]
        stamp, _, given = signature.removeprefix("t=").partition(",v1=")
        key = world.setting("signs", SIGNS).encode()
        wanted = hmac.new(key, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return PlainTextResponse(
            "ok", 200 if given == wanted or world.setting("lax", False) else 400
        )

    return Starlette(
        routes=[
            Route("/", page),
            Route("/private", private),
            Route("/hook", receive, methods=["POST"]),
        ]
    )


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    return bench(tmp_path, {"probes": product})


def changed(name: str, /, **inputs: Any) -> Program:
    declared = PROGRAM[name]
    return {**PROGRAM, name: Declared(declared.token, {**declared.inputs, **inputs})}


def test_probes_once_then_a_second_run_asks_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.up(PROGRAM) == ["create home", "create signed"]
        assert shop.requests() == 3
        assert await shop.engine.up(PROGRAM) == []
        assert await shop.engine.preview(PROGRAM) == []
        assert shop.requests() == 3

    shop.run(scene)


def test_a_preview_asks_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert len(await shop.engine.preview(PROGRAM)) == 2
        await shop.engine.up(PROGRAM)
        asked = shop.requests()
        changes = changed("home", revisions={"deploy": "dep-2"})
        assert await shop.engine.preview(changes) == ["update home"]
        assert shop.requests() == asked

    shop.run(scene)


@pytest.mark.parametrize(
    ("name", "revisions"), [("home", {"deploy": "dep-2"}), ("signed", {"functions": "2"})]
)
def test_a_new_revision_is_probed_again(shop: Bench, name: str, revisions: dict[str, str]) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        asked = shop.requests()
        assert await shop.engine.up(changed(name, revisions=revisions)) == [f"update {name}"]
        assert shop.requests() > asked

    shop.run(scene)


def test_more_patience_alone_is_no_reason_to_probe(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        assert await shop.engine.up(changed("home", patience=1.0)) == []

    shop.run(scene)


def test_another_address_replaces_the_probe(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        new = changed("home", url="http://shop.test/?again")
        assert await shop.engine.up(new) == ["create home", "delete home"]

    shop.run(scene)


def test_an_answer_that_comes_late_is_waited_for(shop: Bench) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("status", "probes", times=2, status=503))
        shop.world.faults.add(Fault("reset", "probes", times=1))
        await shop.engine.up(PROGRAM)
        assert shop.requests() == 6

    shop.run(scene)


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("page", "Under construction", "GET http://shop.test/ answered 200, but without 'Welcome'"),
        ("signs", "whsec_of_another", "POST http://shop.test/hook answered 400 instead of 200"),
        ("lax", True, "POST http://shop.test/hook answered 200 instead of 400"),
    ],
)
def test_a_wrong_answer_stops_the_rollout_and_is_probed_again_by_the_next_run(
    shop: Bench, setting: str, value: Any, words: str
) -> None:
    async def scene() -> None:
        shop.world.set_setting(setting, value)
        with pytest.raises(Failed, match=words):
            await shop.engine.up(PROGRAM)
        with pytest.raises(Failed, match=words):
            await shop.engine.up(PROGRAM)
        shop.world.set_setting(setting, None)
        await shop.engine.up(PROGRAM)
        assert await shop.engine.up(PROGRAM) == []

    shop.run(scene)


def test_a_probe_that_turns_red_on_an_update_stays_red_until_it_is_green(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(PROGRAM)
        new = changed("home", revisions={"deploy": "dep-2"})
        shop.world.set_setting("page", "Under construction")
        for _ in range(2):
            with pytest.raises(Failed, match="without 'Welcome'"):
                await shop.engine.up(new)
        shop.world.set_setting("page", None)
        assert await shop.engine.up(new) == ["update home"]
        assert await shop.engine.up(new) == []

    shop.run(scene)


def test_no_answer_is_told_with_its_address(shop: Bench) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("reset", "probes", times=None))
        with pytest.raises(Failed, match=r"GET http://shop.test/ gave no answer \(ReadError\)"):
            await shop.engine.up(PROGRAM)

    shop.run(scene)


def test_what_is_secret_about_a_probe_is_never_shown(shop: Bench) -> None:
    """Headers, the query of an address, and the secret that signs."""

    async def scene() -> None:
        address = hidden(f"http://shop.test/private?token={TOKEN}")
        inputs = {"url": address, "headers": {"x-token": TOKEN}, "status": 200}
        probe = {"private": Declared(HOME.token, inputs)}
        with pytest.raises(Failed, match=r"answered 403 instead of 200: no: \.\.\.") as failure:
            await shop.engine.up(probe)
        shown = str(failure.value) + everything(shop)
        await shop.engine.up(PROGRAM)
        shown += everything(shop)
        for secret in (TOKEN, TOKEN[:8], SIGNS):
            assert secret not in shown

    shop.run(scene)


@pytest.mark.parametrize("name", ["home", "signed"])
def test_killed_renamed_or_refreshed_probes_are_harmless(shop: Bench, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(PROGRAM, kill_after=name)
        await shop.engine.up(PROGRAM)
        await shop.engine.refresh()
        assert await shop.engine.up(PROGRAM) == []
        renamed = {("renamed" if key == name else key): value for key, value in PROGRAM.items()}
        with pytest.raises(Killed):
            await shop.engine.up(renamed, kill_before_delete=True)
        assert await shop.engine.up(renamed) == [f"delete {name}"]
        state = dict(shop.engine.state)
        await shop.engine.destroy()
        shop.engine.state = state
        await shop.engine.destroy()
        assert len(await shop.engine.up(PROGRAM)) == 2

    shop.run(scene)


def test_a_body_in_a_get_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match="body: a GET has no body"):
            await shop.engine.preview(changed("home", body="x"))

    shop.run(scene)
