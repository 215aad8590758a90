"""The vendor clients of one run, made when first asked for.

Readers and clients are separate objects with separate transports: a reader's transport refuses
everything that is not a read, whatever its caller meant.
"""

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar
from urllib.parse import quote

import httpx

from stackwright.clock import SYSTEM, Clock
from stackwright.configuration import Configuration
from stackwright.http.client import Wiring
from stackwright.http.rate_limit import Notice, silent
from stackwright.render.client import RenderClient, RenderReader
from stackwright.stripe.client import StripeClient, StripeReader
from stackwright.supabase.auth_admin import AuthClient
from stackwright.supabase.client import SupabaseClient, SupabaseReader

S = TypeVar("S", bound=StripeReader)
R = TypeVar("R", bound=RenderReader)
B = TypeVar("B", bound=SupabaseReader)

SESSION_PORT, TRANSACTION_PORT = 5432, 6543

Transports = Callable[[str], httpx.AsyncBaseTransport | None]
"""Vendor to transport; None means the network. Tests pass in-process applications."""


def network(vendor: str) -> httpx.AsyncBaseTransport | None:
    """The default: every vendor is reached over the network."""
    return None


class Clients:
    """Readers and clients of the three vendors over one configuration."""

    def __init__(
        self,
        configuration: Configuration,
        transports: Transports = network,
        clock: Clock = SYSTEM,
        notice: Notice = silent,
    ) -> None:
        self._configuration = configuration
        self._transports = transports
        self._clock = clock
        self._notice = notice

    @cached_property
    def stripe_reader(self) -> StripeReader:
        return self._stripe(StripeReader)

    @cached_property
    def stripe(self) -> StripeClient:
        return self._stripe(StripeClient)

    @cached_property
    def render_reader(self) -> RenderReader:
        return self._render(RenderReader)

    @cached_property
    def render(self) -> RenderClient:
        return self._render(RenderClient)

    @cached_property
    def supabase_reader(self) -> SupabaseReader:
        return self._supabase(SupabaseReader)

    @cached_property
    def supabase(self) -> SupabaseClient:
        return self._supabase(SupabaseClient)

    def auth(self, ref: str, key: str) -> AuthClient:
        """The users of one project; `key` is its service role's."""
        return AuthClient(key, self._configuration.project_url(ref), **self._wiring("auth"))

    def _stripe(self, kind: type[S]) -> S:
        return kind(
            self._configuration.require("stripeApiKey"),
            base_url=self._configuration.endpoints["STRIPE_API_BASE"],
            **self._wiring("stripe"),
        )

    def _render(self, kind: type[R]) -> R:
        return kind(
            self._configuration.require("renderApiKey"),
            self._configuration.require("renderOwnerId"),
            base_url=self._configuration.endpoints["RENDER_HOST"],
            **self._wiring("render"),
        )

    def _supabase(self, kind: type[B]) -> B:
        return kind(
            self._configuration.require("supabaseAccessToken"),
            base_url=self._configuration.endpoints["SUPABASE_API_ENDPOINT"],
            **self._wiring("supabase"),
        )

    def _wiring(self, vendor: str) -> Wiring:
        transport = self._transports(vendor)
        return {"transport": transport, "clock": self._clock, "notice": self._notice}

    async def database_address(self, ref: str) -> str:
        """`user@host:port/database` of a project's session pooler (never transaction mode)."""
        self._configuration.require_connection()
        pooler = await self.supabase_reader.pooler(ref)
        port = SESSION_PORT if pooler["db_port"] == TRANSACTION_PORT else pooler["db_port"]
        user = quote(pooler["db_user"], safe="")
        return f"{user}@{pooler['db_host']}:{port}/{pooler['db_name']}"
