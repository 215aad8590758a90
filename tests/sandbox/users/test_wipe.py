"""The wipe of all users: what refuses it, what allows it, and that it survives being killed."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from stackwright.errors import NeedsApproval, Refused, VendorError
from stackwright.finding import Finding
from stackwright.sandbox.faults import Fault
from stackwright.sql import manifest
from stackwright.users import journal
from stackwright.users.policy import PRESERVE, Policy
from stackwright.users.wipe import SomeAreLeft
from tests.sandbox.users.shop import DAY, NAME, NOW, POLICY, TOLD, Shop, Still, in_shop

WORDS = "wipe dev: 3 profiles, 1 sessions, 1 carts, 3 users"
THERE = (3, 3, 1, 1)
GONE = (0, 0, 0, 0)
Break = Callable[[Shop], Awaitable[None]]


def broken(break_it: Callable[[Shop], object]) -> Break:
    async def once(shop: Shop) -> None:
        break_it(shop)

    return once


def notices(**given: dict[str, str]) -> Break:
    named = {name.replace("_", "-"): notice for name, notice in given.items()}
    return broken(lambda shop: shop.but(policy=Policy.of("wipe", {**_WIPE, "notices": named})))


_WIPE = {"project": NAME}


async def _another_user(shop: Shop) -> None:
    await shop.sign_up("dora")
    shop.backup()


async def _old_backup(shop: Shop) -> None:
    _no_backup(shop)
    shop.backup(started_at=manifest.iso(NOW - 1.1 * DAY))


def _no_backup(shop: Shop) -> None:
    for path in (shop.root / "kept/backups/dev").glob("*/manifest.json"):
        path.unlink()


def _no_export(shop: Shop) -> None:
    for path in (shop.root / "kept/exports/dev").glob("*.json"):
        path.unlink()


def _unverified(shop: Shop) -> None:
    _no_backup(shop)
    shop.backup(verified=False)


def _backup_of_another(shop: Shop) -> None:
    _no_backup(shop)
    shop.backup(project="z" * 20)


def _backup_without_users(shop: Shop) -> None:
    _no_backup(shop)
    shop.backup(auth_tables={})


def _damaged_backup(shop: Shop) -> None:
    [dump] = (shop.root / "kept/backups/dev").glob("*/database.dump")
    dump.write_text("other rows")


def _other_database(shop: Shop) -> None:
    """What a connection string of another project leads to: other users than the auth server's."""
    real = shop.site.clients

    class Elsewhere:
        supabase_reader = real.supabase_reader

        def auth(self, ref: str, key: str) -> object:
            class Auth:
                async def __aenter__(self) -> Self:
                    return self

                async def __aexit__(self, *_: object) -> None:
                    return None

                async def user_ids(self) -> set[str]:
                    return {"somebody else"}

            return Auth()

    shop.but(clients=Elsewhere())


CASES: list[tuple[str, str, Break]] = [
        ("user_policy", "of stack dev is preserve",
         broken(lambda shop: shop.but(policy=replace(POLICY, users=PRESERVE)))),
        ("target", "has the name 'voip-accelerator-dev', not 'shop'",
         broken(lambda shop: shop.but(policy=replace(POLICY, project="shop")))),
        ("target", "nobody declared the name",
         broken(lambda shop: shop.but(policy=replace(POLICY, project="")))),
        ("target", "has the region 'us-east-1', not 'us-west-1'",
         broken(lambda shop: shop.but(region="us-west-1"))),
        ("target", "does not hold the users that the auth server lists", broken(_other_database)),
        ("schema", "S1 schema: failed. a column is missing", broken(lambda shop: shop.findings
         .update({False: [Finding("S1 schema", "failed", "a column is missing")]}))),
        ("export", "no export of these users is recorded",
         broken(_no_export)),
        ("export", "is gone", broken(lambda shop: (shop.root / "users.csv").unlink())),
        ("export", "its SHA-256 is another one",
         broken(lambda shop: (shop.root / "users.csv").write_text("id\n"))),
        ("export", "holds 3 users, and there are 4", _another_user),
        ("export", "or a field changed since",
         broken(lambda shop: shop.sql("update profiles set status = 'active'"))),
        ("backup", "no verified backup of the last 24 hours", broken(_no_backup)),
        ("backup", "no verified backup of the last 24 hours", _old_backup),
        ("backup", "no verified backup of the last 24 hours", broken(_unverified)),
        ("backup", "no verified backup of the last 24 hours", broken(_backup_of_another)),
        ("backup", "holds 0 of 3 users", broken(_backup_without_users)),
        ("backup", "is not the one that was backed up", broken(_damaged_backup)),
        ("notices", "T-2 is not confirmed", notices(T_7=TOLD)),
        ("notices", "T-7 went out 6 days ago instead of 7",
         notices(T_7={"sent": "2026-11-12", "by": "Ada"}, T_2=TOLD)),
        ("notices", "T-7 does not say who confirms it",
         notices(T_7={"sent": "2026-11-01", "by": "<your name>"}, T_2=TOLD)),
]  # fmt: skip


