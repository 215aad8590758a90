"""One line of what `stackwright verify` reports."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """`verdict`: passed, warning, failed, or skipped with the reason in `detail`."""

    name: str
    verdict: str
    detail: str = ""
    covers: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def verdict(*, passed: bool, fatal: bool) -> str:
    """The verdict of something that was looked at."""
    return "passed" if passed else "failed" if fatal else "warning"
