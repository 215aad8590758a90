"""Stackwright: one Pulumi program converges a whole small product, stack by stack."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stackwright.preflight import program
    from stackwright.settings import StackSettings

__version__ = "0.1.0"
__all__ = ["StackSettings", "__version__", "program"]


def __getattr__(name: str) -> Any:
    """Import on first use: a command such as `stackwright sandbox status` needs no Pulumi."""
    if name == "program":
        from stackwright.preflight import program

        return program
    if name == "StackSettings":
        from stackwright.settings import StackSettings

        return StackSettings
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
