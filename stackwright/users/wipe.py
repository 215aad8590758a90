"""Deletes all users of a stack, if every guard lets it and a person named what is there.

Users go through the auth server's admin interface, their rows with them. A note in the database
comes before the first deletion: cut off anywhere, the same command goes on. Whoever signs up
meanwhile stays, and makes the wipe fail: it is only done when nothing is left.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from stackwright.errors import NeedsApproval, Refused, StackwrightError
from stackwright.sql.database import Database
from stackwright.supabase.auth_admin import AuthClient
from stackwright.users import census, guards, journal
from stackwright.users.census import USERS
from stackwright.users.guards import Case, Site, Verdict

AT_ONCE = 4
Tell = Callable[[str, int, int], None]
"""A phase, how many are done, of how many."""

LOST = (
    "passwords, identities and second factors: users of a backup can be restored, and sign in anew",
    "sessions: everybody is signed out",
    "whatever came after the backup",
)


class SomeAreLeft(StackwrightError):
    """The wipe ended, and something is still there."""


@dataclass(frozen=True)
class Plan:
    """What a wipe of `stack` would do. `users`: the ids that go; `found`: what is there;
    `expected`: the counts that its consent must name, which are those of its beginning, at `at`.
    """

    stack: str
    users: frozenset[str]
    found: Mapping[str, int]
    expected: Mapping[str, int]
    verdicts: Sequence[Verdict]
    at: float
    resumed: bool

    @property
    def nothing_to_do(self) -> bool:
        """Whether nobody is there, and no wipe waits for its end."""
        return not self.resumed and not any(self.found.values())

    @property
    def consent(self) -> str:
        """The words that allow it: stack, step, counts."""
        return f"wipe {self.stack}: {census.said(self.expected)}"

    @property
    def objections(self) -> list[Verdict]:
        """The guards that do not let it happen."""
        return [verdict for verdict in self.verdicts if verdict.objection]

    def permit(self, consent: str | None) -> None:
        """Raise `Refused` or `NeedsApproval` unless every guard and this consent allow it."""
        if self.objections:
            said = "\n".join(f"  {one.guard}: {one.objection}" for one in self.objections)
            raise Refused(f"the users of {self.stack} are not wiped. Nothing was changed.\n{said}")
        if consent is None:
            raise NeedsApproval(
                f'nothing was changed. To delete them for good: --consent "{self.consent}"'
            )
        if consent.split() != self.consent.split():
            raise Refused(
                f'the consent says "{consent}", and what is there wants "{self.consent}". '
                "Nothing was changed."
            )
        grown = [name for name, number in self.found.items() if number > self.expected[name]]
        if grown:
            raise Refused(
                f"since the wipe began there are more {', '.join(grown)} than it may take: now "
                f"{census.said(self.found)}. Nothing was changed; keep sign-ups off, and decide "
                "about the new ones."
            )


async def look(database: Database, site: Site) -> Plan:
    """What is there, what a consent must name, and what the guards say; changes nothing."""
    there = await census.take(database, site.declared)
    begun = await journal.unfinished(database)
    expected, at = there.counts, site.clock.now()
    if begun:
        expected = {name: begun.counts.get(name, 0) for name in there.counts}
        at = begun.started_at.timestamp()
    case = Case(site, there, expected, at, begun is not None)
    verdicts = await guards.ask(case, database)
    return Plan(site.stack, there.ids, there.counts, expected, verdicts, at, begun is not None)


async def run(database: Database, site: Site, plan: Plan, tell: Tell) -> Mapping[str, int]:
    """Carry out a permitted plan, under the lock of migrations; answers what is left: zeros.

    The declared checks that make a probe and remove it come first. Raises `Refused` when one is
    not passed, `SomeAreLeft` at the end.
    """
    if said := await guards.unverified(site, writing=True):
        raise Refused(f"no user was deleted, because the schema is not the declared one: {said}")
    begun = await journal.unfinished(database)
    number = begun.id if begun else await _begin(database, plan)
    async with await guards.auth_of(site) as auth:
        await _delete(sorted(plan.users), auth, tell)
    await census.delete_orphans(database, site.declared)
    left = (await census.take(database, site.declared)).counts
    await journal.finish(database, number, left)
    if any(left.values()):
        raise SomeAreLeft(
            f"not all is gone, {census.said(left)} are left: somebody signed up meanwhile. What "
            "the consent named is gone; the rest would be a wipe of its own."
        )
    return left


async def _begin(database: Database, plan: Plan) -> int:
    return await journal.begin(database, plan.stack, plan.expected, plan.at)


async def _delete(users: Sequence[str], auth: AuthClient, tell: Tell) -> None:
    """A few at a time; one that was gone already is no error.

    After a failure no further one is begun, but those under way come to their end, so that what
    is counted next does not change any more.
    """
    waiting, done = list(reversed(users)), count(1)

    async def work() -> None:
        try:
            while waiting:
                await auth.delete_user(waiting.pop())
                tell(f"deleting {USERS}", next(done), len(users))
        except BaseException:
            waiting.clear()
            raise

    ended = await asyncio.gather(*(work() for _ in range(AT_ONCE)), return_exceptions=True)
    for failure in filter(None, ended):
        raise failure
