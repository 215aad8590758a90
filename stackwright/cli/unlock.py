"""`stackwright unlock`: make a stack usable again after its run was killed.

A killed Pulumi leaves its lock and a note of what it was creating. The lock is removed only when
its owner is certainly gone. Pending creations of our own resources are dropped, because their
Create finds what a killed run made; others are named, so that a person can look.
"""

from pathlib import Path

import click

from stackwright.errors import Refused
from stackwright.stack import Json, Lock, Stack, selected

OURS = "stackwright:"


@click.command()
@click.option("--stack", "name", help="The stack; default: the selected one.")
@click.option("--force", is_flag=True, help="Also remove the lock of another machine.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(name: str | None, force: bool, as_json: bool) -> None:
    """After a killed run: remove its lock and what it left pending."""
    stack = selected(Path.cwd(), name)
    locks = stack.locks()
    for lock in locks:
        _refuse_living(lock, force=force)
    stack.mend()
    if locks:
        stack.cancel()
    cleared, kept = clear_pending(stack)
    _report(len(locks), cleared, kept, as_json=as_json)


def _refuse_living(lock: Lock, *, force: bool) -> None:
    if lock.is_here and lock.owner_lives:
        raise Refused(
            f"the run of {lock.user} (pid {lock.pid}, since {lock.since}) is alive. Wait for it, "
            "or end it first."
        )
    if not lock.is_here and not force:
        raise Refused(
            f"the lock was taken on {lock.host} by {lock.user} at {lock.since}; whether that run "
            "is alive cannot be seen from here. If it is not, add --force."
        )


def clear_pending(stack: Stack) -> tuple[list[str], list[str]]:
    """Drop the pending operations that need nobody; answers the names dropped and kept."""
    export = stack.export()
    deployment = export.get("deployment", {})
    pending = deployment.get("pending_operations") or []
    present = {item["urn"] for item in deployment.get("resources") or []}
    dropped = [item for item in pending if _is_settled(item, present)]
    kept = [item for item in pending if item not in dropped]
    if dropped:
        deployment["pending_operations"] = kept
        stack.restore(export)
    return [_name(item) for item in dropped], [_name(item) for item in kept]


def _is_settled(item: Json, present: set[str]) -> bool:
    """Updates and deletions are done again by the next run; so are creations of ours."""
    urn, kind = item["resource"]["urn"], item["resource"]["type"]
    return item["type"] != "creating" or urn in present or kind.startswith(OURS)


def _name(item: Json) -> str:
    return f"{item['type']} {item['resource']['urn'].rpartition('::')[2]}"


def _report(locks: int, cleared: list[str], kept: list[str], *, as_json: bool) -> None:
    if as_json:
        import json

        click.echo(json.dumps({"locks": locks, "cleared": cleared, "kept": kept}))
        return
    click.echo(
        f"Removed {locks} lock{'' if locks == 1 else 's'}." if locks else "It is not locked."
    )
    for what in cleared:
        click.echo(f"Cleared: {what}; the next `pulumi up` goes on with it.")
    for what in kept:
        click.echo(f"Left pending: {what}. Look whether it exists; `pulumi up` will make it again.")
