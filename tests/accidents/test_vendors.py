"""What vendors were told wrongly: too much, too little, twice, or in the wrong order."""

import pytest

from stackwright.sandbox.stripe import webhook_endpoints
from tests.engine import Declared, Failed, Killed, Program
from tests.sandbox.lifecycle.render import shop as render
from tests.sandbox.lifecycle.supabase import shop as supabase
from tests.sandbox.lifecycle.test_stripe import ENDPOINT, account, live, run
from tests.sandbox.lifecycle.worlds import Bench, everything, hidden

ADOPTED = {**ENDPOINT.inputs, "adopt": True}
SIGNING = "a-signing-secret-of-no-known-shape"


def theirs(shop: Bench) -> str:
    """The id of an endpoint that somebody made by hand."""
    made = webhook_endpoints.create(account(shop), ENDPOINT.inputs)
    return str(made["id"])


def test_a3_an_adopted_endpoint_is_never_replaced_and_its_unknown_secret_is_said(
    on_stripe: Bench,
) -> None:
    async def scene() -> None:
        endpoint = theirs(on_stripe)
        with pytest.raises(Failed, match="Stripe never tells its secret again"):
            await on_stripe.engine.up({"endpoint": Declared(ENDPOINT.token, ADOPTED)})
        newer = {**ADOPTED, "signing_secret": hidden(SIGNING), "api_version": "2024-06-20"}
        with pytest.raises(Failed, match="api_version"):
            await on_stripe.engine.up({"endpoint": Declared(ENDPOINT.token, newer)})
        assert [found["id"] for found in live(on_stripe, "webhook_endpoint")] == [endpoint]

    run(scene)


def test_a4_the_secret_of_an_adopted_endpoint_can_be_given_and_is_never_shown(
    on_stripe: Bench,
) -> None:
    async def scene() -> None:
        endpoint = theirs(on_stripe)
        given = Declared(ENDPOINT.token, {**ADOPTED, "signing_secret": hidden(SIGNING)})
        await on_stripe.engine.up({"endpoint": given})
        saved = on_stripe.engine.saved("endpoint")
        assert saved.id == endpoint
        assert saved.outputs["secret"].value == SIGNING
        await on_stripe.engine.refresh()
        assert await on_stripe.engine.up({"endpoint": given}) == []
        assert SIGNING not in everything(on_stripe)

    run(scene)


def test_a17_secrets_that_are_not_ours_stay_when_all_of_ours_go(on_supabase: Bench) -> None:
    async def scene() -> None:
        supabase.put_secret(on_supabase, "DASHBOARD", "keep me")
        await on_supabase.engine.up(supabase.program(on_supabase))
        assert on_supabase.engine.saved("secrets").outputs["unmanaged"] == ["DASHBOARD"]

        await on_supabase.engine.destroy()

        assert supabase.every_secret(on_supabase) == {"DASHBOARD": "keep me"}

    supabase.play(on_supabase, scene)


def test_a19_the_first_release_has_its_variables(on_render: Bench, program: Program) -> None:
    async def scene() -> None:
        await on_render.engine.up(program)
        assert len(render.deploys(on_render)) == 1
        assert await render.visit(on_render) == "Shop"

    on_render.run(scene)


def test_a20_a_suspended_service_is_updated_without_a_deploy_and_says_so(
    on_render: Bench, program: Program
) -> None:
    async def scene() -> None:
        await on_render.engine.up(program)
        (service,) = render.services(on_render)
        await render.call(on_render, "POST", f"/services/{service['id']}/suspend")
        new = render.with_title(program, "New")
        await on_render.engine.up(new)
        assert "shop is suspended: updated without a deploy" in on_render.log
        assert render.variables(on_render)["VITE_TITLE"] == "New"
        assert len(render.deploys(on_render)) == 1
        assert await on_render.engine.up(new) == []

    on_render.run(scene)


def test_a21_the_token_check_survives_every_upload(on_supabase: Bench) -> None:
    async def scene() -> None:
        await on_supabase.engine.up(supabase.program(on_supabase))
        for path in ("functions/_shared/time.ts", "functions/_shared/money.ts"):
            supabase.write(on_supabase.world.root, path, supabase.SOURCES[path] + "\n")
        await on_supabase.engine.up(supabase.program(on_supabase))
        found = supabase.functions(on_supabase)
        assert {slug: f["verify_jwt"] for slug, f in found.items()} == supabase.VERIFY

    supabase.play(on_supabase, scene)


def test_a28_and_a37_a_shared_file_uploads_those_that_import_it_and_publishes_once(
    on_supabase: Bench,
) -> None:
    async def scene() -> None:
        await on_supabase.engine.up(supabase.program(on_supabase))
        root = on_supabase.world.root
        supabase.write(root, "functions/_shared/money.ts", "export const money = 2;")
        uploads = on_supabase.writes("/deploy$")
        publishes = on_supabase.writes("/functions$")
        changed = supabase.program(on_supabase)
        assert await on_supabase.engine.up(changed) == ["update functions"]
        assert on_supabase.writes("/deploy$") == uploads + 2
        assert on_supabase.writes("/functions$") == publishes + 1
        assert supabase.versions(on_supabase) == {"pay": 2, "refund": 2, "ping": 1}

    supabase.play(on_supabase, scene)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VITE_STRIPE_SECRET_KEY", "anything"),
        ("VITE_KEY", "sk_live_51Hshop"),
        ("NEXT_PUBLIC_DB", "postgresql://postgres@db/shop"),
    ],
)
def test_a29_a_secret_in_a_public_variable_is_refused_by_its_name(
    on_render: Bench, program: Program, name: str, value: str
) -> None:
    async def scene() -> None:
        values = {"VITE_TITLE": "Shop", name: value}
        leaking = render.changed(program, "env", values=values)
        with pytest.raises(Failed, match=rf"values\.{name}: holds a secret") as failure:
            await on_render.engine.preview(leaking)
        assert value not in str(failure.value)

    on_render.run(scene)


@pytest.mark.parametrize("killed_after", render.NAMES)
def test_a34_one_run_after_a_kill_in_the_first_one_everything_is_there_once(
    on_render: Bench, program: Program, killed_after: str
) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await on_render.engine.up(program, kill_after=killed_after)
        services = {service["id"] for service in render.services(on_render)}

        await on_render.engine.up(program)

        assert {service["id"] for service in render.services(on_render)} == services
        assert render.alive(on_render) == render.ONCE
        assert await on_render.engine.up(program) == []

    on_render.run(scene)
