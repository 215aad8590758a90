"""`stackwright verify`: what is verified, how it is reported, and the exit code."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from stackwright import verify as verification
from stackwright.cli import verify
from stackwright.errors import UserInput
from stackwright.finding import Finding
from stackwright.scenarios import Scenario
from stackwright.stack import Resource
from stackwright.verify import Choice, Probe, Targets

REF = "abcdefghijklmnopqrst"
PASSED, WARNED = Finding("V01 users", "passed"), Finding("V02 rows", "warning", "3 rows")
FAILED = Finding("https://shop.example", "failed", "500 in 3 ms", ("R1",))


class Run:
    """The command with these findings; `targets` is what it was to verify."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.targets: Targets | None = None
        self.findings: list[Finding] = []
        self.resources: list[Resource] = []
        monkeypatch.setattr(verify, "verify", self._verify)
        monkeypatch.setattr(verify, "selected", lambda folder, name: self._named(name))
        monkeypatch.delenv("STACKWRIGHT_TARGETS", raising=False)

    async def _verify(
        self,
        targets: Targets,
        environment: Mapping[str, str],
        choice: Choice,
        stack: Any,
        *,
        renew_baseline: bool,
    ) -> list[Finding]:
        self.targets, self.choice, self.stack = targets, choice, stack
        return self.findings

    def _named(self, name: str | None) -> Any:
        outer = self

        class Selected:
            def resources(self) -> list[Resource]:
                return outer.resources

        self.asked = name
        return Selected()

    def __call__(self, *arguments: str, findings: list[Finding]) -> Result:
        self.findings = findings
        return CliRunner().invoke(verify.command, arguments)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    return Run(monkeypatch)


def resource(kind: str, **fields: Any) -> Resource:
    return Resource(
        f"urn:pulumi:dev::shop::{kind}::it",
        kind,
        fields.get("id", ""),
        fields.get("inputs", {}),
        fields.get("outputs", {}),
    )


def test_one_failed_check_is_exit_code_1_and_a_warning_is_not(run: Run) -> None:
    assert run(findings=[PASSED, WARNED]).exit_code == 0
    assert run(findings=[PASSED, WARNED, FAILED]).exit_code == 1


def test_each_finding_is_a_line(run: Run) -> None:
    assert run(findings=[PASSED, WARNED, FAILED]).output.splitlines() == [
        "ok   V01 users",
        "warn V02 rows: 3 rows",
        "FAIL https://shop.example: 500 in 3 ms",
        "2 of 3 passed.",
    ]


def test_json_is_a_list_of_findings(run: Run) -> None:
    (found,) = json.loads(run("--json", findings=[FAILED]).output)
    assert found == {
        "name": "https://shop.example",
        "verdict": "failed",
        "detail": "500 in 3 ms",
        "covers": ["R1"],
    }


def test_inside_a_rollout_the_program_says_what_is_verified(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"project": REF, "urls": ["https://shop.example"], "functions": {"ping": False}}
    monkeypatch.setenv("STACKWRIGHT_TARGETS", json.dumps(told | {"secrets": ["KEY"]}))
    run(findings=[])
    assert run.targets == Targets(REF, (Probe("https://shop.example"),), {"ping": False}, ("KEY",))


