"""The official Stripe CLI drives the stand-in through its hidden `--api-base`."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stackwright.sandbox.stripe.keys import credentials
from stackwright.sandbox.world import World
from tests.compat.stripe_server import stand_in

VERSION = "1.52.0"
Run = Callable[..., Any]


@pytest.fixture(scope="module")
def cli() -> Path:
    """The CLI from npm, installed once below the user's cache."""
    folder = Path.home() / ".cache" / "stackwright" / f"stripe-cli-{VERSION}"
    binary = folder / "node_modules" / ".bin" / "stripe"
    if not binary.exists():
        install(folder)
    if not binary.exists():
        pytest.skip(f"npm has no Stripe CLI {VERSION} for this machine")
    return binary


def install(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing, and the Stripe CLI comes from it")
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--silent", "--no-fund", "--no-audit", f"@stripe/cli@{VERSION}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode != 0:
        pytest.skip(f"npm could not install the Stripe CLI {VERSION}")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with stand_in(tmp_path_factory.mktemp("stripe")) as world:
        yield world


@pytest.fixture
def run(cli: Path, world: World, tmp_path: Path) -> Run:
    """`run("products", "create", "--name=Pro")` gives the CLI's JSON; its HOME is thrown away."""
    environment = {
        "HOME": str(tmp_path),
        "PATH": os.environ["PATH"],
        "STRIPE_API_KEY": credentials(world)["stripe_test_key"],
        "STRIPE_CLI_TELEMETRY_OPTOUT": "1",
        "STRIPE_DEVICE_NAME": "sandbox",
    }

    def run(*arguments: str, plain: bool = False) -> Any:
        command = [str(cli), *arguments, "--api-base", world.urls["stripe"], "--color", "off"]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout if plain else json.loads(done.stdout[done.stdout.index("{") :])

    return run


def test_the_cli_makes_and_reads_a_product(run: Run) -> None:
    made = run("products", "create", "--name=Pro", "--id=cli", "-d", "metadata[a]=b")
    assert (made["id"], made["metadata"]) == ("cli", {"a": "b"})
    assert run("get", "/v1/products/cli")["name"] == "Pro"
    assert run("products", "update", "cli", "--description=Better")["description"] == "Better"
    assert run("products", "list", "--limit=1")["object"] == "list"


def test_the_cli_makes_a_recurring_price(run: Run) -> None:
    product = run("products", "create", "--name=Plan")["id"]
    price = run(
        "prices",
        "create",
        f"--product={product}",
        "--currency=usd",
        "--unit-amount=9900",
        "--recurring.interval=month",
        "--lookup-key=cli",
    )
    assert (price["recurring"]["interval"], price["unit_amount"]) == ("month", 9900)
    assert run("get", "/v1/prices", "-d", "lookup_keys[]=cli")["data"][0]["id"] == price["id"]


def test_the_cli_makes_an_endpoint_and_sees_its_secret_once(run: Run) -> None:
    made = run(
        "webhook_endpoints",
        "create",
        "--url=https://example.com/hook",
        "-d",
        "enabled_events[]=checkout.session.completed",
    )
    assert made["secret"].startswith("whsec_")
    assert "secret" not in run("webhook_endpoints", "retrieve", made["id"])
    assert run("webhook_endpoints", "delete", made["id"], "--confirm")["deleted"] is True


def test_the_cli_triggers_its_own_fixture_of_a_subscription(run: Run) -> None:
    assert "Trigger succeeded" in run("trigger", "customer.subscription.created", plain=True)
    [event] = run("events", "list", "--type=customer.subscription.created")["data"]
    assert event["data"]["object"]["status"] == "active"


def test_the_cli_shows_the_refusal(run: Run) -> None:
    assert "No such product: 'nope'" in json.dumps(run("products", "retrieve", "nope"))
