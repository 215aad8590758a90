"""What a scenario may use: the stack's state, its database, its functions, its users, Stripe."""

import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from stackwright.clients import Clients
from stackwright.configuration import Configuration
from stackwright.http.client import network
from stackwright.scenarios.baseline import Baseline, is_worse
from stackwright.scenarios.declaration import Cannot, Wrong, expect
from stackwright.stack import Resource
from stackwright.stripe.client import mode_of
from stackwright.stripe.form import CONTENT_TYPE, encode
from stackwright.stripe.rules import API_VERSION
from stackwright.values import Json

TIMEOUT = 30.0
PATIENCE, PAUSE = 20.0, 0.2
MARK = "stackwright-probe-"


@dataclass(frozen=True)
class User:
    """A marked user that a scenario has made."""

    id: str
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True)
class Timing:
    """How long something took against its limit and its baseline, in seconds."""

    what: str
    seconds: float
    limit: float
    baseline: float | None = None

    @property
    def is_slow(self) -> bool:
        worse = self.baseline is not None and is_worse(self.seconds, self.baseline)
        return self.seconds > self.limit or worse

    def __str__(self) -> str:
        before = "" if self.baseline is None else f", baseline {_ms(self.baseline)}"
        return f"{self.what} {_ms(self.seconds)} (limit {_ms(self.limit)}{before})"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


