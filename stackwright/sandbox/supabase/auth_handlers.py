"""The auth server behind the gateway, as thin as supabase-js needs it for e-mail and password.

Absent: e-mails, magic links, phones, OAuth, multi-factor; https://supabase.com/docs/reference/api.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stackwright.sandbox.supabase import auth_sessions, auth_users, service_config, tokens
from stackwright.sandbox.supabase.auth_errors import AuthError
from stackwright.sandbox.world import World

# What users may change of themselves.
_OWN_FIELDS = ("email", "password", "data")


@dataclass(frozen=True)
class AuthCall:
    """One request to the auth server of a project."""

    world: World
    project: dict[str, Any]
    request: Request
    path: str

    @property
    def settings(self) -> dict[str, Any]:
        """The project's auth settings."""
        return service_config.auth_values(self.world, self.project["ref"])

    @property
    def lifetime(self) -> int:
        """How long an access token lives, in seconds."""
        return int(self.settings["jwt_exp"] or 3600)

    async def object(self) -> dict[str, Any]:
        """The body; raises the vendor's 400 for what is no JSON object."""
        try:
            body = await self.request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise AuthError(400, "bad_json", "Could not parse request body as JSON")
        return body

    async def hashed(self, body: dict[str, Any]) -> str | None:
        """The hash of the body's password; None when it has none."""
        password = body.get("password")
        if not isinstance(password, str):
            return None
        return await auth_users.hashed(self.world, self.project, password)

    def claims(self) -> tokens.Claims:
        """The claims of the bearer token; raises the vendor's 401 or 403."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise AuthError(401, "no_authorization", "This endpoint requires a Bearer token")
        try:
            return tokens.verify(token, self.project["jwt_secret"], self.world.clock.now())
        except tokens.InvalidTokenError as error:
            words = f"invalid JWT: unable to parse or verify signature, {error}"
            raise AuthError(403, "bad_jwt", words) from None

    def user_claims(self) -> tokens.Claims:
        """The claims of a signed-in user."""
        claims = self.claims()
        if "sub" not in claims:
            raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
        return claims

    def admin(self) -> None:
        """Refuse everybody but the service role."""
        if self.claims().get("role") != "service_role":
            raise AuthError(403, "not_admin", "User not allowed")


async def answer(call: AuthCall) -> Response:
    """Answer a request below /auth/v1; raises AuthError."""
    first, _, rest = call.path.partition("/")
    if first == "admin" and rest.startswith("users"):
        return await _admin(call, rest.removeprefix("users").strip("/"))
    handler = _HANDLERS.get((call.request.method, call.path))
    if handler is None:
        raise AuthError(404, "not_found", f"Not emulated: {call.request.method} {call.path}")
    return await handler(call)


async def health(_: AuthCall) -> Response:
    body = {"version": "v2.sandbox", "name": "GoTrue", "description": "the sandbox's auth server"}
    return JSONResponse(body)


async def settings(call: AuthCall) -> Response:
    chosen = call.settings
    return JSONResponse(
        {
            "external": {"email": True, "phone": False},
            "disable_signup": bool(chosen["disable_signup"]),
            "mailer_autoconfirm": bool(chosen["mailer_autoconfirm"]),
        }
    )


async def sign_up(call: AuthCall) -> Response:
    """Make a user; with `mailer_autoconfirm` (the sandbox's default) also sign in."""
    body = await call.object()
    chosen = call.settings
    if chosen["disable_signup"]:
        raise AuthError(422, "signup_disabled", "Signups not allowed for this instance")
    email = _email(body)
    _password(body, chosen)
    password = await call.hashed(body)
    confirmed = bool(chosen["mailer_autoconfirm"])
    async with auth_users.database(call.world, call.project) as connection:
        user = await auth_users.create(
            connection, email, password, body.get("data") or {}, confirmed=confirmed
        )
        if not confirmed:
            return JSONResponse(user)
        session = await auth_sessions.open_session(
            call.world, call.project, connection, user, call.lifetime
        )
    return JSONResponse(session)


async def token(call: AuthCall) -> Response:
    """Sign in with a password or with a refresh token."""
    body = await call.object()
    grant = call.request.query_params.get("grant_type")
    async with auth_users.database(call.world, call.project) as connection:
        if grant == "refresh_token":
            word = str(body.get("refresh_token", ""))
            session = await auth_sessions.refresh(
                call.world, call.project, connection, word, call.lifetime
            )
        elif grant == "password":
            user = await _sign_in(call, connection, body)
            session = await auth_sessions.open_session(
                call.world, call.project, connection, user, call.lifetime
            )
        else:
            raise AuthError(400, "invalid_credentials", "unsupported_grant_type")
    return JSONResponse(session)


async def _sign_in(
    call: AuthCall, connection: auth_users.Connection, body: dict[str, Any]
) -> auth_users.User:
    user_id, known = await auth_users.password_hash(connection, _email(body))
    word = str(body.get("password", ""))
    if await auth_users.hashed(call.world, call.project, word, like=known) != known:
        raise auth_users.bad_credentials()
    return await auth_users.signed_in(connection, user_id)


async def get_user(call: AuthCall) -> Response:
    subject = call.user_claims()["sub"]
    async with auth_users.database(call.world, call.project) as connection:
        return JSONResponse(await auth_users.find(connection, subject))


async def change_user(call: AuthCall) -> Response:
    subject = call.user_claims()["sub"]
    body = await call.object()
    if "password" in body:
        _password(body, call.settings)
    async with auth_users.database(call.world, call.project) as connection:
        changes = {name: value for name, value in body.items() if name in _OWN_FIELDS}
        password = await call.hashed(changes)
        return JSONResponse(await auth_users.update(connection, subject, changes, password))


async def sign_out(call: AuthCall) -> Response:
    session_id = str(call.user_claims().get("session_id", ""))
    async with auth_users.database(call.world, call.project) as connection:
        await auth_sessions.close(connection, session_id)
    return Response(status_code=204)


async def _admin(call: AuthCall, user_id: str) -> Response:
    """Users as the service role manages them."""
    call.admin()
    method = call.request.method
    async with auth_users.database(call.world, call.project) as connection:
        if method == "POST" and not user_id:
            return JSONResponse(await _admin_create(call, connection))
        if method == "GET" and not user_id:
            return JSONResponse(await _admin_list(call, connection))
        if method == "GET":
            return JSONResponse(await auth_users.find(connection, user_id))
        if method == "PUT":
            changes = await call.object()
            password = await call.hashed(changes)
            return JSONResponse(await auth_users.update(connection, user_id, changes, password))
        if method == "DELETE":
            await auth_users.delete(connection, user_id)
            return JSONResponse({})
    raise AuthError(405, "not_found", "Method not allowed")


async def _admin_create(call: AuthCall, connection: auth_users.Connection) -> auth_users.User:
    body = await call.object()
    return await auth_users.create(
        connection,
        _email(body),
        await call.hashed(body),
        body.get("user_metadata") or {},
        confirmed=bool(body.get("email_confirm")),
    )


async def _admin_list(call: AuthCall, connection: auth_users.Connection) -> dict[str, Any]:
    query = call.request.query_params
    try:
        page, per_page = int(query.get("page") or 1), int(query.get("per_page") or 50)
    except ValueError:
        raise AuthError(400, "validation_failed", "Bad Pagination Parameters") from None
    users = await auth_users.listing(connection, max(page, 1), max(per_page, 1))
    return {"users": users, "aud": "authenticated"}


def _email(body: dict[str, Any]) -> str:
    email = body.get("email")
    if not isinstance(email, str) or "@" not in email:
        words = "Unable to validate email address: invalid format"
        raise AuthError(400, "validation_failed", words)
    return email.strip().lower()


def _password(body: dict[str, Any], settings: dict[str, Any]) -> str:
    password = body.get("password")
    if not isinstance(password, str) or not password:
        raise AuthError(400, "validation_failed", "Signup requires a valid password")
    least = int(settings["password_min_length"] or 6)
    if len(password) < least:
        words = f"Password should be at least {least} characters."
        raise AuthError(422, "weak_password", words)
    return password


_HANDLERS: dict[tuple[str, str], Callable[[AuthCall], Awaitable[Response]]] = {
    ("GET", "health"): health,
    ("GET", "settings"): settings,
    ("POST", "signup"): sign_up,
    ("POST", "token"): token,
    ("GET", "user"): get_user,
    ("PUT", "user"): change_user,
    ("POST", "logout"): sign_out,
}
