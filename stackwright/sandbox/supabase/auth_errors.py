"""How the auth server words its refusals: `{"code", "error_code", "msg"}`.

https://supabase.com/docs/guides/auth/debugging/error-codes
"""

from starlette.responses import JSONResponse


class AuthError(Exception):
    """A refusal with HTTP status, code and message as the auth server sends them."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> JSONResponse:
        """The answer that the client gets."""
        body = {"code": self.status, "error_code": self.code, "msg": self.message}
        return JSONResponse(body, self.status)
