"""An edge function as the platform runs it: its own Deno process, its own environment."""

import json
import subprocess
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from stackwright import toolchain
from stackwright.errors import StackwrightError
from tests.product.helpers import ROOT

FUNCTIONS = ROOT / "functions"
READ = (
    "SUPABASE_DB_URL,SUPABASE_URL,DENO_DEPLOYMENT_ID,SB_REGION,APP_ENV,STRIPE_API_BASE,"
    "STRIPE_SECRET_KEY,STRIPE_WEBHOOK_SECRET,"
    "STRIPE_PRICE_MONTHLY_ACCELERATOR,STRIPE_PRICE_ANNUAL_ACCELERATOR,"
    "STRIPE_PORTAL_CONFIGURATION"
)


@dataclass
class Function:
    """A running function; `log` grows with every line that it writes."""

    client: httpx.Client
    log: list[str]

    def post(self, body: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        content = body if isinstance(body, bytes) else None
        json = None if isinstance(body, bytes) else body
        return self.client.post("/", content=content, json=json, headers=headers)


@contextmanager
def running(slug: str, environment: dict[str, str], folder: Path = FUNCTIONS) -> Iterator[Function]:
    """Start a function of `folder` on a free port; it ends with the block."""
    process = subprocess.Popen(
        _command(slug, folder),
        env={
            "DENO_DIR": str(toolchain.deno_dir()),
            "DENO_SERVE_ADDRESS": "tcp:127.0.0.1:0",
            "NO_COLOR": "1",
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log: list[str] = []
    try:
        address = _address(process, log)
        reader = threading.Thread(target=_follow, args=(process, log))
        reader.start()
        with httpx.Client(base_url=address, timeout=30) as client:
            yield Function(client, log)
    finally:
        process.terminate()
        process.wait()
    reader.join()
    assert process.stdout is not None
    process.stdout.close()


def _command(slug: str, folder: Path) -> list[str]:
    try:
        deno = str(toolchain.deno())
    except StackwrightError as error:
        pytest.skip(str(error))
    options = ["--no-prompt", "--cached-only", "--frozen", "--ignore-env", f"--allow-env={READ}"]
    config = f"--config={folder / 'deno.json'}"
    entry = str(folder / slug / "index.ts")
    return [deno, "run", *options, config, "--allow-net=127.0.0.1", entry]


def _address(process: subprocess.Popen[str], log: list[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        log.append(line)
        if "Listening on " in line:
            return line.split("Listening on ")[1].split()[0]
    raise AssertionError("The function did not start: " + "".join(log))


def _follow(process: subprocess.Popen[str], log: list[str]) -> None:
    assert process.stdout is not None
    log.extend(process.stdout)


def bearer(claims: dict[str, Any]) -> dict[str, str]:
    """The header of a caller; the platform, which is not here, checks the signature."""
    payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return {"Authorization": f"Bearer head.{payload}.signature"}


def user(id: str, **claims: Any) -> dict[str, str]:
    """The header of a signed-in user."""
    return bearer({"sub": id, "role": "authenticated", **claims})


SERVICE_ROLE = bearer({"role": "service_role"})
ANON = bearer({"role": "anon"})


@dataclass
class Stripe:
    """The few answers of Stripe that the functions need; keeps what it was asked."""

    address: str
    subscriptions: dict[str, Any] = field(default_factory=dict)
    codes: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], dict[str, str]]] = field(default_factory=list)
    broken: bool = False

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        if self.broken:
            return 500, {"error": {"type": "api_error", "message": "Stripe is down"}}
        if path == "/v1/checkout/sessions":
            return 200, {"id": "cs_test_1", "object": "checkout.session", "url": "https://pay/1"}
        if path.startswith("/v1/promotion_codes?"):
            code = dict(parse_qsl(path.partition("?")[2]))["code"]
            return 200, {"object": "list", "data": [p for p in self.codes if p["code"] == code]}
        subscription = self.subscriptions.get(path.removeprefix("/v1/subscriptions/"))
        if subscription:
            return 200, subscription
        missing = {"type": "invalid_request_error", "code": "resource_missing", "message": "No"}
        return 404, {"error": missing}


@contextmanager
def stripe() -> Iterator[Stripe]:
    """A Stripe on a free port of this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _StripeHandler)
    server.stripe = Stripe(f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.stripe  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _StripeHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        known: Stripe = self.server.stripe  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        known.asked.append((f"{self.command} {self.path}", headers, dict(parse_qsl(body))))
        status, answer = known.answer(self.path)
        content = httpx.Response(status, json=answer).content
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the test's output free of requests."""
