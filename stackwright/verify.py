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

    @classmethod
    def parse(cls, text: str) -> "Targets":
        """Of `STACKWRIGHT_TARGETS`: `{"project": ref, "urls": [...]}`."""
        try:
            content: Mapping[str, Any] = json.loads(text)
            urls = content.get("urls", [])
            return cls(content.get("project"), tuple(Probe(url) for url in urls))
        except (ValueError, AttributeError):
            raise UserInput("STACKWRIGHT_TARGETS is not the JSON of a rollout; unset it") from None

    @classmethod
    def of(cls, resources: list[Resource]) -> "Targets":
        """Of a stack's state: its project, and the probes that it declares."""
        projects = [r.id for r in of_type(resources, "stackwright:supabase:Project")]
        probes = [r.inputs for r in of_type(resources, "stackwright:probes:Http")]
        plain = [p for p in probes if p.get("method", "GET") == "GET" and "headers" not in p]
        return cls(
            projects[0] if projects else None,
            tuple(Probe(p["url"], int(p["status"]), p.get("contains", "")) for p in plain),
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
    database, probes = await asyncio.gather(
        _database(targets.project, settings), _probes(targets.probes)
    )
    return [*database, *probes]


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
    except httpx.HTTPError as error:
        return Finding(probe.url, "failed", f"no answer ({type(error).__name__})")
    took = f"{response.status_code} in {(time.monotonic() - started) * 1000:.0f} ms"
    right = response.status_code == probe.status and probe.contains in response.text
    return Finding(probe.url, _verdict(passed=right, fatal=True), took)


def _verdict(*, passed: bool, fatal: bool) -> str:
    return "passed" if passed else "failed" if fatal else "warning"
