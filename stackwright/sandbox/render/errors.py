"""Render's errors: always `{"message": ...}`, raised by the models, rendered in one place."""

from starlette.requests import Request
from starlette.responses import JSONResponse


class RenderError(Exception):
    """A request that Render refuses."""

    status = 400

    def __init__(self, message: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.headers = headers


class InvalidError(RenderError):
    """The body or a parameter is wrong."""


class UnauthorizedError(RenderError):
    """No key, or not this sandbox's."""

    status = 401

    def __init__(self) -> None:
        super().__init__("Unauthorized")


class MissingError(RenderError):
    """There is no such object; Render names the id."""

    status = 404

    def __init__(self, what: str) -> None:
        super().__init__(f"not found: {what}")


class UnknownRouteError(RenderError):
    """Neither Render nor this stand-in has such a path, or the stand-in lacks it."""

    status = 404

    def __init__(self) -> None:
        super().__init__("page not found")


class ConflictError(RenderError):
    """The state of the object, or another object of that name, forbids it."""

    status = 409


class TooManyRequestsError(RenderError):
    """A rate limit is used up; `retry_after` in whole seconds."""

    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__("rate limit exceeded", headers={"retry-after": str(retry_after)})


async def answer(_request: Request, error: RenderError) -> JSONResponse:
    """The vendor's envelope for an error."""
    return JSONResponse({"message": error.message}, error.status, error.headers)
