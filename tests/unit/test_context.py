"""What a controller may use: where a database is, when it has moved since the last run."""

import asyncio
import socket
from typing import cast

import pytest

from stackwright.clients import Clients
from stackwright.configuration import Configuration
from stackwright.context import Session
from stackwright.errors import UserInput


class Moved:
    """The vendor's word on where the database is now."""

    asked = 0

    async def database_address(self, ref: str) -> str:
        self.asked += 1
        return f"postgres@new.example:5432/{ref}"


def session(clients: Moved, **values: str) -> Session:
    return Session("shop/dev", Configuration(values), cast("Clients", clients))


def test_a_known_address_that_answers_needs_no_question_to_the_vendor() -> None:
    async def scene() -> None:
        clients = Moved()
        with socket.create_server(("127.0.0.1", 0)) as server:
            known = f"postgres@127.0.0.1:{server.getsockname()[1]}/postgres"
            assert await session(clients).reading("").database_address("ref", known) == known
        assert clients.asked == 0

    asyncio.run(scene())


def test_a_database_that_has_moved_is_asked_for() -> None:
    async def scene() -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            gone = f"postgres@127.0.0.1:{server.getsockname()[1]}/postgres"
        found = await session(Moved()).reading("").database_address("ref", gone)
        assert found == "postgres@new.example:5432/ref"

    asyncio.run(scene())


def test_a_configured_url_is_used_as_it_stands() -> None:
    async def scene() -> None:
        reading = session(Moved(), databaseUrl="postgresql://u:p@h/db").reading("")
        address = await reading.database_address("ref", None)
        assert reading.database_url(address) == "postgresql://u:p@h/db"

    asyncio.run(scene())


@pytest.mark.parametrize("known", [None, "postgres@127.0.0.1:1/postgres"])
def test_no_address_is_given_where_a_connection_is_configured_away(known: str | None) -> None:
    async def scene() -> None:
        url = "postgresql://u:p@h/db"
        reading = session(Moved(), databaseUrl=url, databaseAccess="query").reading("")
        with pytest.raises(UserInput, match="this needs a direct connection"):
            await reading.database_address("ref", known)

    asyncio.run(scene())
