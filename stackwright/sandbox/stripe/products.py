"""Products: an id of the caller's choice, deletable only while no price was ever made for them.

Source: https://docs.stripe.com/api/products.
"""

from stackwright.sandbox.stripe import lists, prices
from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.events import emit, emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign
from stackwright.sandbox.stripe.parameters import (
    SPAN,
    Array,
    Boolean,
    Field,
    Metadata,
    Number,
    Text,
    choice,
    listing,
    operation,
    record,
    unsettable_record,
)
from stackwright.sandbox.stripe.price_parameters import DEFAULT_PRICE

KIND = "product"
_URL = Text(limit=2048, unset=True)
_SIZE = Number(required=True, low=0)
_FEATURES = Array(of=record(name=Text(required=True, limit=80)), limit=15, unset=True)
_BOTH: dict[str, Field] = {
    "active": Boolean(),
    "description": Text(limit=40000, unset=True),
    "images": Array(of=Text(limit=2048), limit=8, unset=True),
    "marketing_features": _FEATURES,
    "metadata": Metadata(),
    "package_dimensions": unsettable_record(height=_SIZE, length=_SIZE, weight=_SIZE, width=_SIZE),
    "shippable": Boolean(),
    "statement_descriptor": Text(limit=22),
    "tax_code": Text(unset=True),
    "tax_details": unsettable_record(performance_location=Text(), tax_code=Text()),
    "unit_label": Text(limit=12, unset=True),
    "url": _URL,
}
CREATE = operation(
    name=Text(required=True, limit=250),
    id=Text(limit=255, pattern=r"[A-Za-z0-9_.\-]+"),
    type=choice("good", "service"),
    default_price_data=record(**DEFAULT_PRICE),
    **_BOTH,
)
UPDATE = operation(name=Text(limit=250), default_price=Text(unset=True), **_BOTH)
RETRIEVE = operation()
DELETE = operation()
LIST = listing(
    ("ids", "starting_after"),
    active=Boolean(),
    created=SPAN,
    ids=Array(of=Text()),
    shippable=Boolean(),
    type=choice("good", "service"),
    url=Text(),
)


def create(mode: Mode, params: Params) -> Object:
    """A new product, and its default price if one was described."""
    if "id" in params and mode.find(KIND, params["id"]):
        raise InvalidRequest("Product already exists.", param="id", code="resource_already_exists")
    product = mode.save(_new(mode, params))
    emit(mode, "product.created", product)
    if "default_price_data" in params:
        described = {**params["default_price_data"], "product": product["id"]}
        product["default_price"] = prices.create(mode, described)["id"]
        mode.save(product)
    return product


def _new(mode: Mode, params: Params) -> Object:
    product = mode.fresh(
        KIND,
        id=params.get("id"),
        active=True,
        default_price=None,
        description=None,
        images=[],
        marketing_features=[],
        metadata={},
        name=params["name"],
        package_dimensions=None,
        shippable=None,
        statement_descriptor=None,
        tax_code=None,
        type=params.get("type", "service"),
        unit_label=None,
        updated=mode.now(),
        url=None,
    )
    assign(product, params, *_BOTH)
    return product


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change a product; `default_price` must be one of its own active prices."""
    before = mode.require(KIND, name)
    if params.get("default_price"):
        _check_default(mode, params["default_price"], name)
    product = dict(before)
    assign(product, params, "name", "default_price", *_BOTH)
    product["updated"] = mode.now()
    mode.save(product)
    if _differs(before, product):
        emit_update(mode, "product.updated", before, product)
    return product


def _differs(before: Object, after: Object) -> bool:
    return {**before, "updated": 0} != {**after, "updated": 0}


def _check_default(mode: Mode, price: str, product: str) -> None:
    found = mode.require("price", price, "default_price")
    if found["product"] != product:
        raise InvalidRequest(
            f"The price `{price}` belongs to another product than `{product}`.",
            param="default_price",
        )
    if not found["active"]:
        raise InvalidRequest(
            f"The price `{price}` is inactive. Only an active price can be the default price.",
            param="default_price",
        )


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One product."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The products that pass the filters, newest first."""
    filters = {key: params.get(key) for key in ("active", "shippable", "type", "url")}
    things = lists.matching(mode, KIND, params, filters)
    if "ids" in params:
        things = [thing for thing in things if thing["id"] in params["ids"]]
    return lists.cut(things, params, "/v1/products", KIND)


def delete(mode: Mode, params: Params, name: str) -> Object:
    """Remove a product that has no prices, not even archived ones."""
    product = mode.require(KIND, name)
    if mode.where("price", product=name):
        raise InvalidRequest(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    emit(mode, "product.deleted", product)
    return mode.delete(product)
