"""What builds and processes say, one line a record, as `GET /logs` gives it."""

import json
from pathlib import Path
from typing import Any

from stackwright.sandbox.render import times
from stackwright.sandbox.world import World


class Logs:
    """Log lines of services in one file each."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._folder = world.root / "render" / "logs"
        self._read_to: dict[Path, int] = {}

    def add(self, service_id: str, kind: str, message: str, **labels: str) -> None:
        """Add a line of kind "build" or "app"."""
        self._folder.mkdir(parents=True, exist_ok=True)
        record = {
            "id": self._world.ids.hex(16),
            "message": message,
            "timestamp": times.now(self._world.clock),
            "labels": {"resource": service_id, "type": kind, **labels},
        }
        with self._file(service_id).open("a") as file:
            file.write(json.dumps(record) + "\n")

    def collect(self, service_id: str, kind: str, path: Path, **labels: str) -> None:
        """Add what a process has written to its own log file since the last call."""
        if not path.exists():
            return
        start = self._read_to.get(path, 0)
        with path.open("rb") as file:
            file.seek(start)
            new = file.read()
        whole, newline, _rest = new.rpartition(b"\n")
        self._read_to[path] = start + len(whole) + len(newline)
        for line in whole.decode(errors="replace").splitlines():
            self.add(service_id, kind, line, **labels)

    def all(self, service_id: str) -> list[dict[str, Any]]:
        """Every line, oldest first; `labels` as a map."""
        path = self._file(service_id)
        if not path.exists():
            return []
        return [json.loads(line) for line in path.read_text().splitlines()]

    def forget(self, service_id: str) -> None:
        """Remove a service's lines."""
        self._file(service_id).unlink(missing_ok=True)

    def _file(self, service_id: str) -> Path:
        return self._folder / f"{service_id}.jsonl"


def as_vendor(record: dict[str, Any]) -> dict[str, Any]:
    """A line in Render's form: labels are a list of name and value, and none names a deploy."""
    labels = [
        {"name": name, "value": value}
        for name, value in record["labels"].items()
        if name != "deploy"
    ]
    return {**record, "labels": labels}
