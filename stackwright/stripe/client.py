"""Stripe's HTTP interface as plain methods over plain dictionaries. https://docs.stripe.com/api

`StripeReader` can only read, `StripeClient` adds the writes. Objects that Stripe does not have
are None; deleting what is gone answers False. All else raises `stackwright.errors.VendorError`.
Every object that comes back must be of the key's own mode.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Literal, Unpack

from stackwright.errors import Refused, UserInput
from stackwright.http.client import VendorClient, Wiring, segment
from stackwright.stripe.form import CONTENT_TYPE, encode
from stackwright.stripe.rules import RULES
from stackwright.values import Json

BASE_URL = "https://api.stripe.com"
PAGE = 100
LOOKUP_KEYS_A_QUERY = 10

Mode = Literal["test", "live"]


def new_idempotency_key() -> str:
    """Fresh for each write: a key made from the inputs would replay a deleted object."""
    return f"stackwright-{secrets.token_hex(16)}"


class StripeReader(VendorClient):
    """Reads of one Stripe account in one mode."""

    rules = RULES

    def __init__(
        self,
        api_key: str,
        base_url: str = BASE_URL,
        *,
        idempotency_key: Callable[[], str] = new_idempotency_key,
        **wiring: Unpack[Wiring],
    ) -> None:
        super().__init__(api_key, base_url, **wiring)
        self._mode = mode_of(api_key)
        self._idempotency_key = idempotency_key

    def mode(self) -> Mode:
        """The mode that the key selects; test and live objects never meet."""
        return self._mode

    async def account(self) -> Json:
        """The account that the key belongs to."""
        return await self._object("GET", "/v1/account")

    async def identity(self) -> str:
        """Mode and account: `test:acct_...` or `live:acct_...`."""
        account = await self.account()
        return f"{self.mode()}:{account['id']}"

    async def product(self, product_id: str) -> Json | None:
        return await self._get(f"/v1/products/{segment(product_id)}")

    async def products(self, **filters: Any) -> list[Json]:
        """All products, archived ones too; `filters` as Stripe names them (active, ids, url)."""
        return await self._all("/v1/products", filters)

    async def price(self, price_id: str) -> Json | None:
        return await self._get(f"/v1/prices/{segment(price_id)}")

    async def prices(self, **filters: Any) -> list[Json]:
        """Prices by product, currency and so on, active and archived unless `active` is given."""
        return await self._active_and_not("/v1/prices", filters)

    async def prices_by_lookup_key(self, keys: Iterable[str]) -> dict[str, Json]:
        """The holders of these lookup keys, archived ones too: a key is unique among all."""
        wanted = sorted(set(keys))
        found: dict[str, Json] = {}
        for start in range(0, len(wanted), LOOKUP_KEYS_A_QUERY):
            some = wanted[start : start + LOOKUP_KEYS_A_QUERY]
            for price in await self.prices(lookup_keys=some):
                found[price["lookup_key"]] = price
        return found

    async def coupon(self, coupon_id: str) -> Json | None:
        """With `applies_to`, which Stripe leaves out unless asked."""
        return await self._get(f"/v1/coupons/{segment(coupon_id)}", expand=["applies_to"])

    async def coupons(self) -> list[Json]:
        return await self._all("/v1/coupons", {"expand": ["data.applies_to"]})

    async def promotion_code(self, promotion_code_id: str) -> Json | None:
        return await self._get(f"/v1/promotion_codes/{segment(promotion_code_id)}")

    async def promotion_codes(self, **filters: Any) -> list[Json]:
        """Promotion codes by `code`, `coupon`, `active` and so on."""
        return await self._all("/v1/promotion_codes", filters)

    async def webhook_endpoint(self, endpoint_id: str) -> Json | None:
        """Never with its signing secret: only the answer to its creation has that."""
        return await self._get(f"/v1/webhook_endpoints/{segment(endpoint_id)}")

    async def webhook_endpoints(self) -> list[Json]:
        """At most 16 exist in an account and mode."""
        return await self._all("/v1/webhook_endpoints")

    async def portal_configuration(self, configuration_id: str) -> Json | None:
        """With the products of `subscription_update`, which Stripe leaves out unless asked."""
        path = f"/v1/billing_portal/configurations/{segment(configuration_id)}"
        return await self._get(path, expand=["features.subscription_update.products"])

    async def portal_configurations(self) -> list[Json]:
        """All of them, the inactive ones too."""
        expand = ["data.features.subscription_update.products"]
        return await self._all("/v1/billing_portal/configurations", {"expand": expand})

    async def _active_and_not(self, path: str, filters: Mapping[str, Any]) -> list[Json]:
        """Stripe's lists of prices show only active ones unless asked for the others."""
        if "active" in filters:
            return await self._all(path, filters)
        active = await self._all(path, {**filters, "active": True})
        return active + await self._all(path, {**filters, "active": False})

    async def _all(self, path: str, filters: Mapping[str, Any] | None = None) -> list[Json]:
        """Every page of a list, newest first."""
        query: Json = {"limit": PAGE, **(filters or {})}
        found: dict[str, Json] = {}
        while True:
            page = await self._object("GET", path, params=encode(query))
            found.update((item["id"], item) for item in page["data"])
            if not page["has_more"]:
                return list(found.values())
            query["starting_after"] = page["data"][-1]["id"]

    async def _get(self, path: str, **query: Any) -> Json | None:
        found = await self._find(path, params=encode(query) or None)
        if found is None or found.get("deleted"):
            return None
        return self._of_our_mode(found)

    async def _object(self, method: str, path: str, **request: Any) -> Json:
        answer: Json = await self._send(method, path, **request)
        for item in answer.get("data", [answer]) if answer.get("object") == "list" else [answer]:
            self._of_our_mode(item)
        return answer

    def _of_our_mode(self, item: Json) -> Json:
        livemode = item.get("livemode")
        if livemode is not None and livemode != (self.mode() == "live"):
            other = "live" if livemode else "test"
            raise Refused(
                f"Stripe answered with the {other} object {item.get('id')} to a {self.mode()} key. "
                "Check STRIPE_API_BASE and STRIPE_API_KEY."
            )
        return item


