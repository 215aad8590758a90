"""What a backup says of itself, and which backup is taken."""

import subprocess
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from stackwright.clock import ManualClock
from stackwright.sql import manifest, sealing
from stackwright.sql.manifest import BadBackup, File, Manifest

NOW = ManualClock().now()
HOUR = 3600.0
REF = "a" * 20
KEY = "k" * 32


def described(now: float = NOW, **given: Any) -> Manifest:
    values: dict[str, Any] = {
        "stack": "shop/dev", "project": REF, "database": "db:5432/postgres",
        "server_version": "17.10", "tool": "pg_dump 18.4", "git_sha": None,
        "snapshot": "1-1", "role": "postgres",
        "started_at": manifest.iso(now), "finished_at": manifest.iso(now), "took_seconds": 1.0,
        "schemas": ["public"], "tables": {"public.t": 3}, "auth_tables": {"auth.users": 2},
        "objects": {}, "platform_objects": 0, "extensions": {}, "roles": [], "left_out": [],
        "files": [], "verified": True,
    }  # fmt: skip
    return Manifest(**{**values, **given})


def kept(place: Path, now: float, **given: Any) -> Path:
    """A whole backup in a stack's folder."""
    folder = manifest.begin(place, now)
    manifest.write(folder, described(now, **given))
    return manifest.finish(folder)


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = described(files=[File("a", 1, "f" * 64)])
    manifest.write(tmp_path, written)
    assert manifest.read(tmp_path) == written
    assert (tmp_path / manifest.NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "this is no backup"),
        ("{", "cannot be read as JSON"),
        ('{"format": 99}', "another version of stackwright wrote it"),
        ('{"format": 1, "files": []}', "fields are missing"),
        ('{"format": 1}', "fields are missing"),
    ],
)
def test_a_broken_manifest_is_one_sentence(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / manifest.NAME).write_text(text)
    with pytest.raises(BadBackup, match=said):
        manifest.read(tmp_path)


def test_the_newest_verified_backup_within_the_hours_is_taken(tmp_path: Path) -> None:
    kept(tmp_path, NOW - 30 * HOUR)
    young = kept(tmp_path, NOW - 2 * HOUR)
    kept(tmp_path, NOW - 1 * HOUR, verified=False)
    kept(tmp_path, NOW - 1 * HOUR, project="b" * 20)
    found = manifest.newest(tmp_path, REF, 24, NOW)
    assert found is not None
    assert found[0] == young
    assert manifest.newest(tmp_path, REF, 1, NOW) is None
    unverified = manifest.newest(tmp_path, REF, 24, NOW, verified=False)
    assert unverified is not None
    assert not unverified[1].verified


def test_the_age_counts_from_the_snapshot(tmp_path: Path) -> None:
    assert described(NOW - HOUR, finished_at=manifest.iso(NOW)).age(NOW) == pytest.approx(1)


def test_two_backups_of_one_second_have_different_names_in_order(tmp_path: Path) -> None:
    names = [kept(tmp_path, NOW).name for _ in range(11)]
    assert names[:2] == ["20270115T080000Z", "20270115T080000Z-2"]
    assert [folder.name for folder, _ in manifest.all_of(tmp_path)] == names[::-1]


def test_a_partial_backup_is_never_taken_and_goes_when_its_process_is_gone(
    tmp_path: Path,
) -> None:
    mine = manifest.begin(tmp_path, NOW)
    manifest.write(mine, described())
    with subprocess.Popen(["true"]) as ended:
        gone = ended.pid
    left = tmp_path / f"20260101T000000Z{manifest.PARTIAL}{gone}"
    left.mkdir()
    assert list(manifest.all_of(tmp_path)) == []
    other = manifest.begin(tmp_path, NOW + 1)
    assert mine.exists()
    assert not left.exists()
    assert other.stat().st_mode & 0o777 == 0o700


