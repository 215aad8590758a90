"""The one object that holds everything of a sandbox. No globals: tests build one in memory."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stackwright.sandbox.clock import Clock, ManualClock, SystemClock
from stackwright.sandbox.faults import Faults
from stackwright.sandbox.ids import DIGITS, Ids
from stackwright.sandbox.journal import Journal
from stackwright.sandbox.processes import Processes
from stackwright.sandbox.store import Store

_IDENTITY = "sandbox.identity"
_SETTINGS = "sandbox.settings"


@dataclass
class World:
    """A sandbox.

    `root` holds everything on disk. `urls` has the base URLs "page", "render", "supabase",
    "stripe" and "gateway" (without a trailing slash, without a path).
    """

    root: Path
    store: Store
    clock: Clock
    ids: Ids
    journal: Journal
    faults: Faults
    processes: Processes
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def sandbox_id(self) -> str:
        """Ten letters and digits in every vendor account id of this sandbox."""
        identity: str = _identity(self.store)["id"]
        return identity

    def credentials(self, vendor: str) -> dict[str, str]:
        """The made-up secrets of a vendor; see `stackwright.sandbox.credentials`."""
        from stackwright.sandbox.credentials import credentials

        return credentials(self, vendor)

    def setting(self, name: str, default: Any) -> Any:
        """A value that the control API can change, such as `render.limits`."""
        stored = self.store.get(_SETTINGS, name)
        return default if stored is None else stored["value"]

    def set_setting(self, name: str, value: Any) -> None:
        """Change a setting; None goes back to the default."""
        if value is None:
            self.store.delete(_SETTINGS, name)
        else:
            self.store.put(_SETTINGS, name, {"value": value})

    def close(self) -> None:
        """Close the files."""
        self.store.close()
        self.journal.close()


def open_world(root: Path) -> World:
    """The sandbox kept under `root`, made if there is none."""
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    store = Store(root / "store.sqlite")
    clock_state = store.get("sandbox.clock", "offset") or {"seconds": 0.0}

    def moved(offset: float) -> None:
        store.put("sandbox.clock", "offset", {"seconds": offset})

    clock = SystemClock(clock_state["seconds"], moved=moved)
    return _world(root, store, clock, Journal(clock, root / "journal.sqlite"))


def memory_world(root: Path, clock: Clock | None = None, *, seed: str = "tests") -> World:
    """A sandbox for tests: state in memory, time by hand; only real processes use `root`."""
    store = Store()
    store.put(_IDENTITY, "this", {"id": "testsandbx", "seed": seed})
    clock = clock or ManualClock()
    return _world(root, store, clock, Journal(clock))


def _world(root: Path, store: Store, clock: Clock, journal: Journal) -> World:
    ids = Ids(store, _identity(store)["seed"])
    return World(root, store, clock, ids, journal, Faults(store), Processes(root))


def _identity(store: Store) -> dict[str, Any]:
    """Who this sandbox is; the one place where real randomness comes in."""
    identity = store.get(_IDENTITY, "this")
    if identity is None:
        letters = "abcdefghijkmnpqrstuvwxyz" + DIGITS
        name = "".join(secrets.choice(letters) for _ in range(10))
        identity = {"id": name, "seed": secrets.token_hex(16)}
        store.put(_IDENTITY, "this", identity)
    return identity
