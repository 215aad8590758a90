"""The life of `sql.Backup`: made when something needs it, found again, never removed."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.supabase import projects, routes
from stackwright.sql import backup, backups, manifest
from stackwright.toolchain import ToolMissing
from tests.engine import Declared, Failed, Killed, Program
from tests.sandbox.lifecycle.worlds import Bench, bench, everything
from tests.sandbox.sql.backups import KEY, REF
from tests.sandbox.sql.helpers import rows

TOKEN = "stackwright:sql:Backup"
HOUR = 3600.0
PASSWORD = "p@ss word"


@pytest.fixture
def shop(dsn: str, tmp_path: Path) -> Bench:
    """A project whose database holds one table."""
    rows(dsn, "create table public.teas as select 1 as a")
    return bench(tmp_path, {"supabase": routes.app}, SUPABASE_DB_URL=dsn)


def program(parent: str = "", name: str = "backup", **inputs: Any) -> Program:
    given = {"project": REF, "revisions": {"1_teas.sql": "one"}, **inputs}
    return {name: Declared(TOKEN, given, parent)}


CHANGED = {"1_teas.sql": "one", "2_more.sql": "two"}


def play(shop: Bench, scene: Callable[[], Awaitable[None]]) -> None:
    async def started() -> None:
        projects.add(shop.world, REF, "us-east-1", "unused", ref=REF)
        projects.set_status(shop.world, REF, projects.HEALTHY)
        await scene()

    shop.run(started)


def place(shop: Bench) -> Path:
    return shop.world.root / ".stackwright" / "backups" / "dev"


def kept(shop: Bench) -> list[str]:
    """The names of the backups, oldest first."""
    return sorted(folder.name for folder, _ in manifest.all_of(place(shop)))


def test_a_backup_is_made_once_and_shown_in_the_outputs(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.up(program()) == ["create backup"]
        assert await shop.engine.up(program()) == []
        [name] = kept(shop)
        outputs = shop.engine.saved("backup").outputs
        assert outputs["path"] == f".stackwright/backups/dev/{name}"
        assert outputs["rows"] == 1
        assert manifest.read(place(shop) / name).verified
        assert shop.writes() == 0

    play(shop, scene)


def test_a_change_of_what_needs_it_takes_a_fresh_backup_as_it_is(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        shop.world.clock.advance(23 * HOUR)
        assert await shop.engine.up(program(revisions=CHANGED)) == ["update backup"]
        assert len(kept(shop)) == 1

    play(shop, scene)


def test_a_change_of_what_needs_it_replaces_an_old_backup_by_a_new_one(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        shop.world.clock.advance(25 * HOUR)
        await shop.engine.up(program(revisions=CHANGED))
        assert len(kept(shop)) == 2
        assert shop.engine.saved("backup").outputs["path"].endswith(kept(shop)[1])

    play(shop, scene)


def test_an_old_backup_alone_is_no_reason_for_another(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        shop.world.clock.advance(1000 * HOUR)
        assert await shop.engine.preview(program()) == []
        assert await shop.engine.up(program()) == []

    play(shop, scene)


def test_a_preview_says_what_it_would_do_and_makes_nothing(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.preview(program()) == ["create backup"]
        assert "no verified backup of the last 24 h: makes one" in shop.log
        assert not place(shop).exists()
        await shop.engine.up(program())
        await shop.engine.preview(program(revisions=CHANGED))
        assert "takes the verified backup of " in shop.log
        assert len(kept(shop)) == 1

    play(shop, scene)


def test_a_preview_warns_where_no_server_can_prove_a_backup(
    shop: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise ToolMissing("PostgreSQL 17 is missing: run make setup")

    async def scene() -> None:
        await shop.engine.preview(program())
        assert "will stop here" not in shop.log
        monkeypatch.setattr(backups, "postgres_bin", missing)
        await shop.engine.preview(program())
        assert "warning: this run will stop here as it stands" in shop.log
        assert "PostgreSQL 17 is missing: run make setup" in shop.log

    play(shop, scene)


def test_a_killed_run_is_continued_with_the_backup_that_it_made(shop: Bench) -> None:
    async def scene() -> None:
        with pytest.raises(Killed):
            await shop.engine.up(program(), kill_after="backup")
        assert await shop.engine.up(program()) == ["create backup"]
        assert len(kept(shop)) == 1

    play(shop, scene)


def test_after_a_run_that_ended_before_the_verification_what_is_there_is_verified(
    shop: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ended(folder: Path, options: backup.Options) -> None:
        raise OSError("no space left")

    async def scene() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(backup, "verify", ended)
            with pytest.raises(Failed):
                await shop.engine.up(program())
        [name] = kept(shop)
        assert not manifest.read(place(shop) / name).verified
        await shop.engine.up(program())
        assert kept(shop) == [name]
        assert manifest.read(place(shop) / name).verified

    play(shop, scene)


def test_a_backup_that_cannot_be_verified_stops_what_depends_on_it(
    shop: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*given: Any) -> tuple[str, str]:
        return "public.teas holds 0 rows instead of 1", "PostgreSQL 17"

    async def scene() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(backup, "_tried", broken)
            with pytest.raises(Failed, match=r"kept but not verified: .*0 rows instead of 1"):
                await shop.engine.up(program())
        assert shop.engine.state == {}
        # It was tried and found wanting: another one is made.
        await shop.engine.up(program())
        assert len(kept(shop)) == 2

    play(shop, scene)


@pytest.mark.parametrize("killed", [False, True])
def test_renamed_or_moved_it_takes_the_same_backup(shop: Bench, killed: bool) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        for changed in (program(name="guard"), program(parent="voip:Database", name="guard")):
            if killed:
                with pytest.raises(Killed):
                    await shop.engine.up(changed, kill_before_delete=True)
            await shop.engine.up(changed)
        assert len(kept(shop)) == 1

    play(shop, scene)


def test_replaced_by_hand_it_takes_the_same_backup(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        await shop.engine.up(program(), replace=frozenset({"backup"}))
        assert len(kept(shop)) == 1

    play(shop, scene)


def test_destroying_keeps_the_backups(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        assert await shop.engine.destroy() == ["delete backup"]
        assert len(kept(shop)) == 1
        await shop.engine.up(program())
        assert len(kept(shop)) == 1

    play(shop, scene)


def test_a_refresh_on_another_machine_does_not_forget_it(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        before = shop.engine.saved("backup").outputs["path"]
        place(shop).rename(shop.world.root / "elsewhere")
        await shop.engine.refresh()
        assert shop.engine.saved("backup").outputs["path"] == before
        assert await shop.engine.up(program()) == []

    play(shop, scene)


def test_a_refresh_shows_the_newest_verified_backup(shop: Bench) -> None:
    async def scene() -> None:
        await shop.engine.up(program())
        shop.world.clock.advance(25 * HOUR)
        await shop.engine.up(program(revisions=CHANGED))
        newest = place(shop) / kept(shop)[1]
        newest.rename(shop.world.root / "elsewhere")
        await shop.engine.refresh()
        assert shop.engine.saved("backup").outputs["path"].endswith(kept(shop)[0])

    play(shop, scene)


def test_an_import_takes_the_newest_backup_and_nothing_without_one(shop: Bench) -> None:
    async def scene() -> None:
        assert await shop.engine.read(TOKEN, "backup", REF) is None
        await shop.engine.up(program(name="other"))
        found = await shop.engine.read(TOKEN, "backup", REF)
        assert found is not None
        assert found.inputs["project"] == REF
        assert found.outputs["path"].endswith(kept(shop)[0])

    play(shop, scene)


def test_only_as_many_as_asked_stay(shop: Bench) -> None:
    async def scene() -> None:
        for number in range(3):
            await shop.engine.up(program(within=0, keep=2, revisions={"a": str(number)}))
            shop.world.clock.advance(HOUR)
        assert len(kept(shop)) == 2

    play(shop, scene)


def test_it_is_encrypted_when_a_key_is_configured_and_nobody_can_read_the_key(
    dsn: str, tmp_path: Path
) -> None:
    encrypted = bench(
        tmp_path, {"supabase": routes.app}, SUPABASE_DB_URL=dsn, STACKWRIGHT_BACKUP_KEY=KEY
    )

    async def scene() -> None:
        await encrypted.engine.up(program())
        known = manifest.read(place(encrypted) / kept(encrypted)[0])
        assert known.encryption is not None
        assert known.verified
        for secret in (KEY, PASSWORD, "p%40ss%20word"):
            assert secret not in everything(encrypted)

    play(encrypted, scene)