class StripeClient(StripeReader):
    """Reads and writes. Fields are named as Stripe names them; None unsets one."""

    writable: ClassVar[bool] = True

    async def create_product(self, fields: Mapping[str, Any]) -> Json:
        """`fields` may hold a chosen `id`; one that is taken raises `Conflict`."""
        return await self._post("/v1/products", fields)

    async def update_product(self, product_id: str, fields: Mapping[str, Any]) -> Json:
        return await self._post(f"/v1/products/{segment(product_id)}", fields)

    async def delete_product(self, product_id: str) -> bool:
        """Stripe refuses (`Invalid`) while the product has any price, archived ones too."""
        return await self._remove(f"/v1/products/{segment(product_id)}")

    async def create_price(self, fields: Mapping[str, Any]) -> Json:
        return await self._post("/v1/prices", fields)

    async def update_price(self, price_id: str, fields: Mapping[str, Any]) -> Json:
        """Only active, nickname, metadata, lookup_key, tax_behavior: a price has no deletion."""
        return await self._post(f"/v1/prices/{segment(price_id)}", fields)

    async def create_coupon(self, fields: Mapping[str, Any]) -> Json:
        return await self._post("/v1/coupons", fields)

    async def update_coupon(self, coupon_id: str, fields: Mapping[str, Any]) -> Json:
        """Only name, metadata and currency_options."""
        return await self._post(f"/v1/coupons/{segment(coupon_id)}", fields)

    async def delete_coupon(self, coupon_id: str) -> bool:
        """Discounts that were given stay."""
        return await self._remove(f"/v1/coupons/{segment(coupon_id)}")

    async def create_promotion_code(self, fields: Mapping[str, Any]) -> Json:
        """`promotion: {type: coupon, coupon: ID}`, `code`, and so on."""
        return await self._post("/v1/promotion_codes", fields)

    async def update_promotion_code(self, code_id: str, fields: Mapping[str, Any]) -> Json:
        """Only active, metadata and restrictions.currency_options; there is no deletion."""
        return await self._post(f"/v1/promotion_codes/{segment(code_id)}", fields)

    async def create_webhook_endpoint(self, fields: Mapping[str, Any]) -> Json:
        """The only answer that ever holds `secret`: keep it before anything else is done."""
        return await self._post("/v1/webhook_endpoints", fields)

    async def update_webhook_endpoint(self, endpoint_id: str, fields: Mapping[str, Any]) -> Json:
        """Only url, enabled_events (as a whole), disabled, description and metadata."""
        return await self._post(f"/v1/webhook_endpoints/{segment(endpoint_id)}", fields)

    async def delete_webhook_endpoint(self, endpoint_id: str) -> bool:
        return await self._remove(f"/v1/webhook_endpoints/{segment(endpoint_id)}")

    async def create_portal_configuration(self, fields: Mapping[str, Any]) -> Json:
        return await self._post("/v1/billing_portal/configurations", fields)

    async def update_portal_configuration(
        self, configuration_id: str, fields: Mapping[str, Any]
    ) -> Json:
        """Anything; there is no deletion, and the default one refuses `active: False`."""
        path = f"/v1/billing_portal/configurations/{segment(configuration_id)}"
        return await self._post(path, fields)

    async def _post(self, path: str, fields: Mapping[str, Any]) -> Json:
        """One write; the retries inside it share its idempotency key."""
        headers = {"Content-Type": CONTENT_TYPE, "Idempotency-Key": self._idempotency_key()}
        return await self._object("POST", path, content=encode(fields), headers=headers)


def mode_of(api_key: str) -> Mode:
    """The mode that a secret key (`sk_`) or restricted key (`rk_`) selects."""
    kind, _, rest = api_key.strip().partition("_")
    mode = rest.partition("_")[0]
    if kind in {"sk", "rk"} and mode in {"test", "live"}:
        return "test" if mode == "test" else "live"
    if kind == "pk":
        raise UserInput("STRIPE_API_KEY holds a publishable key (pk_); the secret key is needed.")
    raise UserInput("STRIPE_API_KEY is not a Stripe key: it must start with sk_test_ or sk_live_.")
