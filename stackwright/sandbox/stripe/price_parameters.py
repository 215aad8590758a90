"""The parameters of prices: what can be said at creation, and the little that can change.

Source: https://docs.stripe.com/api/prices/create, https://docs.stripe.com/api/prices/update.
"""

from stackwright.sandbox.stripe.parameters import (
    SPAN,
    Array,
    Boolean,
    Choice,
    Decimal,
    Either,
    Field,
    Integer,
    Mapping,
    Metadata,
    Text,
    choice,
    listing,
    not_emulated,
    operation,
    record,
)

INTERVALS = ("day", "month", "week", "year")
_AMOUNT = Integer(low=0, high=999_999_999_999)
_TAX = choice("exclusive", "inclusive", "unspecified")
_CUSTOM = record(enabled=Boolean(required=True), maximum=_AMOUNT, minimum=_AMOUNT, preset=_AMOUNT)
_TIERS = Array(
    of=record(
        up_to=Either(first=Integer(low=1), second=Choice(words=("inf",)), required=True),
        flat_amount=_AMOUNT,
        flat_amount_decimal=Decimal(),
        unit_amount=_AMOUNT,
        unit_amount_decimal=Decimal(),
    )
)
_OPTIONS = Mapping(
    unset=True,
    of=record(
        custom_unit_amount=_CUSTOM,
        tax_behavior=_TAX,
        tiers=_TIERS,
        unit_amount=_AMOUNT,
        unit_amount_decimal=Decimal(),
    ),
)
_INTERVAL = Choice(words=INTERVALS, required=True)
DEFAULT_PRICE: dict[str, Field] = {
    "currency": Text(required=True),
    "currency_options": _OPTIONS,
    "custom_unit_amount": _CUSTOM,
    "metadata": Metadata(),
    "recurring": record(interval=_INTERVAL, interval_count=Integer(low=1)),
    "tax_behavior": _TAX,
    "unit_amount": _AMOUNT,
    "unit_amount_decimal": Decimal(),
}
CREATE = operation(
    ("unit_amount", "unit_amount_decimal"),
    ("product", "product_data"),
    **{
        **DEFAULT_PRICE,
        "active": Boolean(),
        "billing_scheme": choice("per_unit", "tiered"),
        "lookup_key": Text(limit=200),
        "nickname": Text(unset=True),
        "product": Text(),
        "product_data": record(
            name=Text(required=True, limit=250),
            id=Text(limit=255),
            active=Boolean(),
            metadata=Metadata(),
            statement_descriptor=Text(limit=22),
            tax_code=Text(),
            unit_label=Text(limit=12),
            **not_emulated("tax_details"),
        ),
        "recurring": record(
            interval=_INTERVAL,
            interval_count=Integer(low=1),
            meter=Text(),
            trial_period_days=Integer(low=1, high=730),
            usage_type=choice("licensed", "metered"),
        ),
        "tiers": _TIERS,
        "tiers_mode": choice("graduated", "volume"),
        "transfer_lookup_key": Boolean(),
        "transform_quantity": record(
            divide_by=Integer(required=True, low=1), round=choice("down", "up", required=True)
        ),
    },
)
UPDATE = operation(
    active=Boolean(),
    currency_options=_OPTIONS,
    lookup_key=Text(limit=200, unset=True),
    metadata=Metadata(),
    nickname=Text(unset=True),
    tax_behavior=_TAX,
    transfer_lookup_key=Boolean(),
)
RETRIEVE = operation()
LIST = listing(
    active=Boolean(),
    created=SPAN,
    currency=Text(),
    lookup_keys=Array(of=Text(limit=200), limit=10),
    product=Text(),
    recurring=record(
        interval=choice(*INTERVALS), meter=Text(), usage_type=choice("licensed", "metered")
    ),
    type=choice("one_time", "recurring"),
)
