"""Production's users: kept through every `up`, and wiped by a command of its own."""

import hashlib
import json
import signal
from pathlib import Path
from typing import Any

from tests.e2e.production.world import (
    SETTINGS,
    USERS,
)
from tests.e2e.project import Project

POLICY = """  voip-accelerator:user_policy: wipe
  voip-accelerator:wipe:
    project: voip-accelerator-prod
    notices:
      T-7: {sent: "2025-10-06", by: Ada}
      T-2: {sent: "2025-10-11", by: Ada}
"""


def test_a_stack_that_may_be_wiped_keeps_its_users_through_every_up(
    prod: Project, before: dict[str, list[tuple[Any, ...]]]
) -> None:
    prod.edit(SETTINGS, "  stackwright:stripeMode", f"{POLICY}  stackwright:stripeMode")
    for _ in range(2):
        assert prod.up().nothing_changed
    assert prod.database(USERS) == before[USERS]


def test_the_users_of_a_stack_that_keeps_them_are_not_wiped(prod: Project) -> None:
    mark = prod.mark()
    said = prod.stackwright_on_stack("users", "wipe", "--consent", "wipe prod: all")
    assert said.code == 3, said.text
    assert "REFUSED: the users of prod are not wiped. Nothing was changed." in said.err
    assert "user_policy: user_policy of stack prod is preserve" in said.err
    assert "export: no export of these users is recorded" in said.err
    assert prod.database("select count(*) from auth.users") == [(14,)]
    assert prod.writes(mark) == []


def test_users_are_exported_and_then_wiped_with_a_consent_that_counts_them(
    prod: Project, tmp_path: Path
) -> None:
    prod.edit(SETTINGS, "  stackwright:stripeMode", f"{POLICY}  stackwright:stripeMode")
    inside = prod.stackwright_on_stack("users", "export", "--output", "users.csv")
    assert (inside.code, "inside the git work tree" in inside.err) == (3, True), inside.text
    made = json.loads(
        prod.stackwright_on_stack("users", "export", "--output", str(tmp_path), "--json").out
    )
    lines = Path(made["path"]).read_text().splitlines()
    assert lines[0] == "id,email,status,plan,plan_ends,created"
    assert (made["rows"], len(lines)) == (14, 15)
    assert hashlib.sha256(Path(made["path"]).read_bytes()).hexdigest() == made["sha256"]

    planned = prod.stackwright_on_stack("users", "wipe")
    consent = "wipe prod: 14 profiles, 0 sessions, 14 users"
    assert planned.code == 5, planned.text
    assert (
        f'NEEDS APPROVAL: nothing was changed. To delete them for good: --consent "{consent}"'
        in (planned.err)
    )
    assert "FAIL" not in planned.out
    assert prod.database("select count(*) from auth.users") == [(14,)]

    _kill_in_the_middle(prod, "users", "wipe", "--stack", "prod", "--consent", consent)
    wiped = prod.stackwright_on_stack("users", "wipe", "--consent", consent)
    assert wiped.code == 0, wiped.text
    assert "a wipe of 14 profiles, 0 sessions, 14 users was cut off" in wiped.out
    assert "Wiped and counted: 0 profiles, 0 sessions, 0 users." in wiped.out
    left = "(select count(*) from profiles), (select count(*) from active_sessions)"
    assert prod.database(f"select count(*), {left} from auth.users") == [(0, 0, 0)]
    verified = prod.stackwright_on_stack("verify", "--only", "V12")
    assert "ok   V12" in verified.out, verified.text
    again = prod.stackwright_on_stack("users", "wipe", "--consent", consent)
    assert (again.code, "nothing to wipe" in again.out) == (0, True), again.text
    prod.spoil()


def _kill_in_the_middle(project: Project, *argv: str) -> None:
    """Run a command and kill it once it has deleted some of the users."""
    project.fault("slow", vendor="gateway", method="DELETE", times=None, delay=0.5)
    run = project.popen("stackwright", *argv)
    while run.poll() is None:
        [(users,)] = project.database("select count(*) from auth.users where email like 'tester%%'")
        if users < 14:
            run.kill()
            break
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    project.ask("DELETE", "faults")
    assert project.database("select count(*) > 0 from auth.users") == [(True,)]
