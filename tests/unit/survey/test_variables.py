"""Whose a secret or a variable is: names only."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from stackwright.clients import Clients
from stackwright.configuration import Configuration
from stackwright.stack import Resource
from stackwright.survey.site import Site, environment_of
from stackwright.survey.variables import Name, Standing, names

REF = "abcdefghijklmnopqrst"


class Vendors:
    """Supabase with these secrets and Render with these variables; no network."""

    def __init__(self, secrets: dict[str, str], variables: dict[str, str]) -> None:
        self._secrets, self._variables = secrets, variables
        self.supabase_reader = self.render_reader = self

    async def secrets(self, ref: str) -> dict[str, str]:
        assert ref == REF
        return self._secrets

    async def env_vars(self, service: str) -> dict[str, str]:
        assert service == "srv-1"
        return self._variables

    async def service_by_name(self, name: str) -> dict[str, str] | None:
        return {"id": "srv-1"} if name == "shop" else None


def resource(kind: str, name: str, **fields: Any) -> Resource:
    token = f"stackwright:{kind}"
    parts = (fields.get("inputs", {}), fields.get("outputs", {}))
    return Resource(f"urn:pulumi:prod::shop::{token}::{name}", token, fields["id"], *parts)


def declared(service: str = "shop") -> list[Resource]:
    return [
        resource("supabase:Project", "project", id=REF),
        resource("supabase:Secrets", "secrets", id="secrets", inputs={"values": {"KEY": None}}),
        resource("render:Service", "web", id="web", inputs={"name": service}),
        resource(
            "render:EnvVars",
            "env",
            id="env",
            inputs={"service": "web", "values": {"VITE_URL": None, "VITE_NEW": None}},
        ),
    ]


def found(
    program: list[Resource], state: list[Resource], secrets: list[str], variables: list[str]
) -> dict[str, Standing]:
    vendors = Vendors(dict.fromkeys(secrets, "digest"), dict.fromkeys(variables, "value"))
    clients = cast("Clients", vendors)
    site = Site("prod", Path(), Configuration({}), program, state, clients)
    return {name.name: name.standing for name in asyncio.run(names(site))}


def test_before_the_first_up_what_is_there_is_somebody_elses() -> None:
    standing = found(declared(), [], ["KEY", "MAIL_KEY", "SUPABASE_URL"], ["VITE_URL"])
    assert standing == {
        "KEY": Standing.FOREIGN,
        "MAIL_KEY": Standing.UNKNOWN,
        "SUPABASE_URL": Standing.PLATFORM,
        "VITE_URL": Standing.FOREIGN,
        "VITE_NEW": Standing.ABSENT,
    }


def test_after_it_what_was_set_is_managed_lost_or_dropped() -> None:
    state = [
        resource("supabase:Project", "project", id=REF),
        resource("supabase:Secrets", "secrets", id="s", outputs={"names": ["KEY", "OLD", "GONE"]}),
        resource("render:Service", "web", id="srv-1"),
        resource("render:EnvVars", "env", id="srv-1", inputs={"values": {"VITE_URL": "https"}}),
    ]
    assert found(declared("renamed"), state, ["OLD"], ["VITE_URL"]) == {
        "KEY": Standing.LOST,
        "OLD": Standing.DROPPED,
        "VITE_URL": Standing.MANAGED,
        "VITE_NEW": Standing.ABSENT,
    }


def test_a_service_that_is_not_there_yet_lacks_all_its_variables() -> None:
    standing = found(declared("other"), [], [], ["VITE_URL"])
    assert standing["VITE_URL"] is Standing.ABSENT


def test_our_own_marks_are_no_secrets_of_anybody() -> None:
    marked = found(declared(), [], ["STACKWRIGHT_OWNER_SECRETS_A_1"], ["STACKWRIGHT_OWNER"])
    assert set(marked) == {"KEY", "VITE_URL", "VITE_NEW"}


def test_a_name_is_all_that_leaves() -> None:
    fields = set(Name.__dataclass_fields__)
    assert fields == {"place", "name", "standing"}


@pytest.mark.parametrize(("mode", "key"), [("test", "for test"), ("live", "for live")])
def test_each_stack_gets_the_key_of_its_mode(mode: str, key: str) -> None:
    around = {"STRIPE_API_KEY": "the other", "STRIPE_API_KEY_TEST": "for test"}
    around["STRIPE_API_KEY_LIVE"] = "for live"
    assert environment_of({"stackwright:stripeMode": mode}, around)["STRIPE_API_KEY"] == key
    assert environment_of({}, around)["STRIPE_API_KEY"] == "the other"
