"""Git repositories: a scenario's folders stand in for addresses on the internet.

The address of a declared repository is served from a local one with the branches `main` and
`develop`, made from a folder of the scenario. `file://` addresses and plain paths are themselves.
"""

import asyncio
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stackwright.sandbox import scenario
from stackwright.sandbox.render import times
from stackwright.sandbox.world import World

_HASH = re.compile(r"[0-9a-f]{4,40}")
_DATE = "2026-01-01T00:00:00Z"
_IDENTITY = {
    "GIT_AUTHOR_NAME": "Sandbox",
    "GIT_AUTHOR_EMAIL": "sandbox@example.com",
    "GIT_AUTHOR_DATE": _DATE,
    "GIT_COMMITTER_NAME": "Sandbox",
    "GIT_COMMITTER_EMAIL": "sandbox@example.com",
    "GIT_COMMITTER_DATE": _DATE,
}


class RepositoryError(Exception):
    """A repository, branch or commit is not there; the message names it."""


@dataclass(frozen=True)
class Commit:
    """A commit: full hash, message, ISO 8601 time."""

    id: str
    message: str
    created_at: str

    def as_dict(self) -> dict[str, str]:
        """As Render shows it in a deploy."""
        return {"id": self.id, "message": self.message, "createdAt": self.created_at}


class Repositories:
    """Finds, lists and clones repositories."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._folder = world.root / "render" / "repositories"
        self._making = asyncio.Lock()

    async def check(self, url: str) -> None:
        """Raises RepositoryError when the repository cannot be cloned."""
        await self._git("ls-remote", "--quiet", await self._source(url), about=url)

    async def resolve(self, url: str, branch: str | None) -> Commit:
        """The newest commit of a branch (None: the default one). Raises RepositoryError."""
        source = await self._source(url)
        ref = f"refs/heads/{branch}" if branch else "HEAD"
        answer = await self._git("ls-remote", source, ref, about=url)
        if not answer.strip():
            raise RepositoryError(f"branch {branch} does not exist in {url}")
        return await self._describe(source, answer.split()[0], url)

    async def commit(self, url: str, commit_id: str) -> Commit:
        """One commit by its hash. Raises RepositoryError."""
        if not _HASH.fullmatch(commit_id):  # to git it could be an option or a range
            raise RepositoryError(f"commit {commit_id} does not exist in {url}")
        return await self._describe(await self._source(url), commit_id, url)

    async def clone(self, url: str, commit_id: str, target: Path) -> None:
        """A working copy of that commit in `target`. Raises RepositoryError."""
        source = await self._source(url)
        target.parent.mkdir(parents=True, exist_ok=True)
        await self._git("clone", "--quiet", "--no-checkout", source, str(target), about=url)
        await self._git("-C", str(target), "checkout", "--quiet", commit_id, about=url)

    async def _source(self, url: str) -> str:
        """Where the repository really is."""
        declared = self._world.store.get("render.repo", url.removesuffix(".git"))
        if declared is not None:
            folder = scenario.of(self._world).folder / declared["folder"]
            async with self._making:
                return str(await self._made_from(folder))
        local = _local(url)
        if local is not None:
            return local
        raise RepositoryError(
            f"unable to clone {url}: the sandbox has no network; declare the repository in a"
            " scenario (render.repos) or use the path of a local one"
        )

    async def _made_from(self, folder: Path) -> Path:
        """A repository with the folder's files as its one commit, made once."""
        target = self._folder / folder.name
        if (target / ".git" / "refs" / "heads" / "develop").exists():
            return target
        target.mkdir(parents=True, exist_ok=True)
        work = ["--git-dir", str(target / ".git"), "--work-tree", str(folder)]
        await self._git("init", "--quiet", "--initial-branch=main", str(target), about=folder.name)
        for arguments in (["add", "--all"], ["commit", "--quiet", "--message", "Add the web app"]):
            await self._git(*work, *arguments, about=folder.name)
        await self._git("-C", str(target), "branch", "develop", about=folder.name)
        return target

    async def _describe(self, source: str, commit_id: str, url: str) -> Commit:
        form = "--format=%H%x00%cI%x00%B"
        arguments = ["-C", source, "show", "--no-patch", form, f"{commit_id}^{{commit}}"]
        answer = await self._git(*arguments, about=f"{url} (commit {commit_id})")
        full, created_at, message = answer.split("\0", 2)
        return Commit(full, message.strip(), times.text(times.seconds(created_at)))

    async def _git(self, *arguments: str, about: str) -> str:
        if any("\0" in argument for argument in arguments):
            raise RepositoryError(f"unable to clone {about}: a name has a zero byte")
        answer = await asyncio.to_thread(_run, arguments)
        if answer.returncode != 0:
            words = answer.stderr.strip().splitlines()
            raise RepositoryError(
                f"unable to clone {about}: {words[-1] if words else 'git failed'}"
            )
        return answer.stdout


def _local(url: str) -> str | None:
    path = Path(url.removeprefix("file://"))
    return str(path) if path.is_absolute() and path.is_dir() else None


def _run(arguments: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
    """git without the user's settings, prompts or hooks."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        **_IDENTITY,
    }
    # Repositories of other owners are only read: a container's checkout often belongs to root.
    command = ["git", "-c", "safe.directory=*", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
