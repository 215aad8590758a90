"""Which operations a table holds, and what an operation is."""

import httpx

from stackwright.http.rules import Endpoint, Table
from tests.unit.http.shop import RULES


def test_a_template_stands_for_exactly_one_segment() -> None:
    table = Table("GET /things/{id}")
    assert ("GET", "/things/7") in table
    assert ("GET", "/things") not in table
    assert ("GET", "/things/") not in table
    assert ("GET", "/things/7/parts") not in table
    assert ("POST", "/things/7") not in table


def test_dots_in_a_template_are_only_dots() -> None:
    assert ("GET", "/logs.all") in Table("GET /logs.all")
    assert ("GET", "/logs-all") not in Table("GET /logs.all")


def test_an_operation_is_the_path_below_the_base_without_the_query() -> None:
    endpoint = Endpoint(RULES, httpx.URL("https://shop.test/v1/"))
    request = httpx.Request("GET", "https://shop.test/v1/things?token=x")
    assert endpoint.operation(request) == ("GET", "/things")


def test_only_writes_with_the_effect_of_one_are_repeatable() -> None:
    endpoint = Endpoint(RULES, httpx.URL("https://shop.test"))

    def repeatable(method: str, path: str, **headers: str) -> bool:
        return endpoint.is_repeatable(
            httpx.Request(method, f"https://shop.test{path}", headers=headers)
        )

    assert repeatable("GET", "/things")
    assert repeatable("PUT", "/things/7")
    assert repeatable("DELETE", "/things/7")
    assert repeatable("POST", "/search")
    assert repeatable("POST", "/things/7/touch")
    assert repeatable("POST", "/things", Once="key")
    assert not repeatable("POST", "/things")
    assert not repeatable("GET", "/things/7/claim")
