"""Writes the generated parts of the documentation: what the code says is not said by hand.

A page holds markers, `<!-- inputs -->` to `<!-- /inputs -->`; the text between them is replaced by
a table made from the fields' marks. `--check` changes nothing and fails when a page is out of date.
`docs/sandbox-coverage.md` is made as a whole, from the route tables of the stand-ins.
"""

import sys
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from pydantic.fields import FieldInfo
from typing_extensions import is_typeddict

from stackwright import schema
from stackwright.plugin.registry import controllers
from stackwright.resource import Controller
from stackwright.sandbox.render import routes as render
from stackwright.sandbox.stripe import routes as stripe
from stackwright.sandbox.supabase import routes as supabase
from stackwright.schema import Field

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "docs" / "resources"
COVERAGE = ROOT / "docs" / "sandbox-coverage.md"
Row = Sequence[str]


def page_of(token: str) -> Path:
    """`stackwright:stripe:WebhookEndpoint` is described in `stripe-webhook-endpoint.md`."""
    system, kind = token.split(":")[1:]
    words = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind)
    return RESOURCES / f"{system}{words}.md"


def generated() -> dict[Path, str]:
    """Every page with a generated part, as it must read."""
    pages = {page_of(token): kind for token, kind in controllers().items()}
    filled = {path: filled_in(path.read_text(), kind) for path, kind in pages.items()}
    return {**filled, COVERAGE: coverage()}


def filled_in(text: str, kind: Controller) -> str:
    """A resource's page with its tables brought up to date."""
    text = replaced(text, "inputs", table(INPUTS, input_rows(kind.inputs)))
    return replaced(text, "outputs", table(OUTPUTS, output_rows(kind.outputs)))


def replaced(text: str, marker: str, content: str) -> str:
    """`text` with `content` between the markers of that name, which must be there once."""
    start, end = f"<!-- {marker} -->", f"<!-- /{marker} -->"
    before, found, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"a page lacks {start} ... {end}")
    return f"{before}{start}\n{content}\n{end}{after}"


# -- fields --------------------------------------------------------------------------------

INPUTS = ("input", "type", "required", "default", "a change", "meaning")
OUTPUTS = ("output", "type", "in a preview of a change", "secret")


def input_rows(declaration: type) -> Iterator[Row]:
    """One row an input, in the order of the declaration."""
    for field in schema.fields(declaration).values():
        fallback = field.value_of("default")
        hidden = "Secret in state. " if field.has(schema.secret) else ""
        yield (
            f"`{field.name}`",
            f"`{type_of(field.type)}`{limits_of(field.type)}",
            "yes" if field.required else "",
            "" if fallback is None else f"`{fallback!r}`",
            _change(field),
            f"{hidden}{field.value_of('doc') or ''}",
        )


def _change(field: Field) -> str:
    if field.has(schema.replaces):
        return "replaces"
    return "ignored" if field.has(schema.undiffed) else "in place"


def output_rows(declaration: type) -> Iterator[Row]:
    """One row an output."""
    for field in schema.fields(declaration).values():
        yield (
            f"`{field.name}`",
            f"`{type_of(field.type)}`",
            "unknown" if field.has(schema.fresh) else "known",
            "yes" if field.has(schema.secret) else "",
        )


def type_of(hint: Any) -> str:
    """A type as a person reads it: `dict[str, {interval: str, interval_count?: int}]`."""
    origin, members = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return type_of(members[0])
    if origin is typing.Literal:
        return " | ".join(f'"{member}"' for member in members)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_of(member) for member in members)
    if origin is not None:
        return f"{origin.__name__}[{', '.join(type_of(member) for member in members)}]"
    if is_typeddict(hint):
        return "{" + ", ".join(_item(field) for field in schema.fields(hint).values()) + "}"
    return "None" if hint is type(None) else str(hint.__name__)


def _item(field: Field) -> str:
    return f"{field.name}{'' if field.required else '?'}: {type_of(field.type)}"


def limits_of(hint: Any) -> str:
    """What pydantic demands of a text, in words that follow its type."""
    extras = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    rules = [rule for extra in extras if isinstance(extra, FieldInfo) for rule in extra.metadata]
    patterns = [f", `{rule.pattern}`" for rule in rules if getattr(rule, "pattern", None)]
    longest = [
        f", to {rule.max_length} characters" for rule in rules if hasattr(rule, "max_length")
    ]
    return "".join([*patterns, *longest])


# -- the sandbox ---------------------------------------------------------------------------

COVERAGE_HEAD = """\
# What the sandbox answers

Generated from the route tables of the stand-ins by `scripts/generate_docs.py`. Every other path
gets the vendor's own 404 and the note `not emulated` in `stackwright sandbox journal`. How a
stand-in is judged stands above its table; what is real behind it is on [the sandbox's
page](sandbox.md).
"""
JUDGES = {
    "Stripe": "By Stripe's Python SDK, by the Stripe CLI where it is installed, and by Stripe's "
    "list of parameters: `tests/compat/test_stripe_*.py`.",
    "Supabase Management API": "By the official Supabase CLI where it is installed, by "
    "requests made up from its OpenAPI document, and by recorded shapes: "
    "`tests/compat/test_supabase_cli.py`, `tests/compat/test_documents.py`, "
    "`tests/sandbox/supabase/`.",
    "Render": "By Render's Python SDK, by requests made up from its OpenAPI document, and by "
    "exchanges that the official Terraform provider recorded: `tests/compat/test_render_sdk.py`, "
    "`tests/compat/test_documents.py`, `tests/sandbox/render/`.",
}

COVERAGE_TAIL = """\
## In the database

PostgreSQL and its contrib extensions are real. Judged by tests of its own after the extension's
documentation: `tests/sandbox/supabase/test_cron.py`.

| extension | | |
| --- | --- | --- |
| `pg_cron` | emulated | `cron.schedule`, `schedule_in_database`, `alter_job`, `unschedule`, \
`job`, `job_run_details`; five fields, names, `$`, `@daily` and its like, `[1-59] seconds`; the \
rights that Supabase gives |
| | partial | jobs of a project run one after the other; one that came due often while the clock \
leapt runs once; only roles whose password the sandbox knows run jobs: `postgres` and the \
platform's |
| | absent | `@reboot`, the settings `cron.*`; all of it where PostgreSQL is the system's own |
| `pg_net`, `pgsodium`, `pg_graphql`, `vault` and others | absent | `CREATE EXTENSION` fails as on \
any server that lacks them |
"""


def coverage() -> str:
    """The page of everything that the stand-ins answer."""
    rows = {
        "Stripe": [(o.method, o.path) for o in stripe.OPERATIONS],
        "Supabase Management API": [(method, path) for method, path, _ in supabase.OPERATIONS],
        "Render": [(method, f"/v1{path}") for method, path, _ in render.TABLE],
    }
    parts = [COVERAGE_HEAD]
    for name, answered in rows.items():
        shown = table(("method", "path"), [(m, f"`{path}`") for m, path in answered])
        parts.append(f"## {name}\n\n{JUDGES[name]}\n\n{shown}\n")
    parts.append(COVERAGE_TAIL)
    return "\n".join(parts)


# -- Markdown ------------------------------------------------------------------------------


def table(head: Row, rows: Iterator[Row] | Sequence[Row]) -> str:
    """A Markdown table; a `|` inside a cell is escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    stale = [path for path, text in generated().items() if _differs(path, text)]
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is out of date: run scripts/generate_docs.py")
        return 1 if stale else 0
    for path, text in generated().items():
        path.write_text(text)
    return 0


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text() != text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
