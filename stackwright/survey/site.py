"""A stack and where it lives: its configuration, its resources, its database, its vendors.

Everything is of this one stack, so that two of them can be looked at in one run: the stack's own
configuration comes first, then the environment, where `STRIPE_API_KEY_TEST` and
`STRIPE_API_KEY_LIVE` are the keys of the modes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from stackwright import configuration
from stackwright.clients import Clients
from stackwright.configuration import Configuration
from stackwright.errors import Refused, UserInput
from stackwright.stack import Resource, Stack, of_type
from stackwright.stripe.client import mode_of
from stackwright.survey import program

PROJECT = "stackwright:supabase:Project"


@dataclass(frozen=True)
class Site:
    """One stack. `declared`: what its program says; `resources`: what its state says."""

    name: str
    folder: Path
    settings: Configuration
    declared: list[Resource]
    resources: list[Resource]
    clients: Clients = field(repr=False)

    @classmethod
    def open(cls, stack: Stack) -> "Site":
        """Ask Pulumi for configuration and state and the program for its resources."""
        environment = environment_of(stack.config(), stack.environment)
        settings = configuration.read(environment, {})
        _refuse_wrong_mode(stack.name, settings)
        told = program.declared(stack.folder, stack.project(), stack.name, environment)
        return cls(stack.name, stack.folder, settings, told, stack.resources(), Clients(settings))

    @property
    def is_new(self) -> bool:
        """Whether nothing has been rolled out yet."""
        return not any(of_type(self.resources, PROJECT))

    @cached_property
    def ref(self) -> str:
        """The Supabase project: of the state, before the first `up` of the program."""
        known = [*of_type(self.resources, PROJECT), *of_type(self.declared, PROJECT)]
        if not known:
            raise UserInput(f"stack {self.name} declares no supabase.Project: nothing to look at")
        return known[0].id

    def rolled_out(self, declared: Resource) -> Resource | None:
        """What the state holds of a declared resource."""
        wanted = (declared.type, declared.name)
        return next((r for r in self.resources if (r.type, r.name) == wanted and r.id), None)

    async def database(self) -> str:
        """The connection string of its database."""
        given = self.settings.get("databaseUrl")
        if given:
            return given
        address = await self.clients.database_address(self.ref)
        password = self.settings.require("supabaseDbPassword")
        return configuration.with_password(address, password)

    def service(self, of: Resource) -> Resource | None:
        """The declared Render service that a declared resource is about."""
        services = of_type(self.declared, "stackwright:render:Service")
        return next((one for one in services if one.id == of.inputs.get("service")), None)

    async def service_id(self, service: Resource) -> str | None:
        """Render's id of a declared service: of the state, else by its name; None: not there."""
        known = self.rolled_out(service)
        if known is not None:
            return known.id
        found = await self.clients.render_reader.service_by_name(service.inputs["name"])
        return str(found["id"]) if found else None


def environment_of(config: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` as the engine would give it to this stack's program."""
    mode = config.get("stackwright:stripeMode", "").upper()
    names = ("STRIPE_API_KEY", "STRIPE_PUBLISHABLE_KEY")
    keys = {n: environment[f"{n}_{mode}"] for n in names if f"{n}_{mode}" in environment}
    return {**environment, **keys, "PULUMI_CONFIG": json.dumps(dict(config))}


def _refuse_wrong_mode(stack: str, settings: Configuration) -> None:
    key, wanted = settings.get("stripeApiKey"), settings.get("stripeMode")
    if key and wanted and mode_of(key) != wanted:
        raise Refused(
            f"stack {stack} is declared for Stripe's {wanted} mode, but STRIPE_API_KEY is a "
            f"{mode_of(key)} key. Export STRIPE_API_KEY_{wanted.upper()}."
        )
