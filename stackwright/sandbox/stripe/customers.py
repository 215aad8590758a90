"""Customers. A deleted one stays as a stub, and its subscriptions end at once.

Source: https://docs.stripe.com/api/customers.
"""

from stackwright.sandbox.stripe import cards, clocks, lists
from stackwright.sandbox.stripe.events import emit, emit_update
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign
from stackwright.sandbox.stripe.parameters import (
    SPAN,
    Array,
    Field,
    Integer,
    Metadata,
    Text,
    choice,
    listing,
    not_emulated,
    operation,
    record,
    unsettable_record,
)

KIND = "customer"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ADDRESS: dict[str, Field] = {
    name: Text(unset=True) for name in ("city", "country", "line1", "line2", "postal_code", "state")
}
_BOTH: dict[str, Field] = {
    "address": unsettable_record(**_ADDRESS),
    "balance": Integer(),
    "description": Text(unset=True),
    "email": Text(limit=512, unset=True),
    "metadata": Metadata(),
    "name": Text(limit=256, unset=True),
    "phone": Text(limit=20, unset=True),
    "preferred_locales": Array(of=Text(), unset=True),
    "shipping": unsettable_record(
        address=record(**_ADDRESS), name=Text(required=True), phone=Text(unset=True)
    ),
    "tax_exempt": choice("exempt", "none", "reverse"),
}
_SETTINGS = record(default_payment_method=Text(unset=True), footer=Text(unset=True))
_LATER = not_emulated(
    "business_name", "cash_balance", "individual_name", "invoice_prefix", "next_invoice_sequence",
    "source", "tax", "validate",
)  # fmt: skip
CREATE = operation(
    invoice_settings=_SETTINGS,
    payment_method=Text(),
    test_clock=Text(),
    **_BOTH,
    **_LATER,
    **not_emulated("tax_id_data"),
)
UPDATE = operation(invoice_settings=_SETTINGS, **_BOTH, **_LATER, **not_emulated("default_source"))
RETRIEVE = operation()
DELETE = operation()
LIST = listing(created=SPAN, email=Text(), test_clock=Text())


def create(mode: Mode, params: Params) -> Object:
    """A new customer; one with a `test_clock` lives in its time."""
    if "test_clock" in params:
        mode = clocks.joined(mode, params["test_clock"])
    customer = mode.fresh(
        KIND,
        address=None,
        balance=0,
        currency=None,
        default_source=None,
        delinquent=False,
        description=None,
        discount=None,
        email=None,
        invoice_prefix=mode.world.ids.make("", 8, _UPPER),
        invoice_settings={
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        metadata={},
        name=None,
        next_invoice_sequence=1,
        phone=None,
        preferred_locales=[],
        shipping=None,
        tax_exempt="none",
        test_clock=params.get("test_clock"),
    )
    assign(customer, params, *_BOTH)
    _set_payment(mode, customer, params)
    mode.save(customer)
    emit(mode, "customer.created", customer)
    return customer


def _set_payment(mode: Mode, customer: Object, params: Params) -> None:
    """Attach `payment_method`, and take over the settings."""
    settings = dict(params.get("invoice_settings", {}))
    if "payment_method" in params:
        method = cards.of_customer(mode, params["payment_method"], customer, "payment_method")
        customer["_payment_method"] = method["id"]
    wanted = settings.get("default_payment_method")
    if wanted and wanted == params.get("payment_method"):
        settings["default_payment_method"] = customer["_payment_method"]
    elif wanted:
        param = "invoice_settings[default_payment_method]"
        settings["default_payment_method"] = cards.of_customer(mode, wanted, customer, param)["id"]
    customer["invoice_settings"] = {**customer["invoice_settings"], **settings}


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change a customer."""
    before = living(mode, name)
    mode = mode.changing(before)
    customer = dict(before)
    assign(customer, params, *_BOTH)
    _set_payment(mode, customer, params)
    mode.save(customer)
    emit_update(mode, "customer.updated", before, customer)
    return customer


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One customer, or the stub of a deleted one."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The customers, newest first; `email` is compared exactly. Those on a test clock appear only
    when that clock is asked for."""
    found = lists.matching(mode, KIND, params, {"email": params.get("email")})
    things = [one for one in found if one.get("test_clock") == params.get("test_clock")]
    return lists.cut(things, params, "/v1/customers", KIND)


def delete(mode: Mode, params: Params, name: str) -> Object:
    """End the customer's subscriptions and leave a stub."""
    from stackwright.sandbox.stripe import subscriptions

    customer = living(mode, name)
    mode = mode.changing(customer)
    for subscription in mode.where("subscription", customer=name):
        if subscription["status"] != "canceled":
            subscriptions.end(mode, subscription)
    emit(mode, "customer.deleted", customer)
    return mode.save({"id": name, "object": KIND, "deleted": True})


def living(mode: Mode, name: str, param: str | None = None) -> Object:
    """The customer, unless deleted."""
    customer = mode.require(KIND, name, param)
    if customer.get("deleted"):
        mode.require(KIND, f"{name} (deleted)", param)
    return customer


def default_payment_method(mode: Mode, customer: Object) -> Object | None:
    """What an invoice of the customer is charged to when its subscription names nothing."""
    name = customer["invoice_settings"]["default_payment_method"]
    return mode.find(cards.KIND, name) if name else None
