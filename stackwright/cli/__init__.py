"""The `stackwright` command: one file or folder a subcommand, each with a click object `command`.

A file is only imported when its command runs, so that `stackwright --help` stays quick and the
sandbox's extra packages stay optional.
"""

import importlib
import pkgutil
import sys
from typing import Any

import click

from stackwright.errors import StackwrightError


class LazyGroup(click.Group):
    """Finds subcommands by name in its package: `backup.py`, `sql/`; `_x.py` is no command."""

    def __init__(self, *args: Any, package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        names = [module.name for module in pkgutil.iter_modules(self._folders())]
        return sorted(name.replace("_", "-") for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{self._package}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def _folders(self) -> list[str]:
        return list(sys.modules[self._package].__path__)


@click.group(
    cls=LazyGroup, package=__name__, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="stackwright")
def group() -> None:
    """Converge a product on Render, Supabase and Stripe; operate its stacks.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by a guard, 4 differences found,
    5 needs approval.
    """


def main() -> None:
    """Run the command line; a failure is one sentence on stderr and its exit code."""
    try:
        group(prog_name="stackwright")
    except StackwrightError as error:
        click.echo(f"stackwright: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
