"""A stack as Pulumi keeps it: its resources by type, its pending operations, its lock.

Operating commands find things by resource type in the state, never through stack outputs: those
are empty while the first `up` still runs.
"""

import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from stackwright.errors import StackwrightError, UserInput

Json = dict[str, Any]


class PulumiFailed(StackwrightError):
    """The Pulumi CLI refused; its own words follow."""


@dataclass(frozen=True)
class Resource:
    """One entry of the state. Secret values are ciphertext here."""

    urn: str
    type: str
    id: str
    inputs: Json
    outputs: Json

    @property
    def name(self) -> str:
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Lock:
    """Who holds a stack of a `file://` backend."""

    path: Path
    pid: int
    user: str
    host: str
    since: str

    @property
    def is_here(self) -> bool:
        return self.host == socket.gethostname()

    @property
    def owner_lives(self) -> bool:
        """Whether the process is a running Pulumi; a recycled pid is something else."""
        command = ["ps", "-o", "comm=", "-p", str(self.pid)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        return "pulumi" in answer.stdout


@dataclass(frozen=True)
class Stack:
    """One stack of the project in `folder`, through the CLI on PATH."""

    name: str
    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def export(self, *, show_secrets: bool = False) -> Json:
        """The deployment as `pulumi stack export` prints it."""
        flags = ["--show-secrets"] if show_secrets else []
        deployment: Json = json.loads(self.pulumi("stack", "export", *flags))
        return deployment

    def resources(self, *, show_secrets: bool = False) -> list[Resource]:
        """The resources; secrets are ciphertext, or `{..., plaintext: JSON}` when shown."""
        exported = self.export(show_secrets=show_secrets)
        found = exported.get("deployment", {}).get("resources") or []
        return [_resource(item) for item in found if not item.get("delete")]

    def config(self) -> dict[str, str]:
        """Key with namespace to value, secrets in clear, as `PULUMI_CONFIG` has them."""
        shown: Json = json.loads(self.pulumi("config", "--json", "--show-secrets"))
        return {key: one["value"] for key, one in shown.items()}

    def restore(self, deployment: Json) -> None:
        """Put an edited export back."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(deployment, file)
            file.flush()
            self.pulumi("stack", "import", "--file", file.name)

    def cancel(self) -> None:
        """Remove every lock of the stack."""
        self.pulumi("cancel", "--yes", stack_flag=False)

    def locks(self) -> list[Lock]:
        """The locks of a `file://` backend; raises `UserInput` for another one."""
        folder = self._backend() / "locks" / "organization" / self.project() / self.name
        return [_lock(path) for path in sorted(folder.glob("*.json"))]

    def mend(self) -> list[str]:
        """Remove what a killed write left beside the state and the locks; answers file names.

        Pulumi replaces a file of a `file://` backend at once, but writes the attributes beside
        it (`.attrs`) in place. Cut off, they make the file unreadable ("failed to load
        checkpoint: EOF"); absent, they are not missed. Only for a stack without a living run.
        """
        project = self.project()
        places = [
            *(self._backend() / "stacks" / project).glob(f"{self.name}.json*"),
            *(self._backend() / "locks" / "organization" / project / self.name).glob("*"),
        ]
        broken = [path for path in places if _is_cut_off(path)]
        for path in broken:
            path.unlink()
        return [path.name for path in broken]

    def project(self) -> str:
        """The name in Pulumi.yaml."""
        import yaml

        path = self.folder / "Pulumi.yaml"
        if not path.is_file():
            raise UserInput(f"there is no Pulumi.yaml in {self.folder.name}; run it in a project")
        return str(yaml.safe_load(path.read_text())["name"])

    def _backend(self) -> Path:
        url = self.environment.get("PULUMI_BACKEND_URL", "")
        if not url.startswith("file://"):
            raise UserInput(
                "only the lock of a file:// backend can be looked at. Make sure that no run is "
                "under way and use `pulumi cancel`."
            )
        path = urlsplit(url).netloc + unquote(urlsplit(url).path)
        return Path(os.path.expandvars(path)).expanduser() / ".pulumi"

    def pulumi(self, *arguments: str, stack_flag: bool = True) -> str:
        """What the CLI prints; `PulumiFailed` with its last words otherwise."""
        command = ["pulumi", *arguments, *(["--stack", self.name] if stack_flag else [self.name])]
        try:
            answer = subprocess.run(
                [*command, "--non-interactive"],
                cwd=self.folder,
                env=dict(self.environment),
                capture_output=True,
                text=True,
                check=False,
            )
        except FileNotFoundError:
            raise UserInput("pulumi is not on PATH; run `make setup`") from None
        if answer.returncode:
            raise PulumiFailed(f"pulumi {arguments[0]}: {_last_words(answer.stderr)}")
        return answer.stdout


def _is_cut_off(path: Path) -> bool:
    """Whether the file is a draft, or attributes that end before their end."""
    if path.suffix == ".tmp":
        return True
    if path.suffix != ".attrs":
        return False
    try:
        json.loads(path.read_text())
    except ValueError:
        return True
    return False


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ") if lines else "failed without a word"


def _resource(item: Json) -> Resource:
    return Resource(
        item["urn"],
        item["type"],
        item.get("id", ""),
        item.get("inputs") or {},
        item.get("outputs") or {},
    )


def _lock(path: Path) -> Lock:
    content = json.loads(path.read_text())
    return Lock(
        path, content["pid"], content["username"], content["hostname"], content["timestamp"]
    )


def of_type(resources: list[Resource], token: str) -> Iterator[Resource]:
    return (resource for resource in resources if resource.type == token)


def selected(folder: Path, name: str | None) -> Stack:
    """The stack that is meant: as named, else `PULUMI_STACK`, else the selected one."""
    named = name or os.environ.get("PULUMI_STACK")
    if named:
        return Stack(named, folder)
    shown = subprocess.run(
        ["pulumi", "stack", "--show-name", "--non-interactive"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode:
        raise UserInput("no stack is selected; name one with --stack")
    return Stack(shown.stdout.strip(), folder)
