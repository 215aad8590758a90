"""A network for tests: answers in the order scripted, and keeps what was asked."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx

Answer = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


def ok(body: Any = None, status: int = 200, **headers: str) -> httpx.Response:
    """A JSON answer; header names are written with `_` for `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=named)


class Network(httpx.AsyncBaseTransport):
    """Asking more often than scripted fails the test."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.requests.append(
            httpx.Request(
                request.method, request.url, headers=request.headers, content=request.content
            )
        )
        assert self.answers, f"nothing scripted for {request.method} {request.url}"
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer(request)

    @property
    def asked(self) -> list[str]:
        """`METHOD /path` of every request."""
        return [f"{request.method} {request.url.path}" for request in self.requests]

    def form(self, index: int = -1) -> dict[str, str]:
        """The fields of a form-encoded request."""
        return dict(parse_qsl(self.requests[index].content.decode(), keep_blank_values=True))

    def json(self, index: int = -1) -> Any:
        """The JSON body of a request."""
        return json.loads(self.requests[index].content)

    def query(self, index: int = -1) -> list[tuple[str, str]]:
        return list(self.requests[index].url.params.multi_items())
