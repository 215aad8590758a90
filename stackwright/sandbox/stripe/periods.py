"""Billing periods by the calendar: a month after 31 January is 28 or 29 February."""

import calendar
from datetime import UTC, datetime, timedelta

_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}


def after(moment: int, interval: str, count: int = 1, anchor_day: int | None = None) -> int:
    """The moment `count` intervals later, in Unix seconds. `anchor_day` (1 to 31) brings a month
    that was cut short back to the day on which billing began."""
    start = datetime.fromtimestamp(moment, UTC)
    if interval in _DAYS:
        return int((start + timedelta(days=_DAYS[interval] * count)).timestamp())
    months = start.month - 1 + _MONTHS[interval] * count
    year, month = start.year + months // 12, months % 12 + 1
    last = calendar.monthrange(year, month)[1]
    day = min(anchor_day or start.day, last)
    return int(start.replace(year=year, month=month, day=day).timestamp())


def day_of(moment: int) -> int:
    """The day of the month, for `anchor_day`."""
    return datetime.fromtimestamp(moment, UTC).day
