"""What a controller may use in one call: clients, clock, log, and nothing global.

`Reading` is all that Check, Diff, Read and every preview get: its clients have no method that
writes, and their transport refuses one all the same. Only a real Create, Update or Delete gets
a `Writing`.
"""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import httpx

from stackwright import ownership
from stackwright.accounts import Accounts
from stackwright.clock import SYSTEM, Clock
from stackwright.configuration import Configuration, with_password
from stackwright.errors import StackwrightError, UserInput
from stackwright.ownership import Owner
from stackwright.values import Json

if TYPE_CHECKING:  # the clients' packages hold the resources, which need this module
    from stackwright.clients import Clients
    from stackwright.render.client import RenderClient, RenderReader
    from stackwright.stripe.client import StripeClient, StripeReader
    from stackwright.supabase.client import SupabaseClient, SupabaseReader


CONNECT_SECONDS = 5.0


class Interrupted(StackwrightError):
    """The user pressed Ctrl-C while we waited; what exists is kept in state."""


class Engine(Protocol):
    """Where messages go: the engine's log, or a list in a test."""

    async def log(
        self, urn: str, text: str, *, level: str = "info", ephemeral: bool = False
    ) -> None:
        """`level` is debug, info, warning or error; ephemeral text is a status column."""


class Quiet:
    """An engine that nobody listens to."""

    async def log(
        self, urn: str, text: str, *, level: str = "info", ephemeral: bool = False
    ) -> None:
        return None


class InterruptibleClock:
    """A clock whose sleep ends at once when the run is cancelled."""

    def __init__(self, clock: Clock, cancelled: asyncio.Event) -> None:
        self._clock = clock
        self._cancelled = cancelled

    def now(self) -> float:
        return self._clock.now()

    async def sleep(self, seconds: float) -> None:
        if not self._cancelled.is_set():
            await self._race(asyncio.ensure_future(self._clock.sleep(seconds)))
        if self._cancelled.is_set():
            raise Interrupted("interrupted while waiting; run `pulumi up` again to go on")

    async def _race(self, nap: "asyncio.Future[None]") -> None:
        alarm = asyncio.ensure_future(self._cancelled.wait())
        both: list[asyncio.Future[Any]] = [nap, alarm]
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for pending in both:
            pending.cancel()


@dataclass
class Session:
    """One plugin process: everything that its calls share."""

    stack: str
    """`project/stack`."""
    configuration: Configuration
    clients: "Clients"
    accounts: Accounts = field(default_factory=Accounts)
    engine: Engine = field(default_factory=Quiet)
    clock: Clock = SYSTEM
    root: Path = field(default_factory=Path.cwd)
    """The folder of Pulumi.yaml; relative paths in a program start there."""
    probe_transport: httpx.AsyncBaseTransport | None = None
    """How probes reach the product; None means the network."""
    claims: dict[str, str] = field(default_factory=dict)
    """What the program declares, and the URN that does."""
    turns: dict[str, asyncio.Lock] = field(default_factory=dict)
    reachable: dict[str, bool] = field(default_factory=dict)
    """Addresses of databases, and whether somebody listened there in this run."""

    async def answers(self, address: str) -> bool:
        """Whether somebody listens at `user@host:port/database`; looked once a run.

        A project that was restored, or a sandbox that was set up again, has moved.
        """
        if address not in self.reachable:
            self.reachable[address] = await _listens(address)
        return self.reachable[address]

    def reading(self, urn: str) -> "Reading":
        return Reading(self, urn)

    def writing(self, urn: str, timeout: float | None = None) -> "Writing":
        return Writing(self, urn, timeout)


class Reading:
    """The context of Check, Diff, Read and every preview."""

    def __init__(self, session: Session, urn: str) -> None:
        self._session = session
        self.urn = urn
        self.stack = session.stack
        self.clock = session.clock
        self.root = session.root

    @property
    def stripe(self) -> "StripeReader":
        return self._session.clients.stripe_reader

    @property
    def render(self) -> "RenderReader":
        return self._session.clients.render_reader

    @property
    def supabase(self) -> "SupabaseReader":
        return self._session.clients.supabase_reader

    def project_url(self, ref: str) -> str:
        """The public URL of a Supabase project."""
        return self._session.configuration.project_url(ref)

    @property
    def over_query(self) -> bool:
        """Whether migrations go through the Management API instead of a connection."""
        return self._session.configuration.over_query

    async def database_address(self, ref: str, known: str | None = None) -> str:
        """`user@host:port/database` of a project: from state if it is there, else asked for."""
        self._session.configuration.require_connection()
        if self._session.configuration.get("databaseUrl"):
            return ""
        if known and await self._session.answers(known):
            return known
        return await self._session.clients.database_address(ref)

    def database_url(self, address: str) -> str:
        """The connection string for an address; as configured when one is configured."""
        configuration = self._session.configuration
        configured = configuration.get("databaseUrl")
        return configured or with_password(address, configuration.require("supabaseDbPassword"))

    async def other_database_url(self, ref: str) -> str:
        """The connection string of another project that the same token sees."""
        self._session.accounts.project(ref)
        address = await self._session.clients.database_address(ref)
        return with_password(address, self._session.configuration.database_password(ref))

    @property
    def backup_key(self) -> str | None:
        """What backups are encrypted with, as configured; none: they are not."""
        return self._session.configuration.get("backupKey")

    def is_claimed(self, claim: str) -> bool:
        """Whether another resource of this run declares it: then it must not be removed."""
        return self._session.claims.get(claim, self.urn) != self.urn

    async def log(self, text: str) -> None:
        """A message that stays: what a person should read in a preview."""
        await self._session.engine.log(self.urn, text)

    async def warn(self, text: str) -> None:
        await self._session.engine.log(self.urn, text, level="warning")

    async def status(self, text: str) -> None:
        """The status column. In CI each one is a line, so send few."""
        await self._session.engine.log(self.urn, text, ephemeral=True)


class Writing(Reading):
    """The context of a real Create, Update or Delete."""

    def __init__(self, session: Session, urn: str, timeout: float | None) -> None:
        super().__init__(session, urn)
        self.timeout = timeout
        self.probe_transport = session.probe_transport
        self.so_far: Json | None = None

    @property
    def stripe(self) -> "StripeClient":
        return self._session.clients.stripe

    @property
    def render(self) -> "RenderClient":
        return self._session.clients.render

    @property
    def supabase(self) -> "SupabaseClient":
        return self._session.clients.supabase

    def turn(self, place: str) -> asyncio.Lock:
        """Held while a set is compared and written, when others of this run write there too."""
        return self._session.turns.setdefault(place, asyncio.Lock())

    def fresh_owner(self) -> Owner:
        """The owner to write at the vendor in a Create."""
        return ownership.fresh(self.stack)

    def made(self, outputs: Json) -> None:
        """The object exists from here on: whatever happens next, this is kept in state.

        `outputs` must hold `id`. Call it again when more is known.
        """
        if not outputs.get("id"):
            raise UserInput("a controller reported an object without an id; please report this")
        self.so_far = dict(outputs)


async def _listens(address: str) -> bool:
    host, _, port = address.rpartition("@")[2].partition("/")[0].rpartition(":")
    try:
        opening = asyncio.open_connection(host, int(port))
        _, writer = await asyncio.wait_for(opening, CONNECT_SECONDS)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
