"""Serves a published folder as Render does: files first, then rules in order, then 404."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Receive, Scope, Send

Rule = dict[str, Any]
_METHODS = ("GET", "HEAD")


class StaticSite:
    """The ASGI application of one site. Folder and rules are asked anew for each request, so that
    a deploy or a changed rule is effective at once."""

    def __init__(
        self,
        folder: Callable[[], Path | None],
        rules: Callable[[], list[Rule]],
        headers: Callable[[], list[Rule]],
    ) -> None:
        self._folder = folder
        self._rules = rules
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        response = self._respond(request)
        self._add_headers(response, request.url.path)
        await response(scope, receive, send)

    def _respond(self, request: Request) -> Response:
        folder = self._folder()
        if request.method not in _METHODS:
            return PlainTextResponse("Method Not Allowed", 405)
        if folder is None:
            return PlainTextResponse("Not Found", 404)
        path = request.url.path
        found = _file(folder, path)
        if found is not None:
            return FileResponse(found)
        return self._by_rule(folder, path, request.url.query) or _not_found(folder)

    def _by_rule(self, folder: Path, path: str, query: str) -> Response | None:
        for rule in self._rules():
            target = destination(rule, path)
            if target is None:
                continue
            if rule["type"] == "redirect":
                return RedirectResponse(f"{target}?{query}" if query else target, 301)
            found = _file(folder, target)
            return FileResponse(found) if found is not None else _not_found(folder)
        return None

    def _add_headers(self, response: Response, path: str) -> None:
        headers = MutableHeaders(raw=response.raw_headers)
        headers.setdefault("cache-control", "public, max-age=0, must-revalidate")
        for rule in self._headers():
            if _pattern(rule["path"]).fullmatch(path):
                headers[rule["name"]] = rule["value"]


def destination(rule: Rule, path: str) -> str | None:
    """Where a rule sends `path`: `:name` and `*` of the source fill those of the destination."""
    found = _pattern(rule["source"]).fullmatch(path)
    if found is None:
        return None
    values = found.groupdict()
    target: str = rule["destination"]
    for name, value in values.items():
        target = target.replace("*" if name == "wildcard" else f":{name}", value)
    return target


def _pattern(source: str) -> re.Pattern[str]:
    """`/blog/:slug` and `/static/*` as a regular expression."""
    expression = ""
    for part in re.split(r"(:[A-Za-z_]\w*|\*+)", source):
        if part.startswith(":"):
            expression += f"(?P<{part[1:]}>[^/]+)"
        elif part.startswith("*"):
            named = "(?P<wildcard>" if "wildcard" not in expression else "(?:"
            expression += f"{named}.*)"
        else:
            expression += re.escape(part)
    return re.compile(expression)


def _file(folder: Path, path: str) -> Path | None:
    """The file for a path; never one outside the folder."""
    candidate = (folder / path.lstrip("/")).resolve()
    if not candidate.is_relative_to(folder.resolve()):
        return None
    if candidate.is_dir():
        candidate = candidate / "index.html"
    return candidate if candidate.is_file() else None


def _not_found(folder: Path) -> Response:
    page = folder / "404.html"
    if page.is_file():
        return FileResponse(page, 404)
    return PlainTextResponse("Not Found", 404)
