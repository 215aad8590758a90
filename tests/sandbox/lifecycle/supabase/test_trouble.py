"""Strangers, secrets, lost answers, and members that move between groups."""

import hashlib

import pytest

from stackwright.sandbox.faults import Fault
from stackwright.values import Secret
from tests.engine import Declared, Failed, Program
from tests.sandbox.lifecycle.supabase.shop import (
    KEY,
    MARK,
    NAMES,
    ONCE,
    REF,
    SOURCES,
    VERIFY,
    alive,
    changed,
    declared,
    every_secret,
    functions,
    marks,
    play,
    program,
    put_secret,
    redeploy,
    secrets,
    versions,
    with_secrets,
    write,
)
from tests.sandbox.lifecycle.worlds import Bench, everything


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_what_a_stranger_has_set_is_refused_by_name(shop: Bench, name: str) -> None:
    async def scene() -> None:
        put_secret(shop, "LEVEL", "a stranger's")
        await redeploy(shop, "pay")
        item = {"project": program(shop)["project"], name: program(shop)[name]}
        word = "LEVEL" if name == "secrets" else "pay"
        with pytest.raises(Failed, match=rf"REFUSED: .*{word}.*exists already") as failure:
            await shop.engine.up(item)
        assert "adopt=True" in str(failure.value)
        assert shop.writes("^/v1.*(secrets|functions)$") == 0
        await shop.engine.up(changed(item, name, adopt=True))
        assert alive(shop)[0 if name == "secrets" else 1] == ONCE[0 if name == "secrets" else 1]

    play(shop, scene)


def test_a_name_that_is_new_in_the_program_and_somebody_elses_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        put_secret(shop, "REGION", "a stranger's")
        wanted = with_secrets(program(shop), REGION="eu")
        with pytest.raises(Failed, match=r"REFUSED: the secret REGION.*adopt=True"):
            await shop.engine.up(wanted)
        assert every_secret(shop)["REGION"] == "a stranger's"
        await shop.engine.up(changed(wanted, "secrets", adopt=True))
        assert every_secret(shop)["REGION"] == "eu"

    play(shop, scene)


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_a_group_of_another_stack_is_refused(shop: Bench, name: str) -> None:
    async def scene() -> None:
        put_secret(shop, f"{MARK}{name.upper()}_DEFAULT_0123456789AB", "shop/prod")
        with pytest.raises(Failed, match="belongs to another stack"):
            await shop.engine.up(program(shop))

    play(shop, scene)


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_an_entry_whose_group_was_taken_over_is_refused_and_deletes_nothing(
    shop: Bench, name: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        for mark in marks(shop):
            if f"_{name.upper()}_" in mark:
                shop.world.store.delete("supabase.secret", f"{REF}/{mark}")
        put_secret(shop, f"{MARK}{name.upper()}_DEFAULT_0123456789AB", "shop/prod")
        write(shop.world.root, "functions/_shared/time.ts", "export const time = 2;")
        with pytest.raises(Failed, match="taken over"):
            await shop.engine.up(with_secrets(program(shop), LEVEL="debug"))
        await shop.engine.up({k: v for k, v in program(shop).items() if k == "project"})
        assert alive(shop)[0 if name == "secrets" else 1] == ONCE[0 if name == "secrets" else 1]
        assert "another owner now; they stay" in shop.log

    play(shop, scene)


def test_the_same_group_declared_twice_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match=r"secrets group default of project a+ is declared"):
            await shop.engine.up({**program(shop), "other": program(shop)["secrets"]})

    play(shop, scene)


