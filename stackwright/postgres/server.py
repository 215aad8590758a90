"""One embedded PostgreSQL cluster: made from a cached template, started, asked, stopped.

The sandbox runs one cluster a Supabase project (roles are cluster-wide and the database is called
`postgres` at the vendor, so projects cannot share one); the shadow of the migrations runs one for
itself. A cluster listens on loopback only, with password authentication, and trades durability for
speed: never keep anything in it that cannot be made again.

All methods block. Asynchronous callers wrap them in `asyncio.to_thread`.
"""

import hashlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from stackwright import toolchain
from stackwright.postgres.config import (
    INITDB,
    INTERNAL_ROLES,
    SETTINGS,
    SUPERUSER,
    PostgresError,
    alter_password,
    options,
)
from stackwright.postgres.process import (
    command_line,
    give_away,
    last_complaint,
    send_signal,
    write_private,
)

__all__ = ["SUPERUSER", "Postgres", "PostgresError", "free_port"]

BOOTSTRAP = Path(__file__).with_name("supabase.sql")
START_TIMEOUT = 30.0
STOP_TIMEOUT = 20.0


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Postgres:
    """A cluster in `data_dir`, answering on `port` of 127.0.0.1.

    `password` is that of the role `postgres`, the one which users know. The superuser
    `supabase_admin` and the other service roles share a secret of the cluster's own, kept in the
    data directory. `bin_dir` holds `initdb` and `postgres`; `templates` caches fresh clusters.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int,
        *,
        password: str,
        bin_dir: Path | None = None,
        templates: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.password = password
        self.bin_dir = bin_dir or toolchain.postgres_bin()
        self.templates = templates or toolchain.cache_dir() / "postgres-templates"
        self.log_file = data_dir.with_name(f"{data_dir.name}.log")
        self._sleep = sleep
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # Making

    def create(self) -> None:
        """Make the cluster in the shape of a new Supabase project; an existing one stays."""
        if self.exists():
            return
        template = self._template()
        unfinished = self.data_dir.with_name(f"{self.data_dir.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        # A thousand files: their times and modes would cost more than their content.
        shutil.copytree(template, unfinished, copy_function=shutil.copyfile)
        unfinished.chmod(0o700)
        write_private(unfinished / "stackwright.secret", secrets.token_hex(24))
        give_away(unfinished)
        shutil.rmtree(self.data_dir, ignore_errors=True)
        unfinished.rename(self.data_dir)
        self._set_passwords()

    def exists(self) -> bool:
        """Say whether the data directory holds a finished cluster."""
        return (self.data_dir / "stackwright.ready").exists()

    def remove(self) -> None:
        """Stop the server and delete all its data."""
        self.stop()
        shutil.rmtree(self.data_dir, ignore_errors=True)
        self.log_file.unlink(missing_ok=True)

    def _template(self) -> Path:
        """Return an initialised, bootstrapped, stopped cluster, made once per version and shape."""
        target = self.templates / self._template_key()
        if target.exists():
            return target
        self.templates.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.templates) as folder:
            built = Path(folder) / "data"
            _build_template(built, self.bin_dir, self._sleep)
            # Somebody may have been quicker: then theirs is as good.
            if not target.exists():
                built.rename(target)
        return target

    def _template_key(self) -> str:
        version = self.version()
        parts = [version, *INITDB, *sorted(SETTINGS), BOOTSTRAP.read_text()]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]
        return f"{version}-{digest}"

    def version(self) -> str:
        """Return the server's version, such as `17.10`."""
        return _version(self.bin_dir)

    @property
    def major(self) -> int:
        """The server's major version, such as 17."""
        return int(self.version().split(".")[0])

    def _set_passwords(self) -> None:
        """Set every password in single-user mode: no password is ever known before it."""
        own = self._own_secret()
        roles = [(role, own) for role in INTERNAL_ROLES] + [("postgres", self.password)]
        script = "".join(alter_password(role, word) for role, word in roles)
        argv = [str(self.bin_dir / "postgres"), "--single", "-D", str(self.data_dir)]
        answer = subprocess.run(
            toolchain.unprivileged([*argv, *options(SETTINGS), "postgres"]),
            input=script,
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0 or "ERROR:" in answer.stderr:
            raise PostgresError(f"The new cluster {self.data_dir} took no passwords.")
        (self.data_dir / "stackwright.ready").touch()

    # Running

    def argv(self) -> list[str]:
        """Return the command that runs the server in the foreground, without secrets."""
        settings = options({**SETTINGS, "port": str(self.port)})
        argv = [str(self.bin_dir / "postgres"), "-D", str(self.data_dir), *settings]
        return toolchain.unprivileged(argv)

    def start(self) -> None:
        """Make the cluster if need be, start its server and wait until it answers."""
        self.create()
        if self.pid() is not None and self.answers():
            return
        self.clear_stale_pid()
        with self.log_file.open("ab") as log:
            self._server = subprocess.Popen(
                self.argv(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_ready()

    def clear_stale_pid(self) -> None:
        """Stop a server that was left behind and remove the pid file of one that was killed."""
        self.stop()
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def wait_ready(self, alive: Callable[[], bool] | None = None) -> None:
        """Wait until the server answers; `alive` says whether waiting still makes sense."""
        alive = alive or self._started_lives
        for _ in range(int(START_TIMEOUT / 0.05)):
            if self.answers():
                return
            if not alive():
                break
            self._sleep(0.05)
        raise PostgresError(
            f"PostgreSQL on port {self.port} did not start. Its last words in {self.log_file}: "
            f"{last_complaint(self.log_file)}"
        )

    def _started_lives(self) -> bool:
        return self._server is None or self._server.poll() is None

    def answers(self) -> bool:
        """Say whether the server lets the superuser in."""
        try:
            with psycopg.connect(self.admin_dsn(), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self) -> None:
        """Stop the server (fast shutdown: sessions are ended) and wait for it to be gone."""
        pid = self.pid()
        if pid is None:
            return
        # SIGTERM would wait for the idle connections of functions for ever.
        send_signal(pid, signal.SIGINT)
        for _ in range(int(STOP_TIMEOUT / 0.02)):
            if not self._alive(pid):
                break
            self._sleep(0.02)
        else:
            send_signal(pid, signal.SIGKILL)
        if self._server is not None:
            self._server.wait()
            self._server = None

    def pid(self) -> int | None:
        """Return the process id of the running server, or none.

        A file left by a killed server may name a process that is somebody else's by now, so the
        process must carry the data directory in its command line.
        """
        try:
            first = (self.data_dir / "postmaster.pid").read_text().split("\n", 1)[0]
            pid = int(first)
        except (OSError, ValueError):
            return None
        return pid if str(self.data_dir) in command_line(pid) else None

    def _alive(self, pid: int) -> bool:
        if self._server is not None and self._server.pid == pid:
            return self._server.poll() is None
        return str(self.data_dir) in command_line(pid)

    # Asking

    def dsn(
        self, user: str = "postgres", database: str = "postgres", password: str | None = None
    ) -> str:
        """Return a connection URL for a role; its password is filled in where it is known."""
        known = self._own_secret() if user in INTERNAL_ROLES else self.password
        word = quote(password if password is not None else known, safe="")
        return f"postgresql://{user}:{word}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def admin_dsn(self, database: str = "postgres") -> str:
        """Return the connection URL of the superuser."""
        return self.dsn(SUPERUSER, database)

    def create_database(self, name: str, *, template: str = "template1") -> None:
        """Make a database owned by `postgres`; `template="postgres"` copies the project's own.

        The copied database must have no sessions.
        """
        statement = sql.SQL("create database {} template {} owner postgres")
        self._execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        """Drop a database and end its sessions; an absent one is no error."""
        statement = sql.SQL("drop database if exists {} with (force)")
        self._execute(statement.format(sql.Identifier(name)))

    def set_password(self, password: str) -> None:
        """Give the role `postgres` another password."""
        statement = sql.SQL("alter role postgres password {}").format(sql.Literal(password))
        self._execute(statement)
        self.password = password

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.admin_dsn(), autocommit=True) as connection:
            connection.execute(statement)

    def _own_secret(self) -> str:
        try:
            return (self.data_dir / "stackwright.secret").read_text()
        except FileNotFoundError:
            raise PostgresError(
                f"There is no cluster in {self.data_dir}: call create() or start() first."
            ) from None


@cache
def _version(bin_dir: Path) -> str:
    argv = [str(bin_dir / "postgres"), "--version"]
    answer = subprocess.run(argv, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise PostgresError(
            f"PostgreSQL in {bin_dir} does not start: {answer.stderr.strip()}. "
            "Run `make setup` again."
        )
    return answer.stdout.split()[2]


def _build_template(data_dir: Path, bin_dir: Path, sleep: Callable[[float], None]) -> None:
    """Run initdb and the bootstrap script; leave a cleanly stopped cluster."""
    password = secrets.token_hex(16)
    give_away(data_dir.parent)
    pwfile = data_dir.with_name("password")
    write_private(pwfile, password)
    give_away(pwfile)
    argv = [str(bin_dir / "initdb"), "-D", str(data_dir), f"--pwfile={pwfile}", *INITDB]
    answer = subprocess.run(
        toolchain.unprivileged(argv), capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        raise PostgresError(f"initdb failed: {(answer.stderr or answer.stdout).strip()[-500:]}")
    write_private(data_dir / "stackwright.secret", password)
    (data_dir / "stackwright.ready").touch()
    unused = data_dir.parent / "unused"
    building = Postgres(
        data_dir, free_port(), password="", bin_dir=bin_dir, templates=unused, sleep=sleep
    )
    with building:
        _bootstrap(building.admin_dsn())
    (data_dir / "stackwright.secret").unlink()
    (data_dir / "stackwright.ready").unlink()


def _bootstrap(dsn: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(BOOTSTRAP.read_bytes())
