"""Render's way to write a moment: ISO 8601 in UTC with microseconds."""

from datetime import UTC, datetime

from stackwright.sandbox.clock import Clock


def now(clock: Clock) -> str:
    """This moment, such as `2025-05-08T20:57:28.862419Z`."""
    return text(clock.now())


def text(seconds: float) -> str:
    """Unix seconds as text."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(moment: str) -> float:
    """ISO 8601, or Unix seconds as digits, as Unix seconds. Raises ValueError."""
    if moment.replace(".", "", 1).isdigit():
        return float(moment)
    return datetime.fromisoformat(moment).timestamp()
