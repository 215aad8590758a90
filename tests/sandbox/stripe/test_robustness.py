"""Whatever is sent, the stand-in answers in Stripe's words and never breaks."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackwright.sandbox.app import in_process, vendor_app
from stackwright.sandbox.stripe.parameters import (
    Array,
    Boolean,
    Choice,
    Either,
    Field,
    Integer,
    Mapping,
    Metadata,
    Record,
)
from stackwright.sandbox.stripe.routes import OPERATIONS
from tests.sandbox.stripe.helpers import Stripe, encode

NAMES = st.sampled_from(["p", "missing", "half", "accelerator", "price_1x"])
JUNK = st.one_of(
    st.text(max_size=12), NAMES, st.sampled_from(["", "0", "-1", "true", "now", "inf", "usd"])
)


def values(field: Field) -> st.SearchStrategy[Any]:
    """Mostly of the declared type, sometimes junk."""
    return st.one_of(_typed(field), JUNK)


def _typed(field: Field) -> st.SearchStrategy[Any]:
    if isinstance(field, Record):
        return st.fixed_dictionaries({}, optional={k: values(v) for k, v in field.fields.items()})
    if isinstance(field, Array):
        return st.lists(values(field.of), max_size=2)
    if isinstance(field, Mapping | Metadata):
        return st.dictionaries(st.sampled_from(["usd", "eur", "a", "object"]), JUNK, max_size=2)
    if isinstance(field, Either):
        return st.one_of(_typed(field.first), _typed(field.second))
    if isinstance(field, Choice):
        return st.sampled_from(field.words)
    if isinstance(field, Integer):
        return st.integers(-1, 2**33)
    return st.booleans() if isinstance(field, Boolean) else JUNK


def calls() -> st.SearchStrategy[tuple[str, str, Any]]:
    def call(operation: Any) -> st.SearchStrategy[tuple[str, str, Any]]:
        path = NAMES.map(lambda name: operation.path.replace("{name}", name))
        return st.tuples(st.just(operation.method), path, _typed(operation.parameters))

    return st.sampled_from(OPERATIONS).flatmap(call)


@pytest.fixture
def seeded(stripe: Stripe, session: Any) -> Stripe:
    stripe.post("/v1/coupons", {"id": "half", "percent_off": 50})
    stripe.post("/v1/products", {"id": "p", "name": "P"})
    return stripe


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(calls(), min_size=1, max_size=8))
def test_no_request_breaks_the_stand_in(seeded: Stripe, requests: list[Any]) -> None:
    async def send() -> list[httpx.Response]:
        transport = in_process(vendor_app(seeded.world, "stripe", seeded.app))
        headers = {"authorization": f"Bearer {seeded.key}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://stripe", headers=headers
        ) as client:
            return [
                await client.request(method, f"{path}?{urlencode(list(encode(tree)))}")
                for method, path, tree in requests
            ]

    for response in asyncio.run(send()):
        assert response.status_code in (200, 400, 402, 403, 404)
        assert ("error" in response.json()) is (response.status_code != 200)
