"""Is what was rolled out what users get? SQL checks and probes, without changing anything."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx

from stackwright import configuration
from stackwright.clients import Clients
from stackwright.configuration import Configuration, with_password
from stackwright.errors import UserInput
from stackwright.stack import Resource, of_type

CHECKS = Path("sql/checks")
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
class Finding:
    """One line of the report. `verdict`: passed, warning or failed."""

    name: str
    verdict: str
    detail: str = ""
    covers: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


async def verify(targets: Targets, environment: Mapping[str, str]) -> list[Finding]:
    """Every check and probe, side by side."""
    settings = configuration.read(environment, {})
    parts = await asyncio.gather(
        _database(targets.project, settings),
        _platform(targets, settings),
        _probes(targets.probes),
    )
    return [finding for part in parts for finding in part]


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


async def _database(project: str | None, settings: Configuration) -> list[Finding]:
    from stackwright.sql import checks
    from stackwright.sql.database import reading

    declared = checks.load(CHECKS)
    if project is None or not declared:
        return []
    async with reading(await _url(project, settings)) as database:
        results = await checks.run(database, declared)
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
        return list(await asyncio.gather(*(_probe(client, probe) for probe in probes)))


async def _probe(client: httpx.AsyncClient, probe: Probe) -> Finding:
    started = time.monotonic()
    try:
        response = await client.get(probe.url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return Finding(probe.url, "failed", f"no answer ({type(error).__name__})")
    took = f"{response.status_code} in {(time.monotonic() - started) * 1000:.0f} ms"
    right = response.status_code == probe.status and probe.contains in response.text
    return Finding(probe.url, _verdict(passed=right, fatal=True), took)


def _verdict(*, passed: bool, fatal: bool) -> str:
    return "passed" if passed else "failed" if fatal else "warning"