@dataclass
class Stage:
    """One stack on which scenarios are played, one after another. What they make is removed."""

    resources: list[Resource]
    configuration: Configuration
    project: str
    database: str = field(repr=False)
    """The connection string."""
    keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The project's API keys by name: `anon`, `service_role`."""
    revealed: Callable[[], list[Resource]] = list
    """The same resources with their secrets in clear; asked for only when one is needed."""
    undo: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    """What `clean_up` runs, the newest first."""
    timings: list[Timing] = field(default_factory=list)
    baseline: Baseline | None = None

    @property
    def clients(self) -> Clients:
        return Clients(self.configuration)

    @property
    def is_live(self) -> bool:
        """Whether the configured key moves real money."""
        return mode_of(self.configuration.require("stripeApiKey")) == "live"

    def resource(self, name: str) -> Resource:
        """The resource of that logical name in the state; secrets in it are ciphertext."""
        found = next((r for r in self.resources if r.name == name and r.id), None)
        if found is None:
            raise Cannot(f"the stack has no resource {name} yet; run `pulumi up`")
        return found

    def secret(self, name: str, output: str) -> str:
        """A secret output of a resource, in clear."""
        for resource in self.revealed():
            if resource.name == name and output in resource.outputs:
                value = resource.outputs[output]
                return str(json.loads(value["plaintext"]) if isinstance(value, dict) else value)
        raise Cannot(f"the state does not hold {output} of {name}")

    def url(self, path: str) -> str:
        """An address of the project: `functions/v1/hello`, `auth/v1/signup`."""
        return f"{self.configuration.project_url(self.project)}/{path}"

    # -- requests ------------------------------------------------------------------------------

    async def request(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        """Any request; redirects are not followed."""
        async with httpx.AsyncClient(timeout=TIMEOUT, transport=network(httpx.URL(url))) as client:
            return await client.request(method, url, **arguments)

    async def call(
        self, slug: str, body: Json | None = None, *, token: str = "", limit: float = 0
    ) -> httpx.Response:
        """POST to an edge function, with the anon key unless a token is given.

        `limit`, in seconds: the time is measured and reported against it.
        """
        headers = {"Authorization": f"Bearer {token or self.keys['anon']}"}
        started = time.monotonic()
        url = self.url(f"functions/v1/{slug}")
        answer = await self.request("POST", url, json=body or {}, headers=headers)
        if limit:
            self._time(slug, time.monotonic() - started, limit)
        return answer

    def _time(self, what: str, seconds: float, limit: float) -> None:
        before = self.baseline.compare(what, seconds) if self.baseline else None
        self.timings.append(Timing(what, seconds, limit, before))

    async def answer(self, slug: str, body: Json | None = None, **more: Any) -> Json:
        """The JSON that a function answers; anything but 2xx is wrong."""
        answer = await self.call(slug, body, **more)
        expect(answer.is_success, f"{slug} answered {answer.status_code}: {answer.text[:200]}")
        found: Json = answer.json()
        return found

    async def stripe(self, path: str, method: str = "GET", **fields: Any) -> Json:
        """What Stripe answers, in the clients' API version; fields are named as Stripe's are."""
        headers = {
            "Authorization": f"Bearer {self.configuration.require('stripeApiKey')}",
            "Content-Type": CONTENT_TYPE,
            "Stripe-Version": API_VERSION,
        }
        url = self.configuration.endpoints["STRIPE_API_BASE"] + path
        body = encode(fields) or None
        answer = await self.request(method, url, headers=headers, content=body)
        told = f"Stripe answered {answer.status_code} to {method} {path}: {answer.text[:200]}"
        expect(answer.is_success, told)
        found: Json = answer.json()
        return found

    # -- the database --------------------------------------------------------------------------

    async def rows(self, query: str, **values: Any) -> list[Json]:
        """The rows of a query, which may only read; `%(name)s` stands for a value."""
        from stackwright.sql.database import reading

        async with reading(self.database) as database:
            return [dict(row) for row in await database.query(query, values or None)]

    async def row(self, query: str, **values: Any) -> Json:
        """The only row of a query."""
        rows = await self.rows(query, **values)
        expect(len(rows) == 1, f"there are {len(rows)} rows instead of one")
        return rows[0]

    async def change(self, statement: str, *values: Any, user: User | None = None) -> int:
        """Run one statement, `%s` for a value: only on rows that the scenario itself made.

        With `user`, it runs as the API runs it for that user's token: in the role, with the
        claims, under the policies. Answers how many rows it changed.
        """
        import psycopg

        async with await psycopg.AsyncConnection.connect(self.database) as connection:
            if user is not None:
                claims = json.dumps({"sub": user.id, "role": "authenticated"})
                await connection.execute(
                    "select set_config('request.jwt.claims', %s, true)", [claims]
                )
                await connection.execute("set local role authenticated")
            return (await connection.execute(statement.encode(), values)).rowcount

    async def eventually(
        self, read: Callable[[], Awaitable[bool]], otherwise: str, patience: float = PATIENCE
    ) -> None:
        """Until a reading is right, for as long as an event may take to arrive (seconds)."""
        give_up = time.monotonic() + patience
        while not await read():
            expect(time.monotonic() < give_up, f"{otherwise} after {patience:.0f} s")
            await asyncio.sleep(PAUSE)

    # -- users ---------------------------------------------------------------------------------

    async def sign_up(self) -> User:
        """A new user as the web app makes one; `clean_up` removes it."""
        email = f"{MARK}{secrets.token_hex(6)}@example.com"
        password = secrets.token_urlsafe(24)
        body = {"email": email, "password": password}
        answer = await self._auth("POST", "signup", self.keys["anon"], body)
        expect(answer.is_success, f"sign-up answered {answer.status_code}: {answer.text[:200]}")
        content = answer.json()
        user = User(content.get("user", content)["id"], email, password, "")
        self.undo.append(lambda: self._remove(user))
        if "access_token" not in content:
            raise Cannot("the project wants e-mails confirmed: nobody reads those of a probe")
        return User(user.id, email, password, content["access_token"])

    async def log_in(self, user: User) -> str:
        """The access token of a log-in by password."""
        body = {"email": user.email, "password": user.password}
        path = "token?grant_type=password"
        answer = await self._auth("POST", path, self.keys["anon"], body)
        expect(answer.is_success, f"log-in answered {answer.status_code}: {answer.text[:200]}")
        return str(answer.json()["access_token"])

    async def clean_up(self) -> None:
        """Remove what was made, all of it: the first failure is raised at the end."""
        failures: list[Wrong] = []
        while self.undo:
            try:
                await self.undo.pop()()
            except Wrong as failure:
                failures.append(failure)
        if failures:
            raise failures[0]

    async def _remove(self, user: User) -> None:
        answer = await self._auth("DELETE", f"admin/users/{user.id}", self.keys["service_role"])
        gone = answer.is_success or answer.status_code == 404
        expect(gone, f"the probe user {user.email} is still there; delete it by hand")

    async def _auth(
        self, method: str, path: str, key: str, body: Json | None = None
    ) -> httpx.Response:
        headers = {"apikey": self.keys["anon"], "Authorization": f"Bearer {key}"}
        return await self.request(method, self.url(f"auth/v1/{path}"), json=body, headers=headers)
