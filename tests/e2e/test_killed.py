"""`kill -9` in the middle of a first rollout: unlock, `up`, and everything is there, once."""

import time

import pytest

from tests.e2e.project import REF, STACK, VERSIONS, Project

UP = ("pulumi", "up", "--yes", "--skip-preview", "--stack", STACK, "--non-interactive")
PATIENCE = 60.0


def kill_after(project: Project, writes: int) -> None:
    """Start an `up` and kill the CLI, and only it, as soon as the vendors saw so many writes."""
    mark, give_up = project.mark(), time.monotonic() + PATIENCE
    run = project.popen(*UP)
    while len(project.writes(mark)) < writes:
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < give_up
    run.kill()
    run.communicate(timeout=PATIENCE)


def orphans(project: Project) -> list[str]:
    """Processes of the killed run that are still there."""
    mine = (line for line in project.processes() if ".stackwright/sandbox" not in line)
    return [line for line in mine if "plugin" in line or "pulumi" in line]


def end_of_orphans(project: Project) -> list[str]:
    """What is left of a killed run after at most ten seconds."""
    give_up = time.monotonic() + 10
    while (left := orphans(project)) and time.monotonic() < give_up:
        time.sleep(0.1)
    return left


def declared_functions(project: Project) -> list[str]:
    return list(project.resource("functions")["inputs"]["functions"])


def assert_everything_is_there_once(project: Project) -> None:
    render, stripe, supabase = project.render(), project.stripe(), project.supabase()
    assert len(render("GET", "/services")) == 1
    assert [p["id"] for p in stripe("GET", "/v1/products")["data"]] == ["voip_accelerator"]
    prices = stripe("GET", "/v1/prices?active=true")["data"]
    assert sorted(p["lookup_key"] for p in prices) == ["accelerator_annual", "accelerator_monthly"]
    assert len(stripe("GET", "/v1/webhook_endpoints")["data"]) == 1
    functions = supabase("GET", f"/v1/projects/{REF}/functions")
    assert sorted(f["slug"] for f in functions) == sorted(declared_functions(project))
    names = [s["name"] for s in supabase("GET", f"/v1/projects/{REF}/secrets")]
    marks = [name for name in names if name.startswith("STACKWRIGHT_OWNER_")]
    assert len(marks) == 3, marks  # two groups of secrets, one of functions
    applied = project.database(
        "SELECT version FROM supabase_migrations.schema_migrations ORDER BY version"
    )
    assert [version for (version,) in applied] == VERSIONS
    assert project.database("SELECT count(*) FROM enhanced_lerg") == [(450,)]


@pytest.mark.parametrize("writes", [4, 15])
def test_a_killed_first_rollout_is_unlocked_and_converges(fresh: Project, writes: int) -> None:
    kill_after(fresh, writes)
    assert end_of_orphans(fresh) == []

    locked = fresh.try_up()
    assert locked.code != 0
    assert "locked" in locked.text

    unlocked = fresh.stackwright_on_stack("unlock")
    assert unlocked.code == 0, unlocked.text
    assert "Removed 1 lock." in unlocked.out

    said = fresh.up()
    assert "interrupted" not in said.text
    assert_everything_is_there_once(fresh)
    assert fresh.up().nothing_changed


def test_a_living_run_is_not_unlocked_and_a_second_up_is_refused(project: Project) -> None:
    project.edit("components/web_app.py", "settings.app_env,\n", '"rehearsal",\n')
    project.fault("slow", vendor="render", method="PUT", path="env-vars", times=1, delay=12.0)
    mark = project.mark()
    first = project.popen(*UP)
    while not any(lock(project)):
        assert first.poll() is None, first.communicate()

    second = project.try_up()
    unlock = project.stackwright_on_stack("unlock")
    out, _ = first.communicate(timeout=PATIENCE)

    assert second.code != 0
    assert "currently locked" in second.text
    assert unlock.code == 3
    assert f"pid {first.pid}" in unlock.err
    assert first.returncode == 0, out
    assert len(project.writes(mark)) == 2
    assert project.up().nothing_changed


def lock(project: Project) -> list[str]:
    folder = project.folder / ".stackwright/pulumi/state/.pulumi/locks"
    return [path.name for path in folder.rglob("*.json")]


def test_a_state_whose_attributes_a_kill_cut_off_is_readable_after_unlock(
    project: Project,
) -> None:
    """The few bytes beside the state are the only ones that Pulumi does not write at once."""
    stacks = project.folder / ".stackwright/pulumi/state/.pulumi/stacks/voip-accelerator"
    (stacks / "dev.json.attrs").write_text("")
    assert "EOF" in project.try_up().text

    assert project.stackwright_on_stack("unlock").code == 0

    assert project.up().nothing_changed


def test_unlock_says_that_nothing_is_locked(project: Project) -> None:
    said = project.stackwright_on_stack("unlock")

    assert said.code == 0, said.text
    assert "It is not locked." in said.out
