"""Is what was rolled out what users get? SQL checks, probes and scenarios.

Nothing is changed unless a scenario that changes something is asked for by its id.
"""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from stackwright import configuration
from stackwright.clients import Clients
from stackwright.configuration import Configuration, with_password
from stackwright.errors import UserInput
from stackwright.finding import Finding
from stackwright.finding import verdict as _verdict
from stackwright.render.bundle import leaks
from stackwright.scenarios import Scenario, Stage
from stackwright.scenarios.baseline import Baseline
from stackwright.scenarios.declaration import load as load_scenarios
from stackwright.scenarios.runner import play_all
from stackwright.sql import checks
from stackwright.sql.checks import Check
from stackwright.sql.database import reading
from stackwright.stack import Resource, Stack, of_type

CHECKS = Path("sql/checks")
SCENARIOS = Path("scenarios")
TIMEOUT = 15.0


@dataclass(frozen=True)
class Probe:
    """A GET and what must come back."""

    url: str
    status: int = 200
    contains: str = ""


@dataclass(frozen=True)
class Targets:
    """What is verified: the database of a Supabase project, and some addresses."""

    project: str | None
    probes: tuple[Probe, ...] = ()
    functions: Mapping[str, bool] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Targets":
        """Of `STACKWRIGHT_TARGETS`, JSON with `project` (a ref) and, each if there are any,
        `urls`, `functions` (slug to whether callers need a JWT) and `secrets` (names).
        """
        try:
            content: Mapping[str, Any] = json.loads(text)
            return cls(
                content.get("project"),
                tuple(Probe(url) for url in content.get("urls", [])),
                content.get("functions", {}),
                tuple(content.get("secrets", [])),
            )
        except (ValueError, AttributeError):
            raise UserInput("STACKWRIGHT_TARGETS is not the JSON of a rollout; unset it") from None

    @classmethod
    def of(cls, resources: list[Resource]) -> "Targets":
        """Of a stack's state: its project, and the probes that it declares."""
        projects = [r.id for r in of_type(resources, "stackwright:supabase:Project")]
        groups = [r.inputs for r in of_type(resources, "stackwright:supabase:Functions")]
        sets = [r.outputs for r in of_type(resources, "stackwright:supabase:Secrets")]
        probes = [r.inputs for r in of_type(resources, "stackwright:probes:Http")]
        plain = [p for p in probes if p.get("method", "GET") == "GET" and "headers" not in p]
        return cls(
            projects[0] if projects else None,
            tuple(Probe(p["url"], int(p["status"]), p.get("contains", "")) for p in plain),
            {slug: f["verify_jwt"] for group in groups for slug, f in group["functions"].items()},
            tuple(name for outputs in sets for name in outputs.get("names", [])),
        )


@dataclass(frozen=True)
class Choice:
    """Which checks are asked for: those of these ids, or (none given) all that change nothing."""

    ids: frozenset[str] = frozenset()

    def has(self, one: Check | Scenario) -> bool:
        return one.id in self.ids if self.ids else getattr(one, "effect", "reads") == "reads"

    def refuse_unknown(self, known: Iterable[str]) -> None:
        """Raise `UserInput` for an id that no check or scenario has."""
        unknown = sorted(self.ids - set(known))
        if unknown:
            raise UserInput(
                f"there is no check or scenario {', '.join(unknown)}; `stackwright verify --list` "
                "names them all"
            )


ALL = Choice()


def declared() -> tuple[list[Check], list[Scenario]]:
    """The checks and scenarios of the project in the working folder."""
    return checks.load(CHECKS), load_scenarios(SCENARIOS)


