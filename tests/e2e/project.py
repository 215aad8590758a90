"""A copy of the root project with a sandbox of its own, driven as a person drives it.

Everything goes through `stackwright` and `pulumi`, as separate processes. `keep` and `go_back`
save and restore the whole world (vendors, databases, Pulumi's state, files), so that a suite
converges once and each test starts from there.
"""

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

ROOT = Path(__file__).parents[2]
FILES = (
    ".gitignore",
    "Pulumi.yaml",
    "Pulumi.dev.yaml",
    "Pulumi.prod.yaml",
    "__main__.py",
    "settings.py",
    "components",
    "functions",
    "scenarios",
    "sql",
    "stacks",
    "plugin",
)
REF = "voipacceleratordevaa"
STACK = "dev"
PROJECT = "voip-accelerator"
VERSIONS = sorted(
    path.name[:14]
    for path in (ROOT / "sql/migrations").glob("*.sql")
    if "-- stackwright: not-before" not in path.read_text()
)
"""The migrations that a first `up` applies: the others wait."""
Json = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err

    @property
    def nothing_changed(self) -> bool:
        """Whether Pulumi's summary counts only resources that stayed as they are."""
        lines = self.out.partition("Resources:\n")[2].partition("\n\n")[0].splitlines()
        return len(lines) == 1 and lines[0].endswith(" unchanged")


