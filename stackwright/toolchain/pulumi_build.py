"""Builds the Pulumi CLI and its Python language host from Go modules.

For machines that reach a Go module proxy and nothing else. The modules and their hashes are those
of `locks/pulumi` and `locks/language_host`. The language host of our version lives in a module
that has no releases; the newest release that still carries it speaks the same protocol.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from stackwright.toolchain import versions
from stackwright.toolchain.cache import LOCKS
from stackwright.toolchain.errors import ToolMissing
from stackwright.toolchain.locate import pulumi_version
from stackwright.toolchain.progress import Progress

_SDK = "github.com/pulumi/pulumi/sdk/v3"
_EXECUTOR = "python/cmd/pulumi-language-python-exec"
_TAGS = ["-tags", "osusergo,grpcnotrace"]
_LINK = f"-w -s -X {_SDK}/go/common/version.Version=v{versions.PULUMI}"
INSTRUCTIONS = "https://www.pulumi.com/docs/install/"


@dataclass(frozen=True)
class Program:
    """One binary: the lock that pins its modules, its package, and its name."""

    lock: str
    package: str
    name: str


PROGRAMS = (
    Program("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", "pulumi"),
    Program(
        "language_host",
        f"{_SDK}/python/cmd/pulumi-language-python",
        "pulumi-language-python",
    ),
)


def build(target: Path, progress: Progress) -> None:
    """Puts CLI, language host and executor into `target`. Raises ToolMissing.

    Takes 4 minutes on 2 cores and 3.5 GB beside `target`, which are given back.
    """
    go = _go()
    with tempfile.TemporaryDirectory(dir=target.parent) as room:
        environment = os.environ | {
            "CGO_ENABLED": "0",
            "GOFLAGS": "-mod=readonly -modcacherw",
            "GOMODCACHE": f"{room}/modules",
            "GOCACHE": f"{room}/objects",
            "GOWORK": "off",
        }
        for program in PROGRAMS:
            _Compilation(go, program, environment, progress).run(target / program.name)
        _copy_executor(go, environment, target)


def _go() -> str:
    """The Go command. Raises ToolMissing if there is none, or one that is too old."""
    go = shutil.which("go")
    found = pulumi_version(Path(go)) if go else ()
    if go and found >= versions.LEAST_GO:
        return go
    least = ".".join(str(part) for part in versions.LEAST_GO)
    has = f"Go here is {'.'.join(map(str, found))}" if go else "there is no Go here"
    raise ToolMissing(
        f"The Pulumi CLI {versions.PULUMI} is missing, it cannot be downloaded from this machine, "
        f"and {has} to build it ({least} or newer is needed): "
        f"install Pulumi ({INSTRUCTIONS}) or Go."
    )


@dataclass(frozen=True)
class _Compilation:
    """`go build` of one program, with a count of the packages that are compiled."""

    go: str
    program: Program
    environment: dict[str, str]
    progress: Progress

    def run(self, target: Path) -> None:
        total = self._fetch()
        argv = ["build", "-v", "-trimpath", *_TAGS, "-ldflags", _LINK, "-o", str(target)]
        for number, _ in enumerate(self._lines([*argv, self.program.package]), 1):
            self.progress.count(f"compiling {self.program.name}, {number} of {total} packages")

    def _fetch(self) -> int:
        """Downloads the modules; the number of packages that the program is made of."""
        with tempfile.TemporaryFile("w+") as packages:
            argv = ["list", "-deps", *_TAGS, self.program.package]
            for number, _ in enumerate(self._lines(argv, stdout=packages.fileno()), 1):
                self.progress.count(f"downloading modules of {self.program.name}, {number} so far")
            packages.seek(0)
            return sum(1 for _ in packages)

    def _lines(self, argv: list[str], stdout: int = subprocess.DEVNULL) -> Iterator[str]:
        """What the Go command says on stderr, line by line. Raises ToolMissing if it fails."""
        said: list[str] = []
        with subprocess.Popen(
            [self.go, *argv],
            cwd=LOCKS / self.program.lock,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            for line in process.stderr or ():
                said.append(line.strip())
                yield line
        if process.returncode:
            raise ToolMissing(
                f"The Pulumi CLI could not be built ({self.program.name}: {' '.join(said[-3:])}): "
                f"install it by hand ({INSTRUCTIONS}) and run again."
            )


def _copy_executor(go: str, environment: dict[str, str], target: Path) -> None:
    """The script that starts a program, from the SDK of the CLI's own version."""
    said = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", _SDK],
        cwd=LOCKS / "pulumi",
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    made = target / Path(_EXECUTOR).name
    shutil.copyfile(Path(said.stdout.strip()) / _EXECUTOR, made)
    made.chmod(0o755)