async def verify(
    targets: Targets,
    environment: Mapping[str, str],
    choice: Choice = ALL,
    stack: Stack | None = None,
    *,
    renew_baseline: bool = False,
) -> list[Finding]:
    """Every check and probe, side by side; then scenarios, if a `stack` is given.

    With ids in the choice, only the checks and scenarios of these ids. Times are held against
    those that were measured first; `renew_baseline` puts this run's in their place.
    """
    in_sql, playable = declared()
    choice.refuse_unknown([*(c.id for c in in_sql), *(s.id for s in playable)])
    settings = configuration.read(environment, {})
    parts = [_database(targets.project, settings, [c for c in in_sql if choice.has(c)])]
    if not choice.ids:
        parts += [_platform(targets, settings), _probes(targets.probes)]
    found = [finding for part in await asyncio.gather(*parts) for finding in part]
    chosen = [one for one in playable if choice.has(one)]
    if stack is not None and targets.project is not None and chosen:
        stage = await _stage(targets.project, settings, stack)
        stage.baseline = Baseline.of(stack.folder, stack.name, renew=renew_baseline)
        found += await play_all(chosen, stage)
        stage.baseline.save()
    return found


async def _stage(project: str, settings: Configuration, stack: Stack) -> Stage:
    database, keys = await asyncio.gather(
        _url(project, settings), Clients(settings).supabase_reader.api_keys(project)
    )
    reveal = partial(stack.resources, show_secrets=True)
    return Stage(stack.resources(), settings, project, database, keys, reveal)


async def _platform(targets: Targets, settings: Configuration) -> list[Finding]:
    """What the platform lists, beside what was declared."""
    if targets.project is None:
        return []
    reader = Clients(settings).supabase_reader
    functions, secrets = await asyncio.gather(
        reader.functions(targets.project), reader.secrets(targets.project)
    )
    return [*_functions(targets.functions, functions), *_secrets(targets.secrets, secrets)]


def _functions(wanted: Mapping[str, bool], found: Mapping[str, Any]) -> Iterable[Finding]:
    for slug, verify_jwt in wanted.items():
        right = slug in found and bool(found[slug]["verify_jwt"]) == verify_jwt
        missing = "is not deployed" if slug not in found else f"verify_jwt is not {verify_jwt}"
        yield Finding(
            f"function {slug}", _verdict(passed=right, fatal=True), "" if right else missing
        )
    extra = sorted(found.keys() - wanted.keys())
    if wanted and extra:
        yield Finding("functions that nobody declared", "warning", ", ".join(extra))


def _secrets(wanted: Iterable[str], found: Mapping[str, str]) -> Iterable[Finding]:
    for name in wanted:
        there = name in found
        detail = "" if there else "is not set"
        yield Finding(f"secret {name}", _verdict(passed=there, fatal=True), detail)


async def _database(
    project: str | None, settings: Configuration, chosen: list[Check]
) -> list[Finding]:
    if project is None or not chosen:
        return []
    async with reading(await _url(project, settings)) as database:
        results = await checks.run(database, chosen)
    return [
        Finding(
            f"{result.check.id} {result.check.title}".strip(),
            _verdict(passed=result.passed, fatal=result.fatal),
            "" if result.passed else str(result).rpartition(f"{result.check.title}: ")[2],
            tuple(result.check.covers),
        )
        for result in results
    ]


async def _url(project: str, settings: Configuration) -> str:
    configured = settings.get("databaseUrl")
    if configured:
        return configured
    address = await Clients(settings).database_address(project)
    return with_password(address, settings.require("supabaseDbPassword"))


async def _probes(probes: Iterable[Probe]) -> list[Finding]:
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        parts = await asyncio.gather(*(_probe(client, probe) for probe in probes))
    return [finding for part in parts for finding in part]


async def _probe(client: httpx.AsyncClient, probe: Probe) -> list[Finding]:
    started = time.monotonic()
    try:
        response = await client.get(probe.url)
        took = f"{response.status_code} in {(time.monotonic() - started) * 1000:.0f} ms"
        right = response.status_code == probe.status and probe.contains in response.text
        found = [Finding(probe.url, _verdict(passed=right, fatal=True), took)]
        if "html" in response.headers.get("content-type", ""):
            found.append(_bundle(probe.url, await leaks(client, probe.url, response.text)))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [Finding(probe.url, "failed", f"no answer ({type(error).__name__})")]
    return found


def _bundle(url: str, leaked: list[str]) -> Finding:
    """What every visitor can read must hold no secret."""
    detail = f"everybody can read {'; '.join(leaked)}; roll it and rebuild" if leaked else ""
    verdict = _verdict(passed=not leaked, fatal=True)
    return Finding(f"no secret in what {url} serves", verdict, detail, ("R64",))