class Project:
    """The project in `folder`, and its sandbox."""

    def __init__(
        self, folder: Path, *, bare: bool = False, stack: str = STACK, ref: str = REF
    ) -> None:
        self.folder, self.stack, self.ref = folder, stack, ref
        self.environment: dict[str, str] = {"PYTHONDONTWRITEBYTECODE": "1"}
        if not bare:
            _copy_sources(folder)
        (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
        self._commit()

    # -- commands --------------------------------------------------------------------------

    def stackwright(self, *argv: str) -> Said:
        """`stackwright ARGV` in the project's folder."""
        return self._ended(self._popen(argv, {}))

    def run(self, *argv: str, **environment: str) -> Said:
        """ARGV inside `stackwright sandbox run`; `environment` on top of the sandbox's own."""
        return self._ended(self.popen(*argv, **environment))

    def stackwright_on_stack(self, *argv: str, **environment: str) -> Said:
        """`stackwright ARGV --stack` inside the sandbox."""
        return self.run("stackwright", *argv, "--stack", self.stack, **environment)

    def popen(self, *argv: str, **environment: str) -> "subprocess.Popen[str]":
        """As `run`, but not waited for. Its pid is that of ARGV itself."""
        words = [f"{name}={value}" for name, value in environment.items()]
        inside = ["env", *words, *argv] if words else argv
        return self._popen(["sandbox", "run", "--", *inside], {})

    def up(self, *flags: str, **environment: str) -> Said:
        """`pulumi up`, which must succeed."""
        return self._fine(self.try_up(*flags, **environment))

    def try_up(self, *flags: str, **environment: str) -> Said:
        """`pulumi up`, however it ends."""
        return self.pulumi("up", "--yes", "--skip-preview", *flags, **environment)

    def preview(self, *flags: str, **environment: str) -> Said:
        """`pulumi preview`, which must succeed."""
        return self._fine(self.pulumi("preview", *flags, **environment))

    def destroy(self) -> Said:
        """`pulumi destroy`, which must succeed."""
        return self._fine(self.pulumi("destroy", "--yes", "--skip-preview"))

    def pulumi(self, *argv: str, **environment: str) -> Said:
        """A command of Pulumi on the stack, however it ends."""
        return self.run("pulumi", *argv, "--stack", self.stack, "--non-interactive", **environment)

    def planned(self, *flags: str) -> dict[str, str]:
        """What a preview would do: name to operation, without what stays the same."""
        steps = json.loads(self.preview("--json", *flags).out)["steps"]
        named = {step["urn"].rpartition("::")[2]: step["op"] for step in steps}
        return {name: op for name, op in named.items() if op != "same"}

    def outside(self, *argv: str, environment: dict[str, str]) -> Said:
        """ARGV without `sandbox run`, with this environment and nothing else."""
        answer = subprocess.run(
            argv,
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        return Said(answer.returncode, answer.stdout, answer.stderr)

    def _popen(self, argv: Sequence[str], environment: dict[str, str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [str(Path(sys.executable).parent / "stackwright"), *argv],
            cwd=self.folder,
            env={**os.environ, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def _ended(process: "subprocess.Popen[str]") -> Said:
        out, err = process.communicate()
        return Said(process.returncode, out, err)

    @staticmethod
    def _fine(said: Said) -> Said:
        assert said.code == 0, said.text
        return said

    # -- the sandbox -----------------------------------------------------------------------

    def start(self, scenario: str = "default") -> None:
        self._fine(self.stackwright("sandbox", "start", "--scenario", scenario))
        self.find()

    def find(self) -> None:
        """Where the running sandbox has things."""
        status = self.status()
        self.page, self.dsn = status["page"], status["databases"][self.ref]
        self.gateway = status["functions"][self.ref].removesuffix("/functions/v1")

    def on(self, stack: str, ref: str) -> "Project":
        """The same project and sandbox, on another stack."""
        other = copy.copy(self)
        other.stack, other.ref = stack, ref
        self._fine(self.run("pulumi", "stack", "select", "--create", stack))
        other.find()
        return other

    def stop(self) -> None:
        self._fine(self.stackwright("sandbox", "stop"))

    def status(self) -> Json:
        """`stackwright sandbox status --json`."""
        found: Json = json.loads(self.stackwright("sandbox", "status", "--json").out)
        return found

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """The sandbox's control API."""
        url = f"{self.page}/_sandbox/{path}"
        response = httpx.request(method, url, json=body, timeout=60, trust_env=False)
        response.raise_for_status()
        return response.json() if response.content else None

    def mark(self) -> str:
        """A point in the journal."""
        mark: str = self.ask("GET", "journal/mark")["mark"]
        return mark

    def requests(self, since: str) -> list[Json]:
        """What the vendors were asked since a mark, without calls of the product itself."""
        entries: list[Json] = self.ask("GET", f"journal?since={since}")
        return [entry for entry in entries if entry["vendor"] != "gateway"]

    def writes(self, since: str) -> list[str]:
        """What changed something at a vendor since a mark: `POST /v1/prices`."""
        return [f"{e['method']} {e['path']}" for e in self.requests(since) if e["write"]]

    def fault(self, kind: str, **rule: Any) -> None:
        """Make requests to a vendor fail from now on."""
        self.ask("POST", "faults", {"kind": kind, **rule})

    def variables(self, *names: str) -> tuple[str, ...]:
        """Values of the environment inside `stackwright sandbox run`."""
        said = self._fine(self.run("env")).out.splitlines()
        found = dict(line.split("=", 1) for line in said if "=" in line)
        return tuple(found[name] for name in names)

    # -- what is there ---------------------------------------------------------------------

    def database(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows of a statement in the project's database."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    def state(self) -> list[Json]:
        """The resources in Pulumi's state; secrets are ciphertext."""
        latest = self.checkpoint()
        found: list[Json] = latest.get("resources") or []
        return found

    def checkpoint(self) -> Json:
        """The state file's content."""
        stacks = self.folder / ".stackwright/pulumi/state/.pulumi/stacks"
        path = stacks / PROJECT / f"{self.stack}.json"
        content: Json = json.loads(path.read_text())["checkpoint"]["latest"] or {}
        return content

    def resource(self, name: str) -> Json:
        """One entry of the state, by its logical name."""
        found = [r for r in self.state() if r["urn"].endswith(f"::{name}") and r["custom"]]
        assert len(found) == 1, [r["urn"] for r in self.state()]
        return found[0]

    def webhook_secret(self) -> str:
        """The signing secret of the endpoint in Pulumi's state."""
        exported = json.loads(self.pulumi("stack", "export", "--show-secrets").out)
        found = exported["deployment"]["resources"]
        outputs = next(r["outputs"] for r in found if "WebhookEndpoint" in r["type"])
        secret = outputs["secret"]
        return str(json.loads(secret["plaintext"]) if isinstance(secret, dict) else secret)

    def vendor(self, url: str, key: str) -> Callable[..., Any]:
        """A client of one stand-in: call it with method, path and what httpx takes."""

        def call(method: str, path: str, **arguments: Any) -> Any:
            response = httpx.request(
                method,
                f"{url}{path}",
                headers={"Authorization": f"Bearer {key}"},
                trust_env=False,
                **arguments,
            )
            response.raise_for_status()
            return response.json() if response.content else None

        return call

    def render(self) -> Callable[..., Any]:
        return self.vendor(*self.variables("RENDER_HOST", "RENDER_API_KEY"))

    def stripe(self) -> Callable[..., Any]:
        return self.vendor(*self.variables("STRIPE_API_BASE", "STRIPE_API_KEY_TEST"))

    def supabase(self) -> Callable[..., Any]:
        return self.vendor(*self.variables("SUPABASE_API_ENDPOINT", "SUPABASE_ACCESS_TOKEN"))

    def anon_key(self) -> str:
        """The project's public key, as the web app has it."""
        keys = self.supabase()("GET", f"/v1/projects/{self.ref}/api-keys?reveal=true")
        found: str = next(key["api_key"] for key in keys if key["name"] == "anon")
        return found

    def call(self, slug: str, body: Json | None = None, **headers: str) -> httpx.Response:
        """POST to an edge function through the gateway, with the public key."""
        return httpx.post(
            f"{self.gateway}/functions/v1/{slug}",
            json=body or {},
            headers={"Authorization": f"Bearer {self.anon_key()}", **headers},
            trust_env=False,
            timeout=30,
        )

    def processes(self) -> list[str]:
        """Command lines of running processes that belong to this folder."""
        return [line for _, line in running() if str(self.folder) in line]

    # -- files -----------------------------------------------------------------------------

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a piece of text, which must be there."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new))

    def write(self, file: str, text: str) -> None:
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def migration(self, name: str, text: str) -> None:
        """Add a migration at the end of the order."""
        folder = self.folder / "sql/migrations"
        (folder / name).write_text(text)
        if (folder / "ORDER").is_file():
            with (folder / "ORDER").open("a") as order:
                order.write(f"{name}\n")

    def git(self, *argv: str) -> str:
        identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
        command = ["git", *identity, *argv]
        answer = subprocess.run(
            command, cwd=self.folder, check=True, capture_output=True, text=True
        )
        return answer.stdout

    def _commit(self) -> None:
        self.git("init", "--quiet", "--initial-branch=main")
        (self.folder / ".git/info/exclude").write_text(".venv\n")  # .gitignore means a folder
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message=As it is")

    # -- going back ------------------------------------------------------------------------

    def keep(self, name: str) -> None:
        """Remember everything as it is now."""
        self.ask("POST", f"snapshots/{name}")
        _replace_folder(self._state, self._kept(name))
        self._point = (name, self.mark(), self.checkpoint())

    def go_back(self, name: str) -> None:
        """Everything as it was at `keep(name)`; nothing is done when nothing has changed."""
        self.tidy()
        if self._is_at(name):
            return
        self.ask("POST", f"snapshots/{name}/restore")
        _replace_folder(self._kept(name), self._state)
        self._point = (name, self.mark(), self.checkpoint())

    def tidy(self) -> None:
        """Files as they were, no faults, no leftover lock."""
        self.git("checkout", "--quiet", "--", ".")
        self.git("clean", "--quiet", "--force", "-d")
        self.ask("DELETE", "faults")
        shutil.rmtree(self._state / ".pulumi/locks", ignore_errors=True)

    def spoil(self) -> None:
        """Say that something changed which neither vendors nor Pulumi know of."""
        self._point = ("", "0", {})

    def _is_at(self, name: str) -> bool:
        known, mark, checkpoint = self._point
        return known == name and not self.writes(mark) and self.checkpoint() == checkpoint

    @property
    def _state(self) -> Path:
        return self.folder / ".stackwright/pulumi/state"

    def _kept(self, name: str) -> Path:
        return self.folder / ".stackwright/kept" / name


def _copy_sources(folder: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules")
    for name in FILES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy2(source, folder / name)


def _replace_folder(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)


def running() -> Iterable[tuple[int, str]]:
    """Process ids and command lines of everything that runs and is no zombie."""
    command = ["ps", "-A", "-ww", "-o", "pid=,stat=,args="]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    for line in answer.stdout.splitlines():
        pid, status, arguments = line.split(None, 2)
        if not status.startswith("Z"):
            yield int(pid), arguments
