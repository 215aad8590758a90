"""What the commands that run files share: who allows it, how long they wait, what they tell."""

import click

from stackwright.cli import _guarding
from stackwright.cli._workspace import workspace
from stackwright.cli.sql._target import Command, Json, Target
from stackwright.sql.apply import Phase, Progress
from stackwright.sql.guard import Guard

_TOLD = {Phase.WAITING, Phase.RETRYING, Phase.APPLIED, Phase.RECORDED, Phase.UNDONE}


def running(function: Command) -> Command:
    """The options of such a command."""
    for option in (
        click.option("--lock-wait", default=60.0, help="Seconds to wait for another run to end."),
        click.option("--approve", multiple=True, metavar="FILE=SHA256", help="It may destroy."),
        click.option("--by", help="Who approves."),
        click.option("--why", help="And for which reason."),
        click.option(
            "--backup-within", type=float, metavar="HOURS", help="Demand so fresh a backup."
        ),
    ):
        function = option(function)
    return function


def guard_of(target: Target, given: Json) -> Guard:
    """What the stack's file and the command line allow."""
    extra = _guarding.approvals(given["approve"], given["by"], given["why"])
    return target.rules.guard(extra, given["backup_within"], workspace())


def tell(news: Progress) -> None:
    """One line on stderr for what a person waits for."""
    if news.phase in _TOLD:
        place = f"{news.number}/{news.total} " if news.total else ""
        click.echo(f"{place}{news.file} {news.phase.value} {news.text}".strip(), err=True)