@pytest.mark.parametrize("name", NAMES)
def test_state_of_another_account_is_never_acted_upon(shop: Bench, name: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        shop.engine.saved(name).outputs["stackwright"]["account"] = f"other/{REF}"
        writes = shop.writes()
        with pytest.raises(Failed, match=f"was made in account other/{REF}"):
            await shop.engine.up(program(shop))
        with pytest.raises(Failed, match="REFUSED"):
            await shop.engine.refresh()
        assert shop.writes() == writes

    play(shop, scene)


def test_secrets_are_wrapped_wherever_they_go(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        assert isinstance(shop.engine.saved("secrets").inputs["values"], Secret)
        put_secret(shop, "STRIPE_SECRET_KEY", "by-hand-and-secret-too")
        await shop.engine.refresh()
        assert isinstance(shop.engine.saved("secrets").inputs["values"], Secret)
        digest = hashlib.sha256(b"by-hand-and-secret-too").hexdigest()
        await shop.engine.up(program(shop))
        for text in (KEY, "by-hand-and-secret-too", digest):
            assert text not in everything(shop)

    play(shop, scene)


@pytest.mark.parametrize("path", ["/secrets$", "/functions/deploy$", "/functions$"])
def test_a_write_whose_answer_is_lost_is_done_once(shop: Bench, path: str) -> None:
    async def scene() -> None:
        for method in ("POST", "PUT"):
            shop.world.faults.add(Fault("lost", "supabase", method, path))
        await shop.engine.up(program(shop))
        assert alive(shop) == ONCE
        assert await shop.engine.up(program(shop)) == []

    play(shop, scene)


def test_sources_that_changed_after_the_preview_are_not_uploaded(shop: Bench) -> None:
    async def scene() -> None:
        whole = program(shop)
        write(shop.world.root, "functions/ping/index.ts", "Deno.serve();")
        with pytest.raises(Failed, match="function ping changed while this ran"):
            await shop.engine.up(whole)
        assert functions(shop) == {}

    play(shop, scene)


def test_a_function_that_does_not_compile_leaves_all_as_they_were(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        write(shop.world.root, "functions/_shared/money.ts", "export const money = ;")
        with pytest.raises(Failed, match="Failed to bundle"):
            await shop.engine.up(program(shop))
        assert versions(shop) == dict.fromkeys(VERIFY, 1)
        write(shop.world.root, "functions/_shared/money.ts", SOURCES["functions/_shared/money.ts"])
        assert await shop.engine.up(program(shop)) == []

    play(shop, scene)


@pytest.mark.parametrize("name", ["SUPABASE_URL", f"{MARK}SECRETS_DEFAULT_1", "NO NAME"])
def test_a_name_that_supabase_or_we_reserve_is_refused(shop: Bench, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(Failed, match=f"values.{name}"):
            await shop.engine.preview(with_secrets(program(shop), **{name: "x"}))

    play(shop, scene)


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
@pytest.mark.parametrize("group_stays", [True, False])
def test_a_secret_that_moves_to_another_group_stays(
    shop: Bench, order: tuple[str, str], group_stays: bool
) -> None:
    def groups(one: dict[str, str], two: dict[str, str]) -> Program:
        token, values = "stackwright:supabase:Secrets", {"one": one, "two": two}
        return {
            name: Declared(token, {"project": REF, "group": name, "values": values[name]})
            for name in order
            if values[name]
        }

    async def scene() -> None:
        rest = {"OTHER": "x"} if group_stays else {}
        await shop.engine.up(groups({"MOVES": "secret", **rest}, {"STAYS": "y"}))
        await shop.engine.up(groups(rest, {"STAYS": "y", "MOVES": "secret"}))
        assert secrets(shop) == {"MOVES": "secret", "STAYS": "y", **rest}
        await shop.engine.destroy()
        assert every_secret(shop) == {}

    play(shop, scene)


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one")])
def test_a_function_that_moves_to_another_group_stays(shop: Bench, order: tuple[str, str]) -> None:
    def groups(one: dict[str, bool], two: dict[str, bool]) -> Program:
        token, members = "stackwright:supabase:Functions", {"one": one, "two": two}
        return {
            name: Declared(
                token,
                {"project": REF, "group": name, "functions": declared(shop, members[name])},
            )
            for name in order
        }

    async def scene() -> None:
        await shop.engine.up(groups({"pay": True, "refund": True}, {"ping": False}))
        await shop.engine.up(groups({"pay": True}, {"ping": False, "refund": True}))
        assert set(functions(shop)) == {"pay", "refund", "ping"}

    play(shop, scene)


@pytest.mark.parametrize(
    ("name", "words"),
    [("secrets", "the secret LEVEL of project a+"), ("functions", "the function pay of project")],
)
def test_a_member_of_two_groups_is_refused_by_name(shop: Bench, name: str, words: str) -> None:
    async def scene() -> None:
        item = program(shop)[name]
        other = Declared(item.token, {**item.inputs, "group": "other"})
        with pytest.raises(Failed, match=rf"{words}.* is declared twice"):
            await shop.engine.up({**program(shop), "other": other})

    play(shop, scene)


def test_an_error_that_quotes_a_secret_is_told_without_it(shop: Bench) -> None:
    async def scene() -> None:
        body = {"message": f"the value {KEY} is not welcome"}
        shop.world.faults.add(
            Fault("status", "supabase", "POST", "/secrets$", status=400, body=body)
        )
        whole = with_secrets(program(shop), PLAIN="not-welcome-either")
        with pytest.raises(Failed, match="is not welcome") as failure:
            await shop.engine.up(whole)
        assert KEY not in str(failure.value)

    play(shop, scene)
