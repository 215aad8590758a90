"""The functions behind the gateway of the Supabase stand-in, deployed as the deployer does it."""

from pathlib import Path

import psycopg

from stackwright.sandbox.supabase import databases
from stackwright.supabase.bundle import bundle
from tests.product.helpers import ROOT, load_reference_data, migrate
from tests.product.test_running_functions import NOW, SECRET, SETTINGS, signed
from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

CHECKS_JWT = {
    "stripe-events": False,
    "create-checkout-session": True,
    "get-enhanced-lerg-data": True,
    "get-npa-location": True,
    "ping-status": False,
}


async def deploy(sandbox: Sandbox, slug: str, verify_jwt: bool) -> None:
    files = {path: body.decode() for path, body in bundle(ROOT, "functions", slug).files.items()}
    answer = await sandbox.deploy(
        slug,
        files.pop(f"functions/{slug}/index.ts"),
        files=files,
        import_map_path="functions/deno.json",
        verify_jwt=verify_jwt,
    )
    assert answer.status_code == 201, answer.text


def test_the_deployed_functions_serve_their_callers(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        dsn = databases.server(sandbox.world, sandbox.project).dsn()
        migrate(dsn)
        await sandbox.set_secrets(**SETTINGS)
        for slug, verify_jwt in CHECKS_JWT.items():
            await deploy(sandbox, slug, verify_jwt)
        with psycopg.connect(dsn, autocommit=True) as connection:
            load_reference_data(connection)
            await reads_are_answered(sandbox)
            await a_user_becomes_a_customer(sandbox, connection)

    in_sandbox(tmp_path, test, database=True)


async def reads_are_answered(sandbox: Sandbox) -> None:
    ping = await sandbox.call("ping-status")
    assert (ping.status_code, ping.json()["environment"], ping.json()["db"]) == (200, REF, True)
    npa = {"npa": "416"}
    assert (await sandbox.call("get-npa-location", "POST", json=npa)).status_code == 401
    found = await sandbox.call("get-npa-location", "POST", json=npa, headers=sandbox.anon)
    assert found.json()["state_province_name"] == "Ontario"
    all_of_them = await sandbox.call("get-enhanced-lerg-data", "POST", headers=sandbox.anon)
    assert len(all_of_them.json()["npas"]) == all_of_them.json()["statistics"]["total"] == 450
    order = await sandbox.call("create-checkout-session", "POST", json={}, headers=sandbox.anon)
    assert order.json() == {"error": "Sign in first: the token names no user."}


async def a_user_becomes_a_customer(sandbox: Sandbox, connection: psycopg.Connection) -> None:
    signed_up = await sandbox.gateway.post(
        f"/{REF}/auth/v1/signup",
        json={"email": "a@example.com", "password": "correct horse"},
        headers=sandbox.anon,
    )
    user = signed_up.json()["user"]["id"]
    read = "select subscription_status from public.profiles where id = %s"
    assert connection.execute(read, (user,)).fetchone() == ("trial",)
    period = {"current_period_start": NOW, "current_period_end": NOW + 86_400}
    subscription = {"id": "sub_1", "status": "active", "metadata": {"user_id": user}, **period}
    event = {"id": "evt_1", "type": "customer.subscription.created", "created": NOW}
    content, headers = signed(event | {"data": {"object": subscription}}, SECRET)
    received = await sandbox.call("stripe-events", "POST", content=content, headers=headers)
    assert received.json()["outcome"] == "applied"
    assert connection.execute(read, (user,)).fetchone() == ("active",)
