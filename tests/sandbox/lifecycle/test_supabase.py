"""The life of the Supabase resources: project, secrets and functions, bundled by real Deno."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from stackwright.sandbox.faults import Fault
from stackwright.sandbox.supabase import projects, routes
from stackwright.supabase.bundle import bundle
from stackwright.values import Secret
from tests.engine import Declared, Failed, Killed, Program, Ref
from tests.sandbox.lifecycle.worlds import Bench, bench, everything, hidden

REF, OTHER = "a" * 20, "b" * 20
KEY = "a-key-of-no-known-shape-that-nobody-may-read"
NAMES = ("project", "secrets", "functions")
MARK = "STACKWRIGHT_OWNER_"

SOURCES = {
    "functions/_shared/money.ts": "export const money = 1;",
    "functions/_shared/time.ts": "export const time = 1;",
    "functions/pay/index.ts": 'import { money } from "../_shared/money.ts"; money;',
    "functions/refund/index.ts": 'import { money } from "../_shared/money.ts"; money;',
    "functions/ping/index.ts": 'import { time } from "../_shared/time.ts"; time;',
}
VERIFY = {"pay": True, "refund": True, "ping": False}


@pytest.fixture
def shop(tmp_path: Path) -> Bench:
    """Two projects whose databases nobody needs here."""
    made = bench(tmp_path, {"supabase": routes.app})
    for path, text in SOURCES.items():
        write(tmp_path, path, text)
    return made


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def play(shop: Bench, scene: Callable[[], Any]) -> None:
    async def started() -> None:
        for ref in (REF, OTHER):
            projects.add(shop.world, ref, "us-east-1", "unused", ref=ref)
            projects.set_status(shop.world, ref, projects.HEALTHY)
        await scene()

    shop.run(started)


def declared(shop: Bench, verify: dict[str, bool] | None = None) -> dict[str, Any]:
    """The functions as the program hashes them."""
    root = shop.world.root
    return {
        slug: {"hash": bundle(root, "functions", slug).hash, "verify_jwt": check}
        for slug, check in (verify or VERIFY).items()
    }


def program(shop: Bench, verify: dict[str, bool] | None = None) -> dict[str, Declared]:
    return {
        "project": Declared("stackwright:supabase:Project", {"ref": REF, "region": "us-east-1"}),
        "secrets": Declared(
            "stackwright:supabase:Secrets",
            {
                "project": Ref("project"),
                "values": {"STRIPE_SECRET_KEY": hidden(KEY), "LEVEL": "info"},
            },
        ),
        "functions": Declared(
            "stackwright:supabase:Functions",
            {"project": Ref("project"), "functions": declared(shop, verify)},
        ),
    }


def changed(program: Program, name: str, /, **inputs: Any) -> Program:
    old = program[name]
    return {**program, name: Declared(old.token, {**old.inputs, **inputs}, old.parent)}


def with_secrets(program: Program, **values: str) -> Program:
    return changed(program, "secrets", values={**program["secrets"].inputs["values"], **values})


def every_secret(shop: Bench, ref: str = REF) -> dict[str, str]:
    return {s["name"]: s["value"] for s in shop.world.store.find("supabase.secret", ref=ref)}


def secrets(shop: Bench, ref: str = REF) -> dict[str, str]:
    """The project's secrets without our own marks."""
    return {k: v for k, v in every_secret(shop, ref).items() if not k.startswith(MARK)}


def marks(shop: Bench) -> list[str]:
    return sorted(name for name in every_secret(shop) if name.startswith(MARK))


def functions(shop: Bench, ref: str = REF) -> dict[str, dict[str, Any]]:
    return {f["slug"]: f for f in shop.world.store.find("supabase.function", ref=ref)}


def versions(shop: Bench) -> dict[str, int]:
    return {slug: function["version"] for slug, function in functions(shop).items()}


def put_secret(shop: Bench, name: str, value: str) -> None:
    """As somebody does it in Supabase's dashboard."""
    document = {"key": f"{REF}/{name}", "ref": REF, "name": name, "value": value}
    shop.world.store.put("supabase.secret", f"{REF}/{name}", {**document, "updated_at": 0.0})


def drop_marks(shop: Bench) -> None:
    for name in marks(shop):
        shop.world.store.delete("supabase.secret", f"{REF}/{name}")


