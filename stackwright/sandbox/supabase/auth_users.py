"""Users of a project: real rows of `auth.users`, written as the auth server's own database role,
so that sign-up triggers run as they do at the vendor. Passwords are hashed by pgcrypto."""

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from stackwright.sandbox.supabase import databases
from stackwright.sandbox.supabase.auth_errors import AuthError
from stackwright.sandbox.world import World

User = dict[str, Any]
Connection = psycopg.AsyncConnection[DictRow]

_COLUMNS = (
    "id, aud, role, email, phone, email_confirmed_at, confirmed_at, last_sign_in_at,"
    " raw_app_meta_data, raw_user_meta_data, created_at, updated_at, is_anonymous"
)


@asynccontextmanager
async def database(world: World, project: dict[str, Any]) -> AsyncIterator[Connection]:
    """One transaction as `supabase_auth_admin`; a refusal of the database is the vendor's 500."""
    dsn = databases.server(world, project).dsn("supabase_auth_admin")
    try:
        connection = await psycopg.AsyncConnection.connect(dsn, row_factory=dict_row)
        async with connection:
            yield connection
    except psycopg.errors.UniqueViolation:
        raise AuthError(422, "user_already_exists", "User already registered") from None
    except psycopg.DataError as error:
        raise AuthError(400, "validation_failed", str(error)) from None
    except psycopg.Error as error:
        # The vendor's log says more; here the sandbox's log has it.
        words = f"Database error saving new user: {error.diag.message_primary or error}"
        raise AuthError(500, "unexpected_failure", words) from None


async def hashed(
    world: World, project: dict[str, Any], password: str, like: str | None = None
) -> str:
    """The bcrypt hash of a password, with the salt of `like` if given.

    pgcrypto does it as the superuser: the auth server's role cannot see the schema of extensions,
    and must not here, or a sign-up trigger would work in the sandbox only.
    """
    if "\0" in password:
        raise AuthError(400, "validation_failed", "The password contains a null character")
    dsn = databases.server(world, project).admin_dsn()
    query = "select extensions.crypt(%s, coalesce(%s, extensions.gen_salt('bf', 6)))"
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        row = await (await connection.execute(query, [password, like])).fetchone()
    return str(row[0]) if row else ""


async def create(
    connection: Connection,
    email: str,
    password_hash: str | None,
    metadata: dict[str, Any],
    *,
    confirmed: bool,
) -> User:
    """Insert a user with its e-mail identity."""
    row = await _one(
        connection,
        f"""
        insert into auth.users (instance_id, id, aud, role, email, encrypted_password,
            email_confirmed_at, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
            confirmation_token, recovery_token, email_change_token_new, email_change)
        values ('00000000-0000-0000-0000-000000000000', %(id)s, 'authenticated', 'authenticated',
            %(email)s, %(password_hash)s,
            case when %(confirmed)s then now() end,
            '{{"provider": "email", "providers": ["email"]}}', %(metadata)s, now(), now(),
            '', '', '', '')
        returning {_COLUMNS}
        """,  # noqa: S608
        id=uuid.uuid4(),
        email=email,
        password_hash=password_hash,
        confirmed=confirmed,
        metadata=json.dumps(metadata),
    )
    assert row is not None  # noqa: S101 - "returning" answers a row
    await _one(
        connection,
        """
        insert into auth.identities (provider_id, user_id, identity_data, provider,
            created_at, updated_at)
        values (%(id)s::text, %(id)s, %(data)s, 'email', now(), now()) returning id
        """,
        id=row["id"],
        data=json.dumps({"sub": str(row["id"]), "email": email, "email_verified": confirmed}),
    )
    return public(row)


async def password_hash(connection: Connection, email: str) -> tuple[str, str]:
    """The id of the user with that e-mail and the hash of the password; raises the vendor's 400."""
    query = "select id::text, encrypted_password from auth.users where email = %(email)s"
    row = await _one(connection, query, email=email)
    if row is None or not row["encrypted_password"]:
        raise bad_credentials()
    return row["id"], row["encrypted_password"]


async def signed_in(connection: Connection, user_id: str) -> User:
    """Note the sign-in of a user; raises the vendor's 400 before the e-mail is confirmed."""
    query = f"""
        update auth.users set last_sign_in_at = now(), updated_at = now()
        where id = %(id)s returning {_COLUMNS}
    """  # noqa: S608
    row = await _one(connection, query, id=user_id)
    if row is None:
        raise bad_credentials()
    if row["email_confirmed_at"] is None:
        raise AuthError(400, "email_not_confirmed", "Email not confirmed")
    return public(row)


def bad_credentials() -> AuthError:
    """Wrong e-mail or password: the vendor does not say which."""
    return AuthError(400, "invalid_credentials", "Invalid login credentials")


async def find(connection: Connection, user_id: str) -> User:
    """One user by id; raises the vendor's 404."""
    query = f"select {_COLUMNS} from auth.users where id = %(id)s"  # noqa: S608
    row = await _one(connection, query, id=_uuid(user_id))
    if row is None:
        raise AuthError(404, "user_not_found", "User not found")
    return public(row)


async def listing(connection: Connection, page: int, per_page: int) -> list[User]:
    """One page of users, the newest first."""
    cursor = await connection.execute(
        f"select {_COLUMNS} from auth.users order by created_at desc limit %s offset %s",  # noqa: S608
        [per_page, (page - 1) * per_page],
    )
    return [public(row) for row in await cursor.fetchall()]


async def update(
    connection: Connection, user_id: str, changes: dict[str, Any], password_hash: str | None
) -> User:
    """Change e-mail, password or metadata of a user."""
    row = await _one(
        connection,
        f"""
        update auth.users set
            email = coalesce(%(email)s, email),
            encrypted_password = coalesce(%(password_hash)s, encrypted_password),
            raw_user_meta_data = raw_user_meta_data || %(metadata)s::jsonb,
            email_confirmed_at = case when %(confirm)s then now() else email_confirmed_at end,
            updated_at = now()
        where id = %(id)s returning {_COLUMNS}
        """,  # noqa: S608
        id=_uuid(user_id),
        email=changes.get("email"),
        password_hash=password_hash,
        metadata=json.dumps(changes.get("data") or changes.get("user_metadata") or {}),
        confirm=bool(changes.get("email_confirm")),
    )
    if row is None:
        raise AuthError(404, "user_not_found", "User not found")
    return public(row)


async def delete(connection: Connection, user_id: str) -> None:
    """Delete a user; raises the vendor's 404."""
    query = "delete from auth.users where id = %(id)s returning id"
    if await _one(connection, query, id=_uuid(user_id)) is None:
        raise AuthError(404, "user_not_found", "User not found")


def public(row: DictRow) -> User:
    """A user as the auth server shows it."""
    moments = ("email_confirmed_at", "confirmed_at", "last_sign_in_at", "created_at", "updated_at")
    return {
        "id": str(row["id"]),
        "aud": row["aud"],
        "role": row["role"],
        "email": row["email"],
        "phone": row["phone"] or "",
        "app_metadata": row["raw_app_meta_data"] or {},
        "user_metadata": row["raw_user_meta_data"] or {},
        "identities": [],
        "is_anonymous": row["is_anonymous"],
        **{name: row[name].isoformat() for name in moments if row[name] is not None},
    }


async def _one(connection: Connection, query: str, **values: Any) -> DictRow | None:
    cursor = await connection.execute(query.encode(), values)
    return await cursor.fetchone()


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise AuthError(404, "validation_failed", "user_id must be an UUID") from None
