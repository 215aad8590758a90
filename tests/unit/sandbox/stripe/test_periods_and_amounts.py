"""Billing by the calendar, and what a quantity of a price costs."""

from datetime import UTC, datetime
from typing import Any

import pytest

from stackwright.sandbox.stripe import amounts, periods
from stackwright.sandbox.stripe.currencies import shown


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("start", "interval", "count", "end"),
    [
        ("2026-01-15T10:30", "month", 1, "2026-02-15T10:30"),
        ("2026-01-31", "month", 1, "2026-02-28"),
        ("2024-01-31", "month", 1, "2024-02-29"),
        ("2026-11-30", "month", 3, "2027-02-28"),
        ("2024-02-29", "year", 1, "2025-02-28"),
        ("2026-12-31", "day", 1, "2027-01-01"),
        ("2026-12-31", "week", 2, "2027-01-14"),
    ],
)
def test_a_period_ends_by_the_calendar(start: str, interval: str, count: int, end: str) -> None:
    assert periods.after(at(start), interval, count) == at(end)


def test_a_month_that_was_cut_short_does_not_move_the_day_for_good() -> None:
    february = periods.after(at("2026-01-31"), "month", 1, anchor_day=31)
    assert periods.after(february, "month", 1, anchor_day=31) == at("2026-03-31")


def price(**fields: Any) -> dict[str, Any]:
    plain = {
        "billing_scheme": "per_unit",
        "recurring": {"usage_type": "licensed"},
        "transform_quantity": None,
        "unit_amount_decimal": "100",
    }
    return {**plain, **fields}


TIERS = [
    {"up_to": 10, "unit_amount_decimal": "100", "flat_amount": None},
    {"up_to": None, "unit_amount_decimal": "50", "flat_amount": 7},
]


@pytest.mark.parametrize(
    ("fields", "quantity", "amount"),
    [
        ({}, 3, 300),
        ({"unit_amount_decimal": "0.5"}, 3, 2),
        ({"transform_quantity": {"divide_by": 10, "round": "up"}}, 11, 200),
        ({"transform_quantity": {"divide_by": 10, "round": "down"}}, 19, 100),
        ({"recurring": {"usage_type": "metered"}}, 3, 0),
        ({"recurring": None}, 2, 200),
        ({"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": TIERS}, 10, 1000),
        ({"billing_scheme": "tiered", "tiers_mode": "graduated", "tiers": TIERS}, 12, 1107),
        ({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": TIERS}, 12, 607),
        ({"billing_scheme": "tiered", "tiers_mode": "volume", "tiers": TIERS}, 4, 400),
    ],
)
def test_a_quantity_costs_what_stripe_would_charge(
    fields: dict[str, Any], quantity: int, amount: int
) -> None:
    assert amounts.total(price(**fields), quantity) == amount


def test_amounts_are_shown_in_the_currencys_own_unit() -> None:
    assert shown(9900, "usd") == "99.00 USD"
    assert shown(500, "jpy") == "500 JPY"
