"""Sends a request until the answer is as expected, or patience ends."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpx

from stackwright.context import Writing
from stackwright.errors import scrub
from stackwright.http.client import network
from stackwright.resource import Unfinished

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
TIMEOUT = 15.0
SHOWN = 200


@dataclass(frozen=True)
class Expectation:
    """The status, and a text that must be in the body (empty: any).

    `private`: what must not be repeated when an answer quotes it.
    """

    status: int
    contains: str = ""
    private: Iterable[str] = ()

    def complaint(self, response: httpx.Response) -> str:
        """Why the answer is wrong; empty when it is right."""
        if response.status_code != self.status:
            shown = scrub(response.text, self.private)[:SHOWN].replace("\n", " ")
            return f"answered {response.status_code} instead of {self.status}: {shown}"
        if self.contains not in response.text:
            return f"answered {self.status}, but without {self.contains!r}"
        return ""


async def expect(
    context: Writing,
    make: Callable[[], httpx.Request],
    expectation: Expectation,
    patience: float,
) -> float:
    """Seconds that the right answer took. `make` is called for every try (signatures age).

    Raises `Unfinished` with what was wrong with the last answer.
    """
    deadline, pause = context.clock.now() + patience, FIRST_PAUSE
    transport = context.probe_transport or network(make().url)
    async with httpx.AsyncClient(timeout=TIMEOUT, transport=transport) as client:
        while True:
            started, wanted = context.clock.now(), make()
            complaint = await _ask(client, wanted, expectation)
            if not complaint:
                return round(context.clock.now() - started, 3)
            if context.clock.now() + pause > deadline:
                where = place(wanted.url)
                raise Unfinished({"id": where}, f"{wanted.method} {where} {complaint}")
            await context.clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def place(url: httpx.URL | str) -> str:
    """An address without its query and password, which may be secrets: ids are never encrypted."""
    return str(httpx.URL(url).copy_with(query=None, username=None, password=None))


async def _ask(client: httpx.AsyncClient, wanted: httpx.Request, expected: Expectation) -> str:
    try:
        return expected.complaint(await client.send(wanted))
    except httpx.HTTPError as error:
        return f"gave no answer ({type(error).__name__})"
