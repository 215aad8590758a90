"""A made-up vendor with one rule of each kind, so that the layers are tested by themselves."""

import httpx

from stackwright.clock import ManualClock
from stackwright.http.client import VendorClient
from stackwright.http.rules import Details, Operation, RateHeaders, Rules, Table
from tests.unit.http.network import Answer, Network

KEY = "shop-key-0123"


def explain(response: httpx.Response) -> Details:
    try:
        body = response.json()
    except ValueError:
        return Details(response.text)
    return Details(body.get("message", ""), body.get("code"), body.get("id"), body.get("retry"))


def bucket(operation: Operation) -> str:
    return operation[0]


RULES = Rules(
    vendor="Shop",
    key_variable="SHOP_KEY",
    url_variable="SHOP_URL",
    reads=Table("GET /things", "GET /things/{id}", "POST /search"),
    explain=explain,
    advice={404: "Look again.", "sold_out": "Come tomorrow."},
    conflicts=frozenset({"taken"}),
    repeatable=Table("POST /things/{id}/touch"),
    idempotency_header="Once",
    rate_headers=RateHeaders("left", "reset"),
    bucket=bucket,
    headers={"Shop-Version": "7"},
)


class Shop(VendorClient):
    """Reads and writes over a scripted network; waits on a manual clock, never by chance."""

    rules = RULES
    writable = True

    def __init__(self, *answers: Answer, key: str = KEY, url: str = "https://shop.test/v1") -> None:
        self.network = Network(*answers)
        self.manual = ManualClock()
        self.notices: list[str] = []
        super().__init__(
            key,
            url,
            transport=self.network,
            clock=self.manual,
            random=lambda: 0.5,
            notice=self.notices.append,
        )

    async def ask(self, method: str, path: str, **request: object) -> object:
        return await self._send(method, path, **request)


class Window(Shop):
    """The same vendor in a preview."""

    writable = False
