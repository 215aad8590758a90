"""`stackwright preview-web`: a stack's web app, built as declared and served on this machine."""

import signal
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from stackwright.errors import UserInput
from stackwright.render import preview
from stackwright.render.preview import StaticSite
from stackwright.stack import Resource, of_type, selected

PORT = 4173


@click.command()
@click.option("--stack", "name", help="The stack; default: the selected one.")
@click.option("--service", help="Which static site, by its logical name, if there are several.")
@click.option("--port", default=PORT, help="On 127.0.0.1.", show_default=True)
def command(name: str | None, service: str | None, port: int) -> None:
    """Build a stack's web app as it is rolled out, and serve it here to be looked at.

    Deploys nothing. It is built from git in a folder that is removed at the end (Ctrl-C).
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    stack = selected(Path.cwd(), name)
    site = _site(stack.resources(), stack.name, service)
    root = stack.folder / ".stackwright"
    root.mkdir(exist_ok=True)
    try:
        with (
            preview.port(port) as server,
            tempfile.TemporaryDirectory(prefix="preview-web-", dir=root) as place,
        ):
            folder = preview.build(site, Path(place))
            click.echo(f"{stack.name} is served at http://{preview.HOST}:{port}, Ctrl-C ends it")
            preview.serve(server, folder, site.routes)
    except KeyboardInterrupt:
        click.echo("ended; nothing is left")


def _site(resources: list[Resource], stack: str, name: str | None) -> StaticSite:
    """The static site of that name, else the only one, as the state has it."""
    services = of_type(resources, "stackwright:render:Service")
    sites = {one.name: one for one in services if one.inputs["type"] == "static_site"}
    if not sites:
        raise UserInput(f"stack {stack} has no static site yet: run `pulumi up --stack {stack}`")
    if name is None and len(sites) > 1:
        raise UserInput(f"stack {stack} has several static sites ({', '.join(sites)}): --service")
    chosen = sites.get(name or next(iter(sites)))
    if chosen is None:
        raise UserInput(f"stack {stack} has no static site {name}; it has {', '.join(sites)}")
    own = [one for one in resources if one.inputs.get("service") == chosen.id]
    return _declared(chosen.inputs, dict(_variables(own)), _commit(own))


def _declared(
    inputs: Mapping[str, object], variables: Mapping[str, str], commit: str | None
) -> StaticSite:
    known = {name: inputs[name] for name in StaticSite.__dataclass_fields__ if name in inputs}
    return StaticSite(**known, variables=variables, commit=commit)  # type: ignore[arg-type]


def _variables(resources: list[Resource]) -> Iterator[tuple[str, str]]:
    """Those in clear: a secret in state is no text, and has no place in a page."""
    for one in of_type(resources, "stackwright:render:EnvVars"):
        values = one.inputs["values"]
        yield from ((key, value) for key, value in values.items() if isinstance(value, str))


def _commit(resources: list[Resource]) -> str | None:
    deploys = of_type(resources, "stackwright:render:Deploy")
    return next((one.inputs.get("commit") for one in deploys), None)
