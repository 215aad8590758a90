"""Who we are talking to, as the vendors themselves say: one read a vendor and run."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stackwright.configuration import Configuration
from stackwright.errors import Refused

if TYPE_CHECKING:
    from stackwright.clients import Clients


@dataclass(frozen=True)
class Accounts:
    """Who we are talking to, as the vendors themselves say.

    `names`: vendor to account (`test:acct_1`, `tea-1`); `projects`: Supabase ref to `org/ref`.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    projects: Mapping[str, str] = field(default_factory=dict)

    def of(self, vendor: str) -> str | None:
        return self.names.get(vendor)

    def project(self, ref: object) -> str | None:
        """The account of a Supabase project; refuses one that the token cannot see."""
        if not isinstance(ref, str):
            return None
        if ref not in self.projects:
            raise Refused(
                f"the access token sees no Supabase project {ref}. Check the ref and "
                "SUPABASE_ACCESS_TOKEN."
            )
        return self.projects[ref]


async def identify(clients: "Clients", configuration: Configuration) -> Accounts:
    """Ask every vendor that has credentials; refuse a Stripe key of the wrong mode."""
    stripe, render, projects = await asyncio.gather(
        _stripe(clients, configuration),
        _render(clients, configuration),
        _projects(clients, configuration),
    )
    names = {"stripe": stripe, "render": render}
    return Accounts({k: v for k, v in names.items() if v}, projects)


async def _stripe(clients: "Clients", configuration: Configuration) -> str | None:
    if not configuration.get("stripeApiKey"):
        return None
    wanted, reader = configuration.get("stripeMode"), clients.stripe_reader
    if wanted and reader.mode() != wanted:
        raise Refused(
            f"this stack is declared for Stripe's {wanted} mode, but STRIPE_API_KEY is a "
            f"{reader.mode()} key. Export the {wanted} key, or run the other stack."
        )
    return await reader.identity()


async def _render(clients: "Clients", configuration: Configuration) -> str | None:
    has_key = configuration.get("renderApiKey") and configuration.get("renderOwnerId")
    return await clients.render_reader.identity() if has_key else None


async def _projects(clients: "Clients", configuration: Configuration) -> Mapping[str, str]:
    if not configuration.get("supabaseAccessToken"):
        return {}
    return await clients.supabase_reader.identity()
