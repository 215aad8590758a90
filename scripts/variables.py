"""Makes docs/variables.md: every variable of every part, told by the declaration.

The program itself says what it sets (see `stackwright.survey.program`), the sources of the
functions what they read, `settings.py` and the library what the deployer must be told. With
`--check` nothing is written and a page that is out of date is an error.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import SecretStr
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from components.edge_functions import FUNCTIONS  # noqa: E402
from settings import Settings  # noqa: E402
from stackwright import configuration  # noqa: E402
from stackwright.settings import names  # noqa: E402
from stackwright.stack import Resource, of_type  # noqa: E402
from stackwright.supabase.environment import PLATFORM, reads  # noqa: E402
from stackwright.survey import program  # noqa: E402

PAGE = ROOT / "docs" / "variables.md"
STACKS = ("dev", "prod")
PLATFORM_SETS = "the platform"
PUBLIC = {"renderOwnerId", "stripeMode"}
"""Of what the library is told, no secret."""
Row = Sequence[str]
HEAD = """# Variables

Every variable of each part, who sets it, and who may read it. Made from the declaration by
`scripts/variables.py`: what the program sets, what the sources of the functions read, what
`settings.py` asks for. `stackwright env` says which of them a stack has.
"""
WEB_APP = """## Web app

Baked into the page when it is built: everybody can read them. No secret may be among them, which
the preview checks by name and by value.
"""
EDGE_FUNCTIONS = """## Edge functions

Secrets of the Supabase project, all of them: the platform shows names and digests, never values.
What nobody sets has a default in the sources.
"""
DEPLOYER = """## Deployer

What a stack must be told: in `Pulumi.<stack>.yaml`, or in the environment of whoever runs it. The
configuration wins; a secret is set with `pulumi config set --secret`.
"""
ENDPOINTS = """Where the vendors are, for the sandbox and for tests; in the environment only:
"""


def page() -> str:
    """The page as it must read."""
    programs = {stack: _declared(stack) for stack in STACKS}
    fields = Settings.model_fields.items()
    own = (_setting(name, field) for name, field in fields)
    known = {place for name, field in fields for place in names(field, name)}
    library = (row for row in _library() if row[0].strip("`") not in known)
    places = ((f"`{name}`", f"`{url}`") for name, url in configuration.ENDPOINTS.items())
    parts = (
        (WEB_APP, ("key", "stacks", "set by", ""), _web_app(programs)),
        (EDGE_FUNCTIONS, ("key", "stacks", "set by", "read by"), _edge_functions(programs)),
        (
            DEPLOYER,
            ("configuration", "variable", "needed", "secret", "meaning"),
            [*own, *library],
        ),
        (ENDPOINTS, ("variable", "default"), places),
    )
    return "\n".join([HEAD, *(f"{text}\n{_table(head, rows)}\n" for text, head, rows in parts)])


def _declared(stack: str) -> list[Resource]:
    """What the program declares for a stack, with keys that are only examples."""
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    mode = config["stackwright:stripeMode"]
    given = {key: v if isinstance(v, str) else json.dumps(v) for key, v in config.items()}
    environment = {
        **os.environ,
        "STRIPE_API_KEY": f"sk_{mode}_example",
        "STRIPE_PUBLISHABLE_KEY": f"pk_{mode}_example",
        "PULUMI_CONFIG": json.dumps(given),
    }
    return program.declared(ROOT, "voip-accelerator", stack, environment)


Programs = dict[str, list[Resource]]


def _setters(programs: Programs, token: str) -> dict[str, dict[str, str]]:
    """Key to stack to the resource that sets it."""
    found: dict[str, dict[str, str]] = {}
    for stack, resources in programs.items():
        for one in of_type(resources, f"stackwright:{token}"):
            for key in one.inputs["values"]:
                found.setdefault(key, {})[stack] = one.name
    return found


def _web_app(programs: Programs) -> Iterator[Row]:
    for key, setters in sorted(_setters(programs, "render:EnvVars").items()):
        yield f"`{key}`", ", ".join(setters), _set_by("render.EnvVars", setters), "public"


def _edge_functions(programs: Programs) -> Iterator[Row]:
    readers = _readers()
    setters = _setters(programs, "supabase:Secrets")
    for key in sorted({*readers, *setters}):
        if key in setters:
            where, who = ", ".join(setters[key]), _set_by("supabase.Secrets", setters[key])
        else:
            where = ", ".join(STACKS)
            who = PLATFORM_SETS if key.startswith(PLATFORM) else "nobody: a default"
        yield f"`{key}`", where, who, _some(readers.get(key, []))


def _readers() -> dict[str, list[str]]:
    """Key to the functions that read it."""
    found: dict[str, list[str]] = {}
    for function in FUNCTIONS:
        for key in reads("functions", function.slug):
            found.setdefault(key, []).append(function.slug)
    return found


def _set_by(kind: str, setters: dict[str, str]) -> str:
    return ", ".join(f"`{kind}` {name}" for name in sorted(set(setters.values())))


def _some(slugs: Sequence[str]) -> str:
    if len(slugs) == len(FUNCTIONS):
        return "all"
    return ", ".join(f"`{slug}`" for slug in slugs)


def _setting(name: str, field: FieldInfo) -> Row:
    *_, variable = found = list(names(field, name))
    key = next((one for one in found if not one.isupper()), "")
    hidden = "yes" if field.annotation is SecretStr else ""
    return f"`{key}`", f"`{variable}`", _needed(field), hidden, field.description or ""


def _needed(field: FieldInfo) -> str:
    if field.is_required():
        return "yes"
    return "no" if field.default is None else f"else `{json.dumps(field.default)}`"


def _library() -> Iterable[Row]:
    """What every program of the library may be told; its page says where to get it."""
    where = "[your own accounts](tasks/real-accounts.md)"
    for keys, needed in ((configuration.CREDENTIALS, "yes"), (configuration.SETTINGS, "no")):
        for key, variable in keys.items():
            hidden = "" if key in PUBLIC else "yes"
            yield f"`{configuration.NAMESPACE}{key}`", f"`{variable}`", needed, hidden, where


def _table(head: Row, rows: Iterable[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell for cell in line)} |" for line in lines)


def main(arguments: Sequence[str]) -> int:
    os.chdir(ROOT)
    wanted = page()
    if "--check" in arguments:
        if not PAGE.is_file() or PAGE.read_text() != wanted:
            print("docs/variables.md is out of date: run scripts/variables.py")
            return 1
        return 0
    PAGE.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
