"""The one failure of this package: a tool is not there, with the way to get it."""

from stackwright.errors import StackwrightError


class ToolMissing(StackwrightError):
    """A program that the task needs is not on this machine; the message names the remedy."""
