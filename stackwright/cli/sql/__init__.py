"""`stackwright sql`: the migrations by themselves, without Pulumi or for the selected stack.

Each command takes `--url`, those about migrations `--dir`; without `--url` it works on the stack's
database, with the folder and the baseline that the stack's program declares. `--json` prints one
object.
"""

import click

from stackwright.cli import LazyGroup


@click.group(cls=LazyGroup, package=__name__)
def command() -> None:
    """Migrations: what is pending, what it would do, apply it, the way back; tables as files."""
