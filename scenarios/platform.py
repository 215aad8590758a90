"""V9 and V15 to V20: what functions, web app, secrets and Stripe are, beside the declaration."""

import hashlib
import time

import httpx

from components.billing import EVENTS
from components.edge_functions import ANNUAL, FUNCTIONS, KEY, MONTHLY
from stackwright.http.client import network
from stackwright.probes.stripe_event import event_request
from stackwright.render.bundle import files
from stackwright.scenarios import Stage, Wrong, expect, scenario

LOOK_UP_LIMIT = 0.2
"""Seconds (R86)."""
KNOWN = {
    "212": ("New York", "us-domestic"),
    "416": ("Ontario", "canadian"),
    "787": ("Puerto Rico", "us-territory"),
    "264": (None, "caribbean"),
}


@scenario("V9", "the area-code functions answer what the table holds", covers=["R86"])
async def area_codes(stage: Stage) -> None:
    """Four well-known codes, then all of them."""
    for npa, wanted in KNOWN.items():
        found = await stage.answer("get-npa-location", {"npa": npa}, limit=LOOK_UP_LIMIT)
        told = (found["state_province_name"], found["category"])
        expect(told == wanted, f"NPA {npa} is {told} instead of {wanted}")
    whole = await stage.answer("get-enhanced-lerg-data")
    total = await stage.row("select count(*) as n from public.enhanced_lerg where is_active")
    told = (len(whole["npas"]), whole["statistics"]["total"])
    expect(told == (total["n"], total["n"]), f"records and total are {told}, not {total['n']}")


@scenario("V15", "the Stripe functions are deployed", covers=["R83"])
async def stripe_functions(stage: Stage) -> None:
    """Five; six where users may cancel in the app."""
    found = await stage.clients.supabase_reader.functions(stage.project)
    wanted = {f.slug for f in FUNCTIONS if f.group == "stripe" and f.switch is None}
    expect(wanted <= found.keys(), f"not deployed: {', '.join(sorted(wanted - found.keys()))}")


@scenario("V16", "a signed test event is answered 200", covers=["R74"])
async def signed_event(stage: Stage) -> None:
    """Signed with the endpoint's own secret; the type is one that nothing acts upon."""
    endpoint, secret = stage.resource("events"), stage.secret("events", "secret")
    request = event_request(endpoint.inputs["url"], secret, int(time.time()))
    async with httpx.AsyncClient(transport=network(request.url)) as client:
        answer = await client.send(request)
    expect(answer.status_code == 200, f"it was answered {answer.status_code}")


@scenario("V18", "the functions are those declared, and no debug function on prod", covers=["R50"])
async def function_list(stage: Stage) -> None:
    """Functions of others may be there; `verify` lists them as a warning."""
    found = await stage.clients.supabase_reader.functions(stage.project)
    wanted = stage.resource("functions").inputs["functions"]
    missing = sorted(wanted.keys() - found.keys())
    expect(not missing, f"not deployed: {', '.join(missing)}")
    debug = {f.slug for f in FUNCTIONS if f.group == "debug"} & found.keys()
    expect(not (stage.is_live and debug), f"debug functions are deployed: {', '.join(debug)}")


@scenario("V19", "the web app loads and talks to this stack's project", covers=["R61"])
async def web_app(stage: Stage) -> None:
    """Its scripts name the project and both price ids. Console errors need a browser."""
    page = stage.resource("service").outputs["url"]
    async with httpx.AsyncClient(transport=network(httpx.URL(page))) as client:
        answer = await client.get(page)
        expect(answer.is_success, f"{page} answered {answer.status_code}")
        text = "".join((await files(client, str(answer.url), answer.text)).values())
    named = {
        "this project": stage.configuration.project_url(stage.project),
        "the monthly price": stage.resource("monthly").id,
        "the annual price": stage.resource("annual").id,
    }
    absent = [what for what, value in named.items() if value not in text]
    expect(not absent, f"the built web app does not name {', '.join(absent)}")


@scenario("V20", "secrets, keys, prices and endpoint are of one account and mode",
          covers=["R61", "R72", "R77"])  # fmt: skip
async def one_account(stage: Stage) -> None:
    """Only digests of secrets can be read; they are those of the price ids and of our key."""
    stripe = stage.clients.stripe_reader  # refuses objects of another mode
    wanted = {KEY: stage.configuration.require("stripeApiKey")}
    for name, resource in ((MONTHLY, "monthly"), (ANNUAL, "annual")):
        wanted[name] = stage.resource(resource).id
        price = await stripe.price(wanted[name])
        expect(bool(price and price["active"]), f"this account has no active price {resource}")
    held = await stage.clients.supabase_reader.secrets(stage.project)
    for name, value in wanted.items():
        same = held.get(name) == hashlib.sha256(value.encode()).hexdigest()
        expect(same, f"secret {name} is not the one of this account and mode")
    await _endpoint(stage)
    await _publishable_key(stage)


async def _endpoint(stage: Stage) -> None:
    """Of our account, for our own URL, with the six events, signing with the secret in use."""
    held = await stage.clients.stripe_reader.webhook_endpoint(stage.resource("events").id)
    if held is None:
        raise Wrong("this account has no such webhook endpoint")
    url = stage.url("functions/v1/stripe-events")
    expect(held["url"] == url, f"the endpoint is for {held['url']}")
    expect(sorted(held["enabled_events"]) == sorted(EVENTS), "the endpoint has other events")
    expect(held["status"] == "enabled", f"the endpoint is {held['status']}")
    secret = stage.secret("events", "secret").encode()
    secrets = await stage.clients.supabase_reader.secrets(stage.project)
    same = secrets.get("STRIPE_WEBHOOK_SECRET") == hashlib.sha256(secret).hexdigest()
    expect(same, "secret STRIPE_WEBHOOK_SECRET is not the one of this endpoint")


async def _publishable_key(stage: Stage) -> None:
    service = stage.resource("service").id
    values = await stage.clients.render_reader.env_vars(service)
    key = values.get("VITE_STRIPE_PUBLISHABLE_KEY", "")
    mode = "live" if stage.is_live else "test"
    expect(key.startswith(f"pk_{mode}_"), f"the web app's publishable key is no {mode} key")
