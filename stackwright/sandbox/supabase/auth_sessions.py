"""Sessions of signed-in users: an access token (a JWT) and a refresh token that is used once."""

import uuid
from typing import Any

from stackwright.sandbox.ids import ALNUM
from stackwright.sandbox.supabase import auth_users, projects, tokens
from stackwright.sandbox.supabase.auth_errors import AuthError
from stackwright.sandbox.supabase.auth_users import Connection, User
from stackwright.sandbox.world import World

Session = dict[str, Any]


async def open_session(
    world: World, project: dict[str, Any], connection: Connection, user: User, lifetime: int
) -> Session:
    """Start a session of `user`; the access token lives `lifetime` seconds."""
    session_id = str(uuid.uuid4())
    await connection.execute(
        "insert into auth.sessions (id, user_id, created_at, updated_at)"
        " values (%s, %s, now(), now())",
        [session_id, user["id"]],
    )
    return await _issue(world, project, connection, user, session_id, lifetime)


async def refresh(
    world: World, project: dict[str, Any], connection: Connection, token: str, lifetime: int
) -> Session:
    """Exchange a refresh token for a new pair; each works once."""
    cursor = await connection.execute(
        "update auth.refresh_tokens set revoked = true, updated_at = now()"
        " where token = %s and not revoked returning user_id, session_id::text",
        [token],
    )
    row = await cursor.fetchone()
    if row is None:
        raise AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Not Found")
    user = await auth_users.find(connection, row["user_id"])
    return await _issue(world, project, connection, user, row["session_id"], lifetime)


async def close(connection: Connection, session_id: str) -> None:
    """End a session: its refresh tokens are void."""
    await connection.execute("delete from auth.sessions where id::text = %s", [session_id])


async def _issue(
    world: World,
    project: dict[str, Any],
    connection: Connection,
    user: User,
    session_id: str,
    lifetime: int,
) -> Session:
    refresh_token = world.ids.make("", 12, ALNUM)
    await connection.execute(
        "insert into auth.refresh_tokens (token, user_id, revoked, created_at, updated_at,"
        " session_id) values (%s, %s, false, now(), now(), %s)",
        [refresh_token, user["id"], session_id],
    )
    now = int(world.clock.now())
    claims = {
        "iss": f"{projects.url(world, project['ref'])}/auth/v1",
        "sub": user["id"],
        "aud": "authenticated",
        "exp": now + lifetime,
        "iat": now,
        "email": user["email"],
        "phone": user["phone"],
        "app_metadata": user["app_metadata"],
        "user_metadata": user["user_metadata"],
        "role": user["role"],
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": now}],
        "session_id": session_id,
        "is_anonymous": user["is_anonymous"],
    }
    return {
        "access_token": tokens.sign(claims, project["jwt_secret"]),
        "token_type": "bearer",
        "expires_in": lifetime,
        "expires_at": now + lifetime,
        "refresh_token": refresh_token,
        "user": user,
    }
