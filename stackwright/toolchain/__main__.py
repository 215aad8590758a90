"""`python -m stackwright.toolchain`: obtains every tool that is missing, and says what is there."""

import sys
from pathlib import Path

from stackwright.errors import StackwrightError
from stackwright.toolchain.errors import ToolMissing
from stackwright.toolchain.functions import prefetch_functions
from stackwright.toolchain.postgres import obtain_postgres
from stackwright.toolchain.progress import Progress
from stackwright.toolchain.pulumi_cli import obtain_pulumi


def main() -> int:
    """Obtains the tools for the project in the present folder; 1 with a sentence if one fails."""
    progress = Progress()
    try:
        obtain_pulumi(progress)
        obtain_postgres(progress)
        _prefetch(progress)
    except StackwrightError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped; what was begun is removed, run again to start over", file=sys.stderr)
        return 130
    return 0


def _prefetch(progress: Progress) -> None:
    """Without these imports much still works: a warning, no failure."""
    try:
        prefetch_functions(progress, Path("functions"))
    except ToolMissing as error:
        print(f"warning: {error}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
