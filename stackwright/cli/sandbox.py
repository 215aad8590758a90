"""`stackwright sandbox`: the local stand-ins' own life."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from stackwright.sandbox.environment import Workspace, environment
from stackwright.sandbox.launcher import (
    Launcher,
    SandboxError,
    find_project,
    sandbox_of,
    scenario_of,
)

_OWN = "its sandbox/scenario.yaml, else that of the VoIP Accelerator"


@click.group()
def command() -> None:
    """Local stand-ins for Render, Supabase and Stripe: no account needed."""


def _workspace() -> Workspace:
    return Workspace(find_project(Path.cwd()))


def _launcher() -> Launcher:
    return sandbox_of(_workspace().project)


def _own_scenario() -> str:
    return scenario_of(_workspace().project)


@command.command()
@click.option("--scenario", show_default=_OWN, help="What a new sandbox contains.")
@click.option("--new-ports", is_flag=True, help="Choose other ports; addresses change.")
def start(scenario: str | None, new_ports: bool) -> None:
    """Start the sandbox in the background."""
    launcher = _launcher()
    started = launcher.start(scenario or _own_scenario(), new_ports=new_ports)
    word = "started" if started else "is running already"
    click.echo(f"The sandbox {word}: {launcher.url()}")


@command.command()
def stop() -> None:
    """End the sandbox and every process it started. Its state stays."""
    click.echo("The sandbox ended." if _launcher().stop() else "The sandbox was not running.")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(as_json: bool) -> None:
    """Show the addresses of everything in the sandbox."""
    found = _launcher().ask("GET", "status")
    if as_json:
        click.echo(json.dumps(found))
        return
    for name in ("page", "render", "supabase", "stripe"):
        click.echo(f"{name:<10} {found[name]}")
    for kind in ("databases", "services", "functions"):
        for name, address in found[kind].items():
            click.echo(f"{kind[:-1]:<10} {name:<24} {_without_password(address)}")


def _without_password(address: str) -> str:
    if "@" not in address:
        return address
    scheme, rest = address.split("://", 1)
    user, host = rest.rsplit("@", 1)
    return f"{scheme}://{user.split(':')[0]}@{host}"


@command.command()
@click.option("--scenario", show_default=_OWN, help="What the sandbox contains afterwards.")
@click.option("--keep-state", is_flag=True, help="Keep Pulumi's state and the account ids.")
def reset(scenario: str | None, keep_state: bool) -> None:
    """Empty the sandbox: vendors, databases, and Pulumi's state of the stacks made in it.

    With --keep-state the vendors lose everything and Pulumi does not know it.
    """
    launcher, wanted = _launcher(), scenario or _own_scenario()
    launcher.start(wanted)
    launcher.ask("POST", "reset", {"scenario": wanted, "keep_identity": keep_state})
    if not keep_state:
        shutil.rmtree(_workspace().state, ignore_errors=True)
    click.echo("The sandbox is as new.")


@command.group(invoke_without_command=True)
@click.pass_context
def fault(context: click.Context) -> None:
    """Make requests fail on purpose. Without a subcommand: list the faults in force."""
    if context.invoked_subcommand is None:
        _list_faults()


@fault.command("list")
def _fault_list() -> None:
    """List the faults in force."""
    _list_faults()


def _list_faults() -> None:
    for rule in _launcher().ask("GET", "faults"):
        click.echo(json.dumps({name: value for name, value in rule.items() if value is not None}))


@fault.command("add")
@click.argument("kind", type=click.Choice(["status", "reset", "slow", "lost"]))
@click.option("--vendor", type=click.Choice(["render", "supabase", "stripe", "gateway"]))
@click.option("--method", help="Such as POST.")
@click.option("--path", default="", help="A regular expression searched in the path.")
@click.option("--times", type=int, default=1, help="How often; 0 = until cleared.")
@click.option("--skip", type=int, default=0, help="Let so many matching requests pass first.")
@click.option("--status", type=int, default=500, help="For the kind `status`.")
@click.option("--retry-after", type=float, help="Seconds, for 429 and 503.")
@click.option("--delay", type=float, default=0.0, help="Seconds, for the kind `slow`.")
def _fault_add(**rule: Any) -> None:
    """Add a fault: status, reset (cut), slow, or lost (done, but the answer never arrives)."""
    rule["times"] = rule["times"] or None
    added = _launcher().ask("POST", "faults", rule)
    click.echo(added["id"])


@fault.command("clear")
def _fault_clear() -> None:
    """Take every fault out of force."""
    _launcher().ask("DELETE", "faults")


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.option("--since", help="Only what came after this mark.")
@click.option("--mark", is_flag=True, help="Print a mark and nothing else.")
def journal(as_json: bool, since: str | None, mark: bool) -> None:
    """Show the requests that the stand-ins got."""
    if mark:
        click.echo(_launcher().ask("GET", "journal/mark")["mark"])
        return
    query = f"?since={since}" if since is not None else ""
    for entry in _launcher().ask("GET", f"journal{query}"):
        click.echo(json.dumps(entry) if as_json else _line(entry))


def _line(entry: dict[str, Any]) -> str:
    write = "write" if entry["write"] else ""
    words = [f"{entry['vendor']:<8}", f"{entry['method']:<6}", str(entry["status"]), f"{write:<5}"]
    return " ".join([*words, entry["path"], entry["note"] or ""]).rstrip()


@command.command("run", context_settings={"ignore_unknown_options": True})
@click.argument("cmd", nargs=-1, required=True, type=click.UNPROCESSED)
def run(cmd: tuple[str, ...]) -> None:
    """Run CMD against the sandbox: endpoints, credentials, Pulumi backend and plugins.

    Starts the sandbox if it is down. CMD replaces this process, so that its exit code and its
    signals are its own.
    """
    workspace = _workspace()
    sandbox_of(workspace.project).start(scenario_of(workspace.project))
    found = environment(workspace, cmd, os.environ)
    program = shutil.which(cmd[0], path=found["PATH"])
    if program is None:
        raise SandboxError(f"There is no program {cmd[0]!r} on PATH.")
    sys.stdout.flush()
    os.execve(program, list(cmd), found)  # noqa: S606 - the user's own command, no shell
