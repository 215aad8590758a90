"""Sign-up, log-in and sessions of a marked user, who is removed again."""

from datetime import UTC, datetime, timedelta
from typing import Any

from scenarios._purchase import guard
from stackwright.scenarios import Cannot, Stage, User, expect, scenario

TRIAL = timedelta(days=7)
ROUNDING = timedelta(minutes=5)
PROFILE = """
    select subscription_status, subscription_plan, plan_expires_at, total_uploads
    from public.profiles where id = %(user)s
"""
WIPED = """
    select finished_at is not null as ended,
      (select sum(value::int) from jsonb_each_text(remaining)) as remaining,
      (select count(*) from auth.users where created_at < started_at) as older
    from stackwright.wipes order by id desc limit 1
"""
SESSION = """
    select is_active, user_agent, host(ip_address) as ip_address, last_heartbeat
    from public.active_sessions where session_token = %(token)s
"""

COUNT_UPLOAD = "update public.profiles set total_uploads = total_uploads + 1 where id = %s"


@scenario("V4", "a sign-up makes a profile whose trial ends in 7 days", effect="writes",
          covers=["R84"])  # fmt: skip
async def sign_up(stage: Stage) -> None:
    """Not on the fixed date of the older logic."""
    user = await stage.sign_up()
    row = await stage.row(PROFILE, user=user.id)
    ahead = row["plan_expires_at"] - datetime.now(UTC)
    expect(abs(ahead - TRIAL) < ROUNDING, f"the trial ends on {row['plan_expires_at']:%Y-%m-%d}")


@scenario("V13", "a new profile is on trial of the plan, without uploads", effect="writes",
          covers=["R84"])  # fmt: skip
async def new_profile(stage: Stage) -> None:
    """What the sign-up trigger writes."""
    user = await stage.sign_up()
    row = await stage.row(PROFILE, user=user.id)
    found = (row["subscription_status"], row["subscription_plan"], row["total_uploads"])
    expect(found == ("trial", "accelerator", 0), f"status, plan and uploads are {found}")


@scenario("V14", "a new user logs in and is let into the dashboard", effect="writes",
          covers=["R84"])  # fmt: skip
async def log_in(stage: Stage) -> None:
    """The guard of the dashboard asks check-subscription-status."""
    user = await stage.sign_up()
    expect(bool(await stage.log_in(user)), "the log-in gave no token")
    await guard(stage, user, valid=True, reason="trial")


@scenario("V12", "no user is left after the wipe", covers=["R104"])
async def wiped(stage: Stage) -> None:
    """Only where a wipe was asked for; who signed up after it is none of its users."""
    there = await stage.row("select to_regclass('stackwright.wipes') is not null as wiped")
    if not there["wiped"]:
        raise Cannot("this rollout keeps its users: there was no wipe")
    last = await stage.row(WIPED)
    expect(last["ended"], "a wipe was begun and did not end; run `stackwright users wipe` again")
    expect(not last["remaining"], f"{last['remaining']} rows were left by the wipe")
    expect(not last["older"], f"{last['older']} users are older than the wipe")


@scenario("Q1", "a log-in makes an active session", effect="writes", covers=["R85"])
async def session(stage: Stage) -> None:
    """With token, agent and address."""
    _, row = await _begin(stage)
    expect(row["is_active"], "the session is not active")
    expect(bool(row["user_agent"]), "the session has no user agent")
    expect(bool(row["ip_address"]), "the session has no address")


@scenario("Q2", "using the app keeps the session alive", effect="writes", covers=["R85"])
async def heartbeat(stage: Stage) -> None:
    """A heartbeat younger than five minutes."""
    user, token = await _aged(stage, "1 hour")
    await stage.answer("manage-session", {"session_token": token}, token=user.token)
    row = await stage.row(SESSION, token=token)
    age = datetime.now(UTC) - row["last_heartbeat"]
    expect(age < timedelta(minutes=5), f"the last heartbeat is {age} old")


@scenario("Q3", "a session silent for 24 hours is marked as ended", effect="writes", covers=["R85"])
async def cleaned_up(stage: Stage) -> None:
    """By the clean-up, which a schedule calls; here it is called by hand."""
    _, token = await _aged(stage, "25 hours")
    await stage.answer("cleanup-inactive-sessions", token=stage.keys["service_role"])
    expect(not (await stage.row(SESSION, token=token))["is_active"], "the session is still active")


@scenario("Q4", "an upload of a rate sheet is counted", effect="writes", covers=["R85"])
async def upload(stage: Stage) -> None:
    """One of each kind, as the browser counts them: in the user's own row, and in no other."""
    user, other = await stage.sign_up(), await stage.sign_up()
    for _kind in ("US", "AZ"):
        counted = await stage.change(COUNT_UPLOAD, user.id, user=user)
        expect(counted == 1, "a user cannot count an upload in the own profile")
    foreign = await stage.change(COUNT_UPLOAD, other.id, user=user)
    expect(foreign == 0, "a user can count uploads in somebody else's profile")
    row = await stage.row(PROFILE, user=user.id)
    expect(row["total_uploads"] == 2, f"two uploads are counted as {row['total_uploads']}")


async def _begin(stage: Stage) -> tuple[tuple[User, str], dict[str, Any]]:
    user = await stage.sign_up()
    begun = await stage.answer("manage-session", token=user.token)
    token = str(begun["session_token"])
    return (user, token), await stage.row(SESSION, token=token)


async def _aged(stage: Stage, age: str) -> tuple[User, str]:
    """A session whose last heartbeat is that long ago."""
    (user, token), _ = await _begin(stage)
    await stage.change(
        "update public.active_sessions set last_heartbeat = now() - %s::interval"
        " where session_token = %s",
        age,
        token,
    )
    return user, token