async def redeploy(shop: Bench, slug: str, text: str = "Deno.serve();") -> None:
    """As somebody does it with the vendor's command line tool."""
    token = shop.world.credentials("supabase")["access_token"]
    transport = httpx.ASGITransport(shop.apps["supabase"])
    async with httpx.AsyncClient(transport=transport, base_url="http://supabase.test") as client:
        answer = await client.post(
            f"/v1/projects/{REF}/functions/deploy",
            params={"slug": slug},
            headers={"Authorization": f"Bearer {token}"},
            files={
                "metadata": (None, '{"entrypoint_path": "index.ts"}', "application/json"),
                "file": ("index.ts", text, "application/typescript"),
            },
        )
    assert answer.status_code == 201, answer.text


def alive(shop: Bench) -> tuple[int, int, int]:
    """Secrets, functions, and the marks of their two groups."""
    return len(secrets(shop)), len(functions(shop)), len(marks(shop))


ONCE = (2, 3, 2)


def test_creates_all_then_a_second_run_writes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        whole = program(shop)
        assert await shop.engine.up(whole) == [f"create {name}" for name in NAMES]
        before = shop.writes()
        assert await shop.engine.up(whole) == []
        assert shop.writes() == before
        assert alive(shop) == ONCE
        assert secrets(shop) == {"STRIPE_SECRET_KEY": KEY, "LEVEL": "info"}

    play(shop, scene)


