from pathlib import Path

from stackwright.sandbox.world import memory_world, open_world


def test_a_sandbox_keeps_its_identity_and_credentials(tmp_path: Path) -> None:
    first = open_world(tmp_path)
    known = (first.sandbox_id, first.credentials("stripe"))
    first.close()
    second = open_world(tmp_path)
    assert (second.sandbox_id, second.credentials("stripe")) == known
    second.close()


def test_two_sandboxes_have_different_identities_and_credentials(tmp_path: Path) -> None:
    one, two = open_world(tmp_path / "1"), open_world(tmp_path / "2")
    assert one.sandbox_id != two.sandbox_id
    assert one.credentials("render") != two.credentials("render")
    one.close()
    two.close()


def test_credentials_have_the_vendors_forms(tmp_path: Path) -> None:
    world = memory_world(tmp_path)
    stripe = world.credentials("stripe")
    assert stripe["stripe_test_key"].startswith("sk_test_")
    assert stripe["stripe_live_key"].startswith("sk_live_")
    assert world.credentials("render")["api_key"].startswith("rnd_")
    assert len(world.credentials("supabase")["access_token"]) == len("sbp_") + 40


def test_an_advanced_clock_stays_advanced(tmp_path: Path) -> None:
    first = open_world(tmp_path)
    first.clock.advance(86_400)
    now = first.clock.now()
    first.close()
    second = open_world(tmp_path)
    assert second.clock.now() >= now
    second.close()


def test_a_setting_has_a_default_and_can_be_changed_back(tmp_path: Path) -> None:
    world = memory_world(tmp_path)
    world.set_setting("render.limits", {"create": [1, 60]})
    assert world.setting("render.limits", {}) == {"create": [1, 60]}
    world.set_setting("render.limits", None)
    assert world.setting("render.limits", {}) == {}


def test_the_folder_is_closed_to_others(tmp_path: Path) -> None:
    open_world(tmp_path / "sandbox").close()
    assert (tmp_path / "sandbox").stat().st_mode & 0o077 == 0
