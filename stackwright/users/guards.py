"""What must hold before users are wiped. Every guard is asked, and each says why not.

On going on with a wipe that was cut off, age is counted from its beginning, and what is gone
already is not missed.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stackwright.clients import Clients
from stackwright.clock import SYSTEM, Clock
from stackwright.errors import StackwrightError
from stackwright.finding import Finding
from stackwright.sql import manifest
from stackwright.sql.database import ReadOnlyDatabase
from stackwright.sql.manifest import BadBackup, Manifest
from stackwright.supabase.auth_admin import AuthClient
from stackwright.users import export
from stackwright.users.census import USERS, Census
from stackwright.users.declaration import Declared
from stackwright.users.policy import WIPE, Policy

CLOCKS_APART = 5 / 60
"""Hours by which the clock of the machine that made a backup may be ahead of ours."""

Verify = Callable[[Sequence[str], bool], Awaitable[list[Finding]]]
"""Runs those of the named checks that only read (False), or those that write a probe (True)."""


@dataclass(frozen=True)
class Verdict:
    """`objection`: why this guard does not let the wipe happen; empty when it does."""

    guard: str
    objection: str = ""


@dataclass(frozen=True)
class Site:
    """A stack whose users are meant, and what can be asked about it.

    `ref`, `region`: as the stack's state declares the project; `place`: the `.stackwright` folder
    with `exports/<stack>` and `backups/<stack>`; `key`: of encrypted exports.
    """

    stack: str
    ref: str
    region: str
    place: Path
    declared: Declared
    policy: Policy
    clients: Clients
    verify: Verify
    clock: Clock = SYSTEM
    key: str | None = field(default=None, repr=False)

    @property
    def folder(self) -> str:
        """The stack's name as a folder, and in the name of its file."""
        return self.stack.rpartition("/")[2]


@dataclass(frozen=True)
class Case:
    """One wipe. `expected`: what it took into view at its beginning, at `at` (unix seconds);
    `resumed`: it was cut off since.
    """

    site: Site
    census: Census
    expected: Mapping[str, int]
    at: float
    resumed: bool


async def ask(case: Case, database: ReadOnlyDatabase) -> list[Verdict]:
    """The verdict of every guard, in the order in which a person would look."""
    return [
        Verdict("user_policy", _policy(case.site)),
        Verdict("target", await _heard(_target(case))),
        Verdict("schema", await _heard(unverified(case.site, writing=False))),
        Verdict("export", await _heard(_export(case, database))),
        Verdict("backup", _backup(case)),
        Verdict("notices", _notices(case)),
    ]


async def _heard(question: Awaitable[str]) -> str:
    """What cannot be answered is an objection."""
    try:
        return await question
    except StackwrightError as error:
        return str(error)


def _policy(site: Site) -> str:
    if site.policy.users == WIPE:
        return ""
    return (
        f"user_policy of stack {site.stack} is {site.policy.users}: whoever wants a wipe writes "
        f"`user_policy: {WIPE}` into Pulumi.{site.folder}.yaml"
    )


async def _target(case: Case) -> str:
    """Ref, region and name by the vendor's own word; then its users are those of the database."""
    site = case.site
    found = await site.clients.supabase_reader.project(site.ref)
    if found is None:
        return f"Supabase knows no project {site.ref}"
    for what, value in (("region", site.region), ("name", site.policy.project)):
        if not value:
            return f"nobody declared the {what} of the project that is meant ({_where(what)})"
        if found[what] != value:
            return f"Supabase says that {site.ref} has the {what} {found[what]!r}, not {value!r}"
    async with await auth_of(site) as auth:
        listed = await auth.user_ids()
    if listed != case.census.ids:
        return "the database does not hold the users that the auth server lists: another project?"
    return ""


async def auth_of(site: Site) -> AuthClient:
    """The auth server's admin interface; raises `StackwrightError` without its key."""
    keys = await site.clients.supabase_reader.api_keys(site.ref)
    if "service_role" not in keys:
        raise StackwrightError(f"the project {site.ref} gives no service_role key for its users")
    return site.clients.auth(site.ref, keys["service_role"])


def _where(what: str) -> str:
    return "wipe.project in the stack's file" if what == "name" else "supabase.Project(region=...)"


async def unverified(site: Site, *, writing: bool) -> str:
    """Which of the declared checks are not passed; empty when all are."""
    findings = await site.verify(site.declared.checks, writing)
    wrong = [finding for finding in findings if finding.verdict != "passed"]
    return "; ".join(f"{one.name}: {one.verdict}. {one.detail}".strip() for one in wrong)


async def _export(case: Case, database: ReadOnlyDatabase) -> str:
    """The newest recorded export holds every user there is, as he is."""
    advice = f"make one: stackwright users export --stack {case.site.stack} --output FILE"
    made = next(export.noted(case.site.place / "exports" / case.site.folder, case.site.ref), None)
    if made is None:
        return f"no export of these users is recorded; {advice}"
    held = made.content(case.site.key)
    now = await export.read(database, case.site.declared.export)
    if case.resumed:
        known = {row[0] for row in held.rows}
        strangers = sum(row[0] not in known for row in now.rows)
        return f"{strangers} users are not in {made.path}; {advice}" if strangers else ""
    if len(held.rows) != made.rows or set(held.rows) != set(now.rows):
        return (
            f"{made.path} of {made.made_at} holds {made.rows} users, and there are "
            f"{len(now.rows)}, or a field changed since; {advice}"
        )
    return ""


def _backup(case: Case) -> str:
    """A verified backup, young enough, whole, with all that would go."""
    advice = f"make one: stackwright backup --stack {case.site.stack}"
    within = case.site.declared.backup_within
    fresh = next(_fresh(case), None)
    if fresh is None:
        return f"no verified backup of the last {within:g} hours is there; {advice}"
    folder, known = fresh
    for name, expected in case.expected.items():
        held = _rows(known, case.site.declared, name)
        if held < expected:
            return f"the backup {folder.name} holds {held} of {expected} {name}; {advice}"
    try:
        manifest.refuse_damaged(folder, known)
    except BadBackup as error:
        return str(error)
    return ""


def _fresh(case: Case) -> Iterator[tuple[Path, Manifest]]:
    for folder, known in manifest.all_of(case.site.place / "backups" / case.site.folder):
        young = -CLOCKS_APART <= known.age(case.at) <= case.site.declared.backup_within
        if young and known.verified and known.project == case.site.ref:
            yield folder, known


def _rows(known: Manifest, declared: Declared, name: str) -> int:
    if name == USERS:
        return known.auth_tables.get("auth.users", 0)
    return known.tables.get(declared.rows[name].table, 0)


def _notices(case: Case) -> str:
    today = datetime.fromtimestamp(case.at, UTC).date()
    objections = []
    for name, days in case.site.declared.notices.items():
        notice = case.site.policy.notices.get(name)
        said = notice.objection(days, today) if notice else "is not confirmed"
        if said:
            objections.append(f"{name} {said}")
    if not objections:
        return ""
    return f"{'; '.join(objections)} (wipe.notices in Pulumi.{case.site.folder}.yaml)"
