"""`stackwright sql apply`: run what is pending."""

import asyncio
from typing import Any

import click

from stackwright.cli.sql._running import guard_of, running, tell
from stackwright.cli.sql._target import options, show, target_of
from stackwright.sql.apply import Options
from stackwright.sql.limits import Limits


@click.command()
@options
@running
@click.option("--out-of-order", is_flag=True, help="Also files older than the newest applied.")
def command(as_json: bool, out_of_order: bool, **given: Any) -> None:
    """Run what is pending, each file in a transaction with its ledger row.

    A file that destroys something needs an approval: in the stack's file, or with --approve.
    """
    target = target_of(given)
    guard = guard_of(target, given)
    settings = Options(
        baseline=target.baseline,
        allow_out_of_order=out_of_order,
        limits=Limits(run_lock=given["lock_wait"]),
        progress=tell,
        guard=guard.ask,
        approved=guard.approves,
    )
    done = asyncio.run(target.apply(settings))
    report = {
        "applied": [file.file for file in done.pending],
        "recorded": [file.file for file in done.baseline],
        "notes": [*guard.allowed(done.pending), *done.notes],
    }
    show(report, [f"{len(done.pending)} applied", *report["notes"]], as_json)