def test_pruning_keeps_the_newest_verified_ones_and_what_is_newer(tmp_path: Path) -> None:
    old = kept(tmp_path, NOW - 5 * HOUR)
    old_broken = kept(tmp_path, NOW - 4 * HOUR, verified=False)
    stays = [kept(tmp_path, NOW - 3 * HOUR), kept(tmp_path, NOW - 2 * HOUR, verified=False)]
    stays.append(kept(tmp_path, NOW - 1 * HOUR))
    assert sorted(manifest.prune(tmp_path, 2)) == [old, old_broken]
    assert all(folder.exists() for folder in stays)


def test_nothing_is_pruned_before_there_are_enough_verified_ones(tmp_path: Path) -> None:
    kept(tmp_path, NOW - 5 * HOUR, verified=False)
    kept(tmp_path, NOW)
    assert manifest.prune(tmp_path, 2) == []


def test_pruning_never_removes_the_last_verified_backup(tmp_path: Path) -> None:
    only = kept(tmp_path, NOW - 5 * HOUR)
    broken = [kept(tmp_path, NOW - hours * HOUR, verified=False) for hours in (1, 6)]
    assert manifest.prune(tmp_path, 0) == [broken[1]]
    assert only.exists()
    alone = tmp_path / "unverified"
    kept(alone, NOW, verified=False)
    assert manifest.prune(alone, 1) == []


def test_a_changed_or_missing_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "database.dump"
    path.write_bytes(b"rows")
    known = described(files=[File.of(tmp_path, path)])
    manifest.refuse_damaged(tmp_path, known)
    path.write_bytes(b"Rows")
    with pytest.raises(BadBackup, match="not the one that was backed up"):
        manifest.refuse_damaged(tmp_path, known)
    path.unlink()
    with pytest.raises(BadBackup, match="lacks this file"):
        manifest.refuse_damaged(tmp_path, known)


def test_a_manifest_cannot_point_outside_of_its_folder(tmp_path: Path) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(b"rows")
    folder = tmp_path / "backup"
    folder.mkdir()
    file = replace(File.of(tmp_path, outside), name="../secret")
    with pytest.raises(BadBackup, match="lacks this file"):
        manifest.refuse_damaged(folder, described(files=[file]))


def test_a_changed_manifest_of_an_encrypted_backup_is_refused() -> None:
    signed = described(encryption=dict(sealing.description())).signed(KEY)
    signed.refuse_forged(KEY)
    with pytest.raises(BadBackup, match="not the key of this backup, or its manifest"):
        replace(signed, tables={"public.t": 4}).refuse_forged(KEY)
    with pytest.raises(BadBackup, match="not the key of this backup"):
        signed.refuse_forged("x" * 32)
    with pytest.raises(BadBackup, match="set STACKWRIGHT_BACKUP_KEY"):
        signed.refuse_forged(None)


def test_the_proof_survives_writing_and_reading(tmp_path: Path) -> None:
    signed = described(
        encryption=dict(sealing.description()), files=[File("a", 1, "f" * 64)]
    ).signed(KEY)
    manifest.write(tmp_path, signed)
    manifest.read(tmp_path).refuse_forged(KEY)
    assert KEY not in str(asdict(signed))


@pytest.mark.parametrize("key", ["short", "a line\nand another line"])
def test_a_key_that_can_be_guessed_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(Exception, match="at least 16 characters") as error:
        sealing.checked(key)
    assert key not in str(error.value)


def test_no_key_means_no_encryption() -> None:
    assert sealing.checked("") is None
    assert sealing.checked(None) is None
    assert sealing.checked(KEY) == KEY


def test_a_sealed_file_shows_nothing_and_opens_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with sealing.written(path, KEY) as file:
        file.write(b"plain text" * 1000)
    assert b"plain text" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert sealing.content(path, KEY) == b"plain text" * 1000
    assert sealing.content(path, "x" * 32) != b"plain text" * 1000


def test_a_sealed_file_need_not_be_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with sealing.written(path, KEY) as file:
        file.write(bytes(1 << 20))
    with sealing.opened(path, KEY) as stream:
        assert stream.read(3) == b"\0\0\0"


def test_a_missing_cipher_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises(sealing.CannotSeal, match="`openssl` is not on PATH"),
        sealing.written(tmp_path / "file", KEY),
    ):
        pass
