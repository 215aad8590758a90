"""A static site built and served on this machine as it is declared: to look at before a deploy.

Built in a folder that is removed afterwards, with the declared variables and nothing else of ours
in the environment, then served on loopback as Render serves it: files first, then the rewrites and
redirects in order. Not played: headers, and rules with `:placeholders`.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from stackwright.errors import StackwrightError, UserInput
from stackwright.render.bundle import secrets_in

HOST = "127.0.0.1"
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
_GIT = ("PATH", "HOME", "LANG", "SSH_AUTH_SOCK", "http_proxy", "https_proxy", "no_proxy")

Rule = Mapping[str, str]


class BuildFailed(StackwrightError):
    """The site does not build as declared; what the build said stands above."""


@dataclass(frozen=True)
class StaticSite:
    """What is built: `commit` instead of the branch's newest; `variables` are the build's."""

    repo: str
    branch: str
    build_command: str
    publish_path: str
    root_dir: str = ""
    commit: str | None = None
    routes: Sequence[Rule] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


def build(site: StaticSite, place: Path) -> Path:
    """Clone into `place` and build; answers the folder to publish. Raises `BuildFailed`."""
    source = place / "source"
    _git("clone", "--quiet", "--branch", site.branch, site.repo, str(source))
    if site.commit:
        _git("-C", str(source), "checkout", "--quiet", site.commit)
    work = source / site.root_dir
    if not work.is_dir():
        raise BuildFailed(f"the repository has no folder {site.root_dir}; correct root_dir")
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    _run(["/bin/sh", "-c", site.build_command], work, {**kept, **site.variables})
    folder = (work / site.publish_path).resolve()
    if not folder.is_dir() or not folder.is_relative_to(source.resolve()):
        raise BuildFailed(f"the build made no folder {site.publish_path}; correct publish_path")
    _refuse_secrets(folder)
    return folder


def _git(*arguments: str) -> None:
    # A scenario of the sandbox stands in for an address by git's own configuration.
    names = [n for n in os.environ if n in _GIT or n.startswith("GIT_CONFIG_")]
    kept = {name: os.environ[name] for name in names} | {"GIT_TERMINAL_PROMPT": "0"}
    _run(["git", *arguments], Path.cwd(), kept)


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run to the end; when we are ended, so is all that it started."""
    process = subprocess.Popen(command, cwd=folder, env=dict(environment), start_new_session=True)
    try:
        code = process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if code:
        shown = command[-1] if command[0] != "git" else " ".join(command[:2])
        raise BuildFailed(f"`{shown}` ended with {code}; what it said stands above")


def _refuse_secrets(folder: Path) -> None:
    """What is built is what everybody could read."""
    for path in sorted(folder.rglob("*")):
        kinds = secrets_in(path.read_text(errors="replace")) if path.is_file() else []
        if kinds:
            name = path.relative_to(folder)
            raise BuildFailed(f"everybody could read {kinds[0]} in {name}; roll it and rebuild")


class Handler(SimpleHTTPRequestHandler):
    """Files first, then rules."""

    def __init__(self, *args: object, routes: Sequence[Rule], directory: str) -> None:
        self.routes = routes
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]

    def send_head(self):  # type: ignore[no-untyped-def]
        path = urlsplit(self.path).path
        if not _is_served(Path(self.translate_path(path))):
            rule = next((r for r in self.routes if fits(r["source"], path)), None)
            if rule is not None and rule["type"] == "redirect":
                return self._redirect(rule["destination"])
            if rule is not None:
                self.path = rule["destination"]
        return super().send_head()

    def _redirect(self, address: str) -> None:
        self.send_response(301)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Requests are the browser's to show."""


def fits(source: str, path: str) -> bool:
    """Whether a rule's source, which may end with `*`, fits a path."""
    return path.startswith(source[:-1]) if source.endswith("*") else path == source


def _is_served(path: Path) -> bool:
    return path.is_file() or (path / "index.html").is_file()


@contextmanager
def port(number: int) -> Iterator[ThreadingHTTPServer]:
    """Take the port, before anything is built for it. Raises `UserInput` when it is taken."""
    try:
        server = ThreadingHTTPServer((HOST, number), SimpleHTTPRequestHandler)
    except OSError as error:
        raise UserInput(
            f"port {number} of {HOST} cannot be had ({error.strerror}): end what listens there, or "
            "choose another one with --port"
        ) from None
    try:
        yield server
    finally:
        server.server_close()


def serve(server: ThreadingHTTPServer, folder: Path, routes: Sequence[Rule]) -> None:
    """Answer until somebody ends us."""
    made = partial(Handler, routes=routes, directory=str(folder))
    server.RequestHandlerClass = made
    server.serve_forever()