def test_each_guard_refuses_by_name_whatever_is_consented(tmp_path: Path) -> None:
    """One shop for all: what a case broke is mended before the next."""

    async def test(shop: Shop) -> None:
        for guard, said, break_it in CASES:
            await shop.mend()
            await break_it(shop)
            before = shop.left()
            plan = await shop.look()
            assert [one.guard for one in plan.objections] == [guard], said
            with pytest.raises(Refused, match="Nothing was changed") as refused:
                await shop.wipe(plan.consent)
            assert said in str(refused.value)
            assert f"{guard}: " in str(refused.value)
            assert refused.value.exit_code == 3
            assert shop.left() == before
        assert shop.sql("select to_regclass('stackwright.wipes')") == [(None,)]

    in_shop(tmp_path, test)


def test_without_a_consent_the_plan_names_the_words_and_nothing_is_changed(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        plan = await shop.look()
        assert (plan.objections, plan.consent) == ([], WORDS)
        with pytest.raises(NeedsApproval, match=f'--consent "{WORDS}"') as asked:
            await shop.wipe(None)
        assert asked.value.exit_code == 5
        assert shop.left() == THERE

    in_shop(tmp_path, test)


def test_another_stack_or_other_counts_in_the_consent_stop_it(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        for consent in (
            "wipe dev: 2 profiles, 1 sessions, 1 carts, 3 users",
            "wipe prod: 3 profiles, 1 sessions, 1 carts, 3 users",
            "wipe dev",
            "yes",
            "",
        ):
            with pytest.raises(Refused, match=f'what is there wants "{WORDS}"'):
                await shop.wipe(consent)
        assert shop.left() == THERE

    in_shop(tmp_path, test)


def test_with_its_consent_users_go_one_by_one_with_all_that_is_theirs(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        told: list[tuple[str, int, int]] = []
        await shop.wipe(WORDS, lambda *news: told.append(news))
        assert shop.left() == GONE
        assert told == [("deleting users", number, 3) for number in (1, 2, 3)]
        deleted = [e for e in shop.sandbox.world.journal.entries() if e.method == "DELETE"]
        assert len(deleted) == 3
        assert all("/auth/v1/admin/users/" in entry.path for entry in deleted)
        [(counts, remaining)] = shop.sql("select counts, remaining from stackwright.wipes")
        assert counts == {"profiles": 3, "sessions": 1, "carts": 1, "users": 3}
        assert set(remaining.values()) == {0}
        assert (await shop.look()).nothing_to_do

    in_shop(tmp_path, test)


def test_a_probe_that_fails_stops_it_before_the_first_deletion(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        shop.findings[True] = [Finding("S2 sign-up", "failed", "no profile was made")]
        with pytest.raises(Refused, match=r"S2 sign-up: failed\. no profile was made"):
            await shop.wipe(WORDS)
        assert shop.left() == THERE

    in_shop(tmp_path, test)


@pytest.mark.parametrize("deletions", [1, 3])
def test_killed_after_any_deletion_the_same_command_goes_on(tmp_path: Path, deletions: int) -> None:
    class Killed(BaseException):
        pass

    def killed(phase: str, done: int, total: int) -> None:
        if done == deletions:
            raise Killed

    async def test(shop: Shop) -> None:
        with pytest.raises(Killed):
            await shop.wipe(WORDS, killed)
        users, *_, carts = shop.left()
        assert users < 3
        assert carts == 1
        plan = await shop.look()
        assert (plan.resumed, plan.consent, plan.objections) == (True, WORDS, [])
        await shop.wipe(WORDS)
        assert shop.left() == GONE
        assert shop.sql("select count(*) from stackwright.wipes") == [(1,)]

    in_shop(tmp_path, test)


@pytest.mark.parametrize("deletions", [0, 1])
def test_a_refusal_of_the_auth_server_stops_it_and_the_same_command_goes_on(
    tmp_path: Path, deletions: int
) -> None:
    async def test(shop: Shop) -> None:
        shop.refuse_deletions(after=deletions)
        with pytest.raises(VendorError, match="Supabase Auth DELETE /admin/users/"):
            await shop.wipe(WORDS)
        assert shop.left()[0] == 3 - deletions
        shop.sandbox.world.faults.clear()
        await shop.wipe(WORDS)
        assert shop.left() == GONE
        assert shop.sql("select count(*) from stackwright.wipes") == [(1,)]

    in_shop(tmp_path, test)


def test_killed_before_its_end_is_noted_it_is_noted_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    async def test(shop: Shop) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(journal, "finish", killed)
            with pytest.raises(KeyboardInterrupt):
                await shop.wipe(WORDS)
        assert shop.left() == GONE
        assert not (await shop.look()).nothing_to_do
        await shop.wipe(WORDS)
        assert (await shop.look()).nothing_to_do

    in_shop(tmp_path, test)


def test_an_answer_that_is_lost_is_asked_for_again_and_gone_is_gone(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        shop.sandbox.world.faults.add(Fault("lost", "gateway", "DELETE", times=3))
        await shop.wipe(WORDS)
        assert shop.left() == GONE

    in_shop(tmp_path, test)


def test_days_later_it_still_goes_on_for_ages_count_from_its_beginning(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        shop.refuse_deletions(after=1)
        with pytest.raises(VendorError):
            await shop.wipe(WORDS)
        shop.sandbox.world.faults.clear()
        shop.but(clock=Still(NOW + 5 * DAY))
        await shop.wipe(WORDS)
        assert shop.left() == GONE

    in_shop(tmp_path, test)


def test_whoever_signs_up_meanwhile_stays_and_makes_it_fail(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        def meanwhile(phase: str, done: int, total: int) -> None:
            if done == 1:
                shop.sql("insert into auth.users (id, email) values (gen_random_uuid(), 'late')")

        with pytest.raises(SomeAreLeft, match="1 profiles, 0 sessions, 0 carts, 1 users are left"):
            await shop.wipe(WORDS, meanwhile)
        assert shop.left() == (1, 1, 0, 0)
        plan = await shop.look()
        assert (plan.resumed, plan.expected["users"]) == (False, 1)
        assert [one.guard for one in plan.objections] == ["export"]

    in_shop(tmp_path, test)


def test_whoever_signs_up_after_the_count_was_not_counted_and_stays(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        async def verify(ids: Sequence[str], writing: bool) -> list[Finding]:
            if writing:
                await shop.sign_up("dora")
            return []

        shop.but(verify=verify)
        with pytest.raises(SomeAreLeft, match="1 users are left"):
            await shop.wipe(WORDS)
        assert shop.sql("select email from auth.users") == [("dora@example.com",)]

    in_shop(tmp_path, test)


def test_whoever_signs_up_after_a_kill_is_not_taken_along(tmp_path: Path) -> None:
    async def test(shop: Shop) -> None:
        shop.refuse_deletions(after=2)
        with pytest.raises(VendorError):
            await shop.wipe(WORDS)
        shop.sandbox.world.faults.clear()
        await shop.sign_up("dora")
        with pytest.raises(Refused, match="1 users are not in "):
            await shop.wipe(WORDS)
        await shop.sign_up("eve", "fay")
        await shop.export(name="again.csv")
        with pytest.raises(Refused, match="there are more profiles, users than it may take"):
            await shop.wipe(WORDS)
        new = "select string_agg(split_part(email, '@', 1), ' ' order by email) from auth.users"
        assert shop.sql(f"{new} where split_part(email, '@', 1) in ('dora', 'eve', 'fay')") == [
            ("dora eve fay",)
        ]

    in_shop(tmp_path, test)


def test_an_encrypted_export_is_opened_with_its_key(tmp_path: Path) -> None:
    key = "a key of more than sixteen characters"

    async def test(shop: Shop) -> None:
        (shop.root / "users.csv").unlink()
        await shop.export(key)
        assert b"ann@example.com" not in (shop.root / "users.csv").read_bytes()
        for wrong, said in ((None, "is encrypted: set STACKWRIGHT_BACKUP_KEY"),
                            ("another key, just as long", "is not the key of")):  # fmt: skip
            shop.but(key=wrong)
            [refusal] = (await shop.look()).objections
            assert said in refusal.objection
        shop.but(key=key)
        await shop.wipe(WORDS)
        assert shop.left() == GONE

    in_shop(tmp_path, test)
