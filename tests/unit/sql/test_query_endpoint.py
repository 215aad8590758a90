"""What the query endpoint answers, in the words of the vendor's postgres-meta."""

import asyncio
from typing import Any

import httpx
import pytest

from stackwright.clock import ManualClock
from stackwright.errors import Ambiguous, Invalid, VendorError
from stackwright.sql.query_endpoint import QueryEndpoint, WritableQueryEndpoint
from stackwright.sql.script import Script, ServerRefusal
from stackwright.sql.statements import split
from stackwright.supabase.client import SupabaseClient

SCRIPT = Script("1_a.sql", split("select 1;\n  select\n    email from t;"), ["BEGIN"], ["COMMIT"])
WORDS = (
    'Failed to run sql query: ERROR:  42703: column "email" does not exist\n'
    "LINE 6:     email from t\n"
    "            ^\n"
    "HINT:  There is another.\n"
)


def endpoint(status: int, body: Any, sent: list[httpx.Request]) -> WritableQueryEndpoint:
    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(status, json=body)

    client = SupabaseClient("token", transport=httpx.MockTransport(answer), clock=ManualClock())
    return WritableQueryEndpoint(client, "a" * 20)


@pytest.mark.parametrize("status", [400, 500])
def test_a_refusal_of_the_server_names_line_column_and_hint(status: int) -> None:
    sent: list[httpx.Request] = []
    with pytest.raises(ServerRefusal) as caught:
        asyncio.run(endpoint(status, {"message": WORDS}, sent).send(SCRIPT))
    failure = caught.value.failure
    assert (failure.file, failure.line, failure.column) == ("1_a.sql", 3, 5)
    assert (failure.message, failure.sqlstate) == ('column "email" does not exist', "42703")
    assert (failure.hint, failure.detail) == ("There is another.", "")
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (504, "upstream timed out"),
        (500, "Failed to run sql query: FATAL:  57P01: terminating connection"),
        (400, "Failed to run sql query: Connection terminated unexpectedly"),
    ],
)
def test_an_answer_that_leaves_the_end_open_is_ambiguous_and_not_sent_again(
    status: int, message: str
) -> None:
    sent: list[httpx.Request] = []
    with pytest.raises(Ambiguous):
        asyncio.run(endpoint(status, {"message": message}, sent).send(SCRIPT))
    assert len(sent) == 1


def test_a_request_that_the_vendor_did_not_take_was_not_run() -> None:
    with pytest.raises(Invalid):
        asyncio.run(endpoint(400, {"message": "query is too long"}, []).send(SCRIPT))


def test_parameters_are_written_into_a_read_which_goes_to_the_read_only_endpoint() -> None:
    sent: list[httpx.Request] = []
    asked = "select %(a)s as a, '100%%' as b"
    reads: QueryEndpoint = endpoint(201, [{"a": "it's"}], sent)
    assert asyncio.run(reads.query(asked, {"a": "it's"})) == [{"a": "it's"}]
    assert sent[0].url.path.endswith("/database/query/read-only")
    assert b"select 'it''s' as a, '100%' as b" in sent[0].content


def test_neither_the_token_nor_the_sql_is_in_an_error_or_a_record() -> None:
    made = endpoint(503, {"message": "down"}, [])
    with pytest.raises(VendorError) as caught:
        asyncio.run(made.send(SCRIPT))
    said = f"{caught.value} {made._client.record}"
    assert "email" not in said
    assert "token" not in said