def test_the_functions_of_a_group_are_published_at_once(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        assert shop.writes("/functions/deploy$") == 3
        assert shop.writes("/functions$") == 1

    play(shop, scene)


def test_a_plain_preview_asks_only_who_we_are(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes, requests = shop.writes(), shop.requests()
        assert await shop.engine.preview(program(shop)) == []
        assert shop.requests() == requests + 1
        new = with_secrets(program(shop), LEVEL="debug")
        assert await shop.engine.preview(new) == ["update secrets"]
        assert shop.writes() == writes

    play(shop, scene)


def test_a_first_preview_writes_nothing_and_knows_the_project(shop: Bench) -> None:
    async def scene() -> None:
        assert len(await shop.engine.preview(program(shop))) == 3
        assert shop.writes() == 0

    play(shop, scene)


def test_a_changed_secret_is_one_write_of_that_secret(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes, old = shop.writes(), shop.engine.saved("secrets").outputs["revision"]
        new = with_secrets(program(shop), LEVEL="debug")
        assert await shop.engine.up(new) == ["update secrets"]
        assert shop.writes() == writes + 1
        assert secrets(shop)["LEVEL"] == "debug"
        assert shop.engine.saved("secrets").outputs["revision"] != old

    play(shop, scene)


def test_a_secret_that_is_no_longer_declared_is_one_write(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes = shop.writes()
        await shop.engine.up(changed(program(shop), "secrets", values={"LEVEL": "info"}))
        assert shop.writes() == writes + 1
        assert secrets(shop) == {"LEVEL": "info"}

    play(shop, scene)


def test_a_shared_file_uploads_the_functions_that_import_it_and_publishes_once(
    shop: Bench,
) -> None:
    """Accidents A28 and A37: all functions, or none of them."""

    async def scene() -> None:
        await shop.engine.up(program(shop))
        write(shop.world.root, "functions/_shared/money.ts", "export const money = 2;")
        uploads, publishes = shop.writes("/deploy$"), shop.writes("/functions$")
        assert await shop.engine.up(program(shop)) == ["update functions"]
        assert shop.writes("/deploy$") == uploads + 2
        assert shop.writes("/functions$") == publishes + 1
        assert versions(shop) == {"pay": 2, "refund": 2, "ping": 1}

    play(shop, scene)


def test_a_changed_token_check_uploads_that_function_only(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes = shop.writes()
        await shop.engine.up(program(shop, {**VERIFY, "ping": True}))
        assert shop.writes() == writes + 2
        assert functions(shop)["ping"]["verify_jwt"] is True

    play(shop, scene)


def test_the_token_check_survives_every_upload(shop: Bench) -> None:
    """Accident A21: it was ignored on update, and a protected function became public."""

    async def scene() -> None:
        await shop.engine.up(program(shop))
        for path in ("functions/_shared/time.ts", "functions/_shared/money.ts"):
            write(shop.world.root, path, SOURCES[path] + "\n")
        await shop.engine.up(program(shop))
        assert {slug: f["verify_jwt"] for slug, f in functions(shop).items()} == VERIFY

    play(shop, scene)


def test_a_function_that_is_no_longer_declared_is_deleted(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        writes = shop.writes()
        await shop.engine.up(program(shop, {"pay": True, "ping": False}))
        assert shop.writes() == writes + 1
        assert set(functions(shop)) == {"pay", "ping"}

    play(shop, scene)


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_another_group_replaces_the_old_one(shop: Bench, name: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        new = changed(program(shop), name, group="other")
        assert await shop.engine.up(new) == [f"delete {name}", f"create {name}"]
        assert alive(shop) == ONCE
        assert await shop.engine.up(new) == []

    play(shop, scene)


def test_another_project_replaces_all(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        new = changed(program(shop), "project", ref=OTHER)
        await shop.engine.up(new)
        assert alive(shop) == (0, 0, 0)
        assert len(secrets(shop, OTHER)) == 2
        assert set(functions(shop, OTHER)) == set(VERIFY)
        assert await shop.engine.up(new) == []

    play(shop, scene)


def test_a_project_in_another_region_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        wrong = changed(program(shop), "project", region="eu-west-1")
        with pytest.raises(Failed, match="is in us-east-1, but eu-west-1 is declared"):
            await shop.engine.preview(wrong)

    play(shop, scene)


def test_a_paused_project_is_refused_with_advice(shop: Bench) -> None:
    async def scene() -> None:
        projects.set_status(shop.world, REF, "INACTIVE")
        with pytest.raises(Failed, match=r"is INACTIVE\. Restore it in the dashboard"):
            await shop.engine.preview(program(shop))

    play(shop, scene)


def test_a_project_that_the_token_cannot_see_is_refused(shop: Bench) -> None:
    async def scene() -> None:
        unknown = changed(program(shop), "project", ref="c" * 20)
        with pytest.raises(Failed, match=f"no Supabase project {'c' * 20}"):
            await shop.engine.preview(unknown)

    play(shop, scene)


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_what_vanished_is_made_again_after_a_refresh(shop: Bench, name: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        kind = "supabase.secret" if name == "secrets" else "supabase.function"
        for document in shop.world.store.find(kind, ref=REF):
            shop.world.store.delete(kind, document["key"])
        await shop.engine.refresh()
        assert await shop.engine.up(program(shop)) == [f"create {name}"]
        assert len(secrets(shop)) == 2
        assert set(functions(shop)) == set(VERIFY)

    play(shop, scene)


def test_one_vanished_function_is_uploaded_again_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        shop.world.store.delete("supabase.function", f"{REF}/ping")
        await shop.engine.refresh()
        uploads = shop.writes("/deploy$")
        assert await shop.engine.up(program(shop)) == ["update functions"]
        assert shop.writes("/deploy$") == uploads + 1
        assert set(functions(shop)) == set(VERIFY)

    play(shop, scene)


def test_a_refresh_of_untouched_objects_finds_no_drift(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        await shop.engine.refresh()
        assert await shop.engine.preview(program(shop)) == []

    play(shop, scene)


def test_a_secret_changed_by_hand_is_set_back_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        put_secret(shop, "LEVEL", "by hand")
        await shop.engine.refresh()
        writes = shop.writes()
        assert await shop.engine.up(program(shop)) == ["update secrets"]
        assert shop.writes() == writes + 1
        assert secrets(shop)["LEVEL"] == "info"

    play(shop, scene)


def test_a_function_redeployed_by_hand_shows_in_a_refresh_and_is_set_back(shop: Bench) -> None:
    """Accident A31: it stayed unnoticed."""

    async def scene() -> None:
        await shop.engine.up(program(shop))
        ours = functions(shop)["ping"]["ezbr_sha256"]
        await redeploy(shop, "ping")
        assert await shop.engine.preview(program(shop)) == []
        await shop.engine.refresh()
        uploads = shop.writes("bundle|/deploy$")
        assert await shop.engine.up(program(shop)) == ["update functions"]
        assert shop.writes("bundle|/deploy$") == uploads + 1
        assert functions(shop)["ping"]["ezbr_sha256"] == ours
        assert functions(shop)["ping"]["verify_jwt"] is False
        assert await shop.engine.up(program(shop)) == []

    play(shop, scene)


def test_a_token_check_changed_by_hand_is_set_back_after_a_refresh(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        pay = functions(shop)["pay"]
        shop.world.store.put("supabase.function", pay["key"], {**pay, "verify_jwt": False})
        await shop.engine.refresh()
        assert await shop.engine.up(program(shop)) == ["update functions"]
        assert functions(shop)["pay"]["verify_jwt"] is True

    play(shop, scene)


def test_secrets_and_functions_of_others_stay_and_are_listed(shop: Bench) -> None:
    """Accident A17: all secrets were removed."""

    async def scene() -> None:
        put_secret(shop, "DASHBOARD", "keep me")
        await redeploy(shop, "theirs")
        await shop.engine.up(program(shop))
        assert shop.engine.saved("secrets").outputs["unmanaged"] == ["DASHBOARD"]
        assert shop.engine.saved("functions").outputs["unmanaged"] == ["theirs"]
        await shop.engine.up(with_secrets(program(shop, {"pay": True}), LEVEL="debug"))
        await shop.engine.destroy()
        assert every_secret(shop) == {"DASHBOARD": "keep me"}
        assert set(functions(shop)) == {"theirs"}

    play(shop, scene)


def test_an_imported_project_needs_no_change(shop: Bench) -> None:
    async def scene() -> None:
        one = {"project": program(shop)["project"]}
        saved = await shop.engine.read(one["project"].token, "project", REF)
        assert saved is not None
        assert await shop.engine.up(one) == []

    play(shop, scene)


def test_imported_secrets_are_compared_by_digest_and_sent_only_if_they_differ(
    shop: Bench,
) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        del shop.engine.state[program(shop)["secrets"].urn("secrets")]
        token = program(shop)["secrets"].token
        assert await shop.engine.read(token, "secrets", f"{REF}/default") is not None
        writes = shop.writes()
        assert await shop.engine.up(program(shop)) == ["update secrets"]
        assert shop.writes() == writes
        assert alive(shop) == ONCE

    play(shop, scene)


@pytest.mark.parametrize("name", ["secrets", "functions"])
def test_a_group_that_nobody_marked_can_be_imported_by_the_projects_ref(
    shop: Bench, name: str
) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        drop_marks(shop)
        item = program(shop)[name]
        del shop.engine.state[item.urn(name)]
        saved = await shop.engine.read(item.token, name, REF)
        assert saved is not None
        assert saved.id == f"{REF}/default"
        await shop.engine.up(program(shop))
        assert alive(shop)[:2] == ONCE[:2]
        await shop.engine.destroy()
        assert alive(shop)[:2] == (0, 0)

    play(shop, scene)


def test_destroy_twice_then_up_brings_all_back(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        state = dict(shop.engine.state)
        await shop.engine.destroy()
        assert alive(shop) == (0, 0, 0)
        shop.engine.state = state
        await shop.engine.destroy()
        await shop.engine.up(program(shop))
        assert alive(shop) == ONCE

    play(shop, scene)


@pytest.mark.parametrize("name", NAMES)
def test_killed_after_the_answer_the_next_run_has_it_once(shop: Bench, name: str) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(program(shop), kill_after=name)
        await shop.engine.up(program(shop))
        assert alive(shop) == ONCE
        assert await shop.engine.up(program(shop)) == []

    play(shop, scene)


@pytest.mark.parametrize("path", ["/secrets$", "/functions$"])
def test_killed_between_two_writes_the_next_run_ends_what_was_begun(shop: Bench, path: str) -> None:
    async def scene() -> None:
        shop.world.faults.add(Fault("reset", "supabase", path=path, times=None, skip=1))
        with pytest.raises(Failed):
            await shop.engine.up(program(shop))
        shop.world.faults.clear()
        await shop.engine.up(program(shop))
        assert alive(shop) == ONCE

    play(shop, scene)


def renaming(program: Program, name: str) -> Program:
    def point(value: Any) -> Any:
        return Ref("renamed") if isinstance(value, Ref) and value.resource == name else value

    return {
        ("renamed" if key == name else key): Declared(
            value.token, {field: point(item) for field, item in value.inputs.items()}
        )
        for key, value in program.items()
    }


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "killed", "refreshed"])
def test_a_renamed_resource_lives_once(shop: Bench, name: str, killed: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        await survives(shop, renaming(program(shop), name), killed)

    play(shop, scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "killed", "refreshed"])
def test_a_resource_moved_under_a_component_lives_once(shop: Bench, name: str, killed: str) -> None:
    async def scene() -> None:
        whole = program(shop)
        await shop.engine.up(whole)
        moved = Declared(whole[name].token, whole[name].inputs, parent="shop:Backend")
        await survives(shop, {**whole, name: moved}, killed)

    play(shop, scene)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("killed", ["", "killed", "refreshed"])
def test_up_with_replace_leaves_it_living_once(shop: Bench, name: str, killed: str) -> None:
    async def scene() -> None:
        await shop.engine.up(program(shop))
        await survives(shop, program(shop), killed, replace=frozenset({name}))

    play(shop, scene)


async def survives(shop: Bench, program: Program, killed: str, **options: Any) -> None:
    """`killed` before the Delete, or so and `refreshed` after it."""
    if killed:
        with pytest.raises(Killed):
            await shop.engine.up(program, kill_before_delete=True, **options)
    if killed == "refreshed":
        await shop.engine.refresh()
    await shop.engine.up(program, **options)
    assert alive(shop) == ONCE
    assert await shop.engine.up(program) == []


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
