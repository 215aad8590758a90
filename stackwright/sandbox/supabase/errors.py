"""How the Management API words its refusals: `{"message": "..."}`, 422 adds `errors`."""

from typing import Any

from starlette.responses import JSONResponse


class ApiError(Exception):
    """A refusal with an HTTP status; `status` and `message` as the vendor sends them."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.more = more

    def response(self) -> JSONResponse:
        """The answer that the client gets."""
        return JSONResponse({"message": self.message, **self.more}, self.status)


class InvalidError(ApiError):
    """400: the request does not fit the operation."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)


class NotFoundError(ApiError):
    """404: there is no such thing."""

    def __init__(self, message: str) -> None:
        super().__init__(404, message)


class UnauthorizedError(ApiError):
    """401: no token, or one that the sandbox did not issue."""

    def __init__(self, message: str = "Unauthorized") -> None:
        super().__init__(401, message)


class PlanLimitError(ApiError):
    """402: the plan allows no more."""

    def __init__(self, message: str) -> None:
        super().__init__(402, message)