def test_a_named_stack_is_verified_whatever_the_rollout_said(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STACKWRIGHT_TARGETS", json.dumps({"project": REF}))
    run("--stack", "prod", findings=[])
    assert run.asked == "prod"
    assert run.targets == Targets(None)


@pytest.mark.parametrize("text", ["nonsense", "[]", '"project"'])
def test_targets_that_are_no_json_object_are_refused(text: str) -> None:
    with pytest.raises(UserInput, match="STACKWRIGHT_TARGETS"):
        Targets.parse(text)


def test_the_state_tells_project_probes_functions_and_secrets() -> None:
    plain = {"url": "https://a.example", "status": 204.0, "contains": "x", "method": "GET"}
    found = Targets.of(
        [
            resource("stackwright:supabase:Project", id=REF),
            resource("stackwright:probes:Http", inputs=plain),
            resource("stackwright:probes:Http", inputs=plain | {"method": "POST"}),
            resource("stackwright:probes:Http", inputs=plain | {"headers": {"A": "b"}}),
            resource(
                "stackwright:supabase:Functions",
                inputs={"functions": {"ping": {"verify_jwt": False, "hash": "h"}}},
            ),
            resource("stackwright:supabase:Secrets", outputs={"names": ["KEY"]}),
        ]
    )
    assert found == Targets(REF, (Probe("https://a.example", 204, "x"),), {"ping": False}, ("KEY",))


def findings_of(probe: Probe, answer: httpx.Response | Exception) -> list[Finding]:
    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def ask() -> list[Finding]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
            return await verification._probe(client, probe)

    return asyncio.run(ask())


def probed(probe: Probe, answer: httpx.Response | Exception) -> Finding:
    return findings_of(probe, answer)[0]


def test_a_probe_wants_its_status_and_its_text() -> None:
    url = "https://shop.example"
    ok = httpx.Response(200, text="hello")
    assert probed(Probe(url, contains="hello"), ok).verdict == "passed"
    assert probed(Probe(url, contains="bye"), ok).verdict == "failed"
    assert probed(Probe(url, status=204), ok).verdict == "failed"


def test_a_probe_without_an_answer_says_so() -> None:
    found = probed(Probe("https://shop.example"), httpx.ConnectError("refused"))
    assert (found.verdict, found.detail) == ("failed", "no answer (ConnectError)")


def test_a_probe_of_no_address_is_a_failure_and_no_crash() -> None:
    assert probed(Probe("https://shop.example:port"), httpx.Response(200)).verdict == "failed"


@pytest.mark.parametrize(
    ("script", "verdict"), [("fetch('/api')", "passed"), ("k='sk_live_51Habcdefgh'", "failed")]
)
def test_a_probed_page_must_not_give_a_secret_away(script: str, verdict: str) -> None:
    page = f"<script>{script}</script>"
    _, found = findings_of(Probe("https://shop.example"), httpx.Response(200, html=page))
    assert (found.verdict, found.covers) == (verdict, ("R64",))
    assert "51Habcdefgh" not in found.detail


def test_only_and_scenario_choose_by_id_and_the_rest_is_left_out(run: Run) -> None:
    assert run("--only", "V5, V9", "--scenario", "P1", findings=[]).exit_code == 0
    assert run.choice.ids == {"V5", "V9", "P1"}
    assert run.stack is not None
    assert run(findings=[]).exit_code == 0
    assert run.choice.ids == frozenset()


def test_an_empty_choice_is_refused(run: Run) -> None:
    refused = run("--only", " , ", findings=[])
    assert isinstance(refused.exception, UserInput)


def test_without_ids_what_writes_is_left_out() -> None:
    async def play(stage: Any) -> None: ...

    reads, writes = Scenario("V9", "", play), Scenario("P1", "", play, "pays")
    assert [Choice().has(one) for one in (reads, writes)] == [True, False]
    chosen = Choice(frozenset({"P1"}))
    assert [chosen.has(one) for one in (reads, writes)] == [False, True]
    with pytest.raises(UserInput, match=r"no check or scenario P1; .*--list"):
        chosen.refuse_unknown(["V9"])


def test_what_could_not_be_tried_is_counted_and_no_failure(run: Run) -> None:
    said = run(findings=[PASSED, Finding("V12 wiped", "skipped", "there was no wipe")])
    assert said.exit_code == 0
    assert said.output.splitlines()[1:] == [
        "skip V12 wiped: there was no wipe",
        "1 of 1 passed, 1 could not be tried.",
    ]


def test_functions_are_compared_with_what_is_deployed() -> None:
    wanted = {"ping": False, "pay": True, "gone": True}
    found = {"ping": {"verify_jwt": True}, "pay": {"verify_jwt": True}, "other": {}}
    verdicts = {f.name: (f.verdict, f.detail) for f in verification._functions(wanted, found)}
    assert verdicts == {
        "function ping": ("failed", "verify_jwt is not False"),
        "function pay": ("passed", ""),
        "function gone": ("failed", "is not deployed"),
        "functions that nobody declared": ("warning", "other"),
    }


def test_a_secret_that_is_not_set_is_a_failure() -> None:
    there, gone = verification._secrets(["KEY", "GONE"], {"KEY": "digest"})
    assert (there.verdict, gone.verdict, gone.detail) == ("passed", "failed", "is not set")
