"""The one process behind the sandbox: five loopback servers over one world.

`python -m stackwright.sandbox.daemon ROOT` is what `stackwright sandbox start` runs in the
background; it ends at SIGTERM or SIGINT and takes every process that it started with it.
"""

import asyncio
import fcntl
import importlib
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from starlette.types import ASGIApp

from stackwright.files import replace_text
from stackwright.sandbox import control, scenario, seed
from stackwright.sandbox.app import vendor_app
from stackwright.sandbox.processes import start_time
from stackwright.sandbox.servers import PortTakenError, Server
from stackwright.sandbox.status import status
from stackwright.sandbox.world import open_world

log = logging.getLogger("stackwright.sandbox")

VENDORS = {
    "render": "stackwright.sandbox.render.routes",
    "supabase": "stackwright.sandbox.supabase.routes",
    "gateway": "stackwright.sandbox.supabase.gateway",
    "stripe": "stackwright.sandbox.stripe.routes",
}
NAMES = ("page", *VENDORS)
_KEPT_AT_RESET = ("sandbox.credentials", "sandbox.clock")


class Sandbox:
    """A running sandbox: its world and its servers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.world = open_world(root)
        self._busy = asyncio.Lock()
        ports = self.world.processes.ports
        self._page = Server("page", ports.port("page"), lambda: control.app(self))
        self._vendors = [
            Server(name, ports.port(name), self._builder(name, module))
            for name, module in VENDORS.items()
        ]
        self._wire()

    def _wire(self) -> None:
        servers = [self._page, *self._vendors]
        self.world.urls = {server.name: f"http://127.0.0.1:{server.port}" for server in servers}

    def _builder(self, name: str, module: str) -> Callable[[], ASGIApp]:
        def build() -> ASGIApp:
            app = importlib.import_module(module).app(self.world)
            return vendor_app(self.world, name, app)

        return build

    async def start(self, scenario_name: str = "default") -> None:
        """Serve; a new sandbox is filled from the scenario first."""
        for vendor in ("render", "supabase", "stripe"):
            self.world.credentials(vendor)  # made now, because `sandbox run` only reads them
        for child in await self.world.processes.sweep():
            log.info("ended %s, which an earlier sandbox had left behind", child.name)
        await self._start_vendors(scenario_name)
        await self._page.start()

    async def stop(self) -> None:
        """Stop serving and end every process."""
        await self._page.stop()
        await self._stop_vendors()
        for server in (self._page, *self._vendors):
            server.close()
        self.world.close()

    def status(self) -> dict[str, Any]:
        """What `stackwright sandbox status --json` prints."""
        return status(self.world)

    async def reset(self, scenario_name: str, *, keep_identity: bool = False) -> None:
        """Empty the sandbox and fill it from a scenario. Credentials and the journal stay."""
        scenario.load(scenario_name)
        async with self._busy:
            await self._stop_vendors()
            self._wipe(keep_identity=keep_identity)
            await self._start_vendors(scenario_name)

    async def snapshot(self, name: str) -> None:
        """Keep a copy of everything under a name."""
        async with self._busy:
            await self._stop_vendors()
            target = _snapshot_folder(self.root, name)
            await asyncio.to_thread(_copy_state, self.root, target)
            (target / "store.json").write_text(self.world.store.snapshot())
            (target / "ports.json").write_text(json.dumps(self._child_ports()))
            await self._start_vendors()

    async def restore(self, name: str) -> None:
        """Go back to a copy. Raises FileNotFoundError when there is none of that name."""
        source = _snapshot_folder(self.root, name)
        state = (source / "store.json").read_text()
        async with self._busy:
            await self._stop_vendors()
            _remove(_state_paths(self.root))
            await asyncio.to_thread(_copy_state, source, self.root)
            self.world.store.restore(state)
            self.world.processes.ports.adopt(json.loads((source / "ports.json").read_text()))
            await self._start_vendors()

    async def _start_vendors(self, scenario_name: str = "default") -> None:
        new = scenario.is_new(self.world)
        if new:
            await seed.before_start(self.world, scenario.load(scenario_name))
        for server in self._vendors:
            await server.start()
        if new:
            await seed.after_start(self.world, scenario.load(scenario_name))

    async def _stop_vendors(self) -> None:
        for server in self._vendors:
            await server.stop()
        await self.world.processes.stop_all()

    def _child_ports(self) -> dict[str, int]:
        """The ports in addresses that the vendors gave out; the sandbox's own never change."""
        known = self.world.processes.ports.all()
        return {name: port for name, port in known.items() if name not in NAMES}

    def _wipe(self, *, keep_identity: bool) -> None:
        store, kept = self.world.store, list(_KEPT_AT_RESET)
        if keep_identity:
            kept.append("sandbox.identity")
        with store.transaction():
            for kind in store.kinds():
                if kind not in kept:
                    store.clear(kind)
        urls = self.world.urls
        self.world.close()
        _remove(_state_paths(self.root))
        for name in self.world.processes.ports.all():
            if name not in NAMES:
                self.world.processes.ports.release(name)
        self.world = open_world(self.root)
        self.world.urls = urls


_OWN_FILES = {"run", "logs", "snapshots", "ports.json", "ports.draft"}
_OWN_BEGINNINGS = ("store.sqlite", "journal.sqlite", "daemon")


def _state_paths(folder: Path) -> list[Path]:
    """What the vendors keep on disk beside the store: databases, clones, function files."""
    return [
        path
        for path in folder.iterdir()
        if path.name not in _OWN_FILES | {"store.json"}
        and not path.name.startswith(_OWN_BEGINNINGS)
    ]


def _remove(paths: list[Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def _copy_state(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in _state_paths(source):
        if path.is_dir():
            shutil.copytree(path, target / path.name, symlinks=True)
        else:
            shutil.copy2(path, target / path.name)


def _snapshot_folder(root: Path, name: str) -> Path:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ValueError("the name of a snapshot has letters, digits, - and _ only")
    return root / "snapshots" / name


def _lock(root: Path) -> TextIO:
    """Make sure that no other daemon serves this folder. Held until the process ends."""
    handle = (root / "daemon.lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"Another sandbox already serves {root}.") from None
    return handle


async def _serve(root: Path, scenario_name: str) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sandbox = Sandbox(root)
    try:
        await sandbox.start(scenario_name)
        log.info("the sandbox answers at %s", sandbox.world.urls["page"])
        await stop.wait()
    finally:
        log.info("the sandbox ends")
        await sandbox.stop()


def main(root: Path, scenario_name: str) -> None:
    """Serve the sandbox in `root` until a signal ends it."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for name in ("httpx", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    root.mkdir(parents=True, exist_ok=True)
    handle = _lock(root)
    pid_file = root / "daemon.json"
    ours = {"pid": os.getpid(), "started": start_time(os.getpid())}
    replace_text(pid_file, json.dumps(ours))
    try:
        asyncio.run(_serve(root, scenario_name))
    except (PortTakenError, scenario.UnknownScenarioError) as error:
        raise SystemExit(str(error)) from None
    finally:
        pid_file.unlink(missing_ok=True)
        handle.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "default")
