"""The `stackwright` command: one file a subcommand, each with a click object called `command`.

A file is only imported when its command runs, so that `stackwright --help` stays quick and the
sandbox's extra packages stay optional.
"""

import importlib
import sys
from pathlib import Path

import click

from stackwright.errors import StackwrightError

_FOLDER = Path(__file__).parent


class LazyGroup(click.Group):
    """Finds subcommands by file name: `sql.py` is `stackwright sql`; `_x.py` is no command."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        files = _FOLDER.glob("[!_]*.py")
        return sorted(file.stem.replace("_", "-") for file in files)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
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
