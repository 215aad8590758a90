"""Builds a deploy for real: clone, secret files, build command, published folder."""

import os
import shutil
from pathlib import Path
from urllib.parse import urlsplit

from stackwright.sandbox.render import shapes
from stackwright.sandbox.render.logs import Logs
from stackwright.sandbox.render.repositories import Repositories, RepositoryError
from stackwright.sandbox.render.services import Services
from stackwright.sandbox.store import Document
from stackwright.sandbox.world import World


class BuildError(Exception):
    """The build failed; the reason is in the deploy's log."""


class Builder:
    """Makes releases."""

    def __init__(
        self, world: World, services: Services, repositories: Repositories, logs: Logs
    ) -> None:
        self._world = world
        self._services = services
        self._repositories = repositories
        self._logs = logs

    async def build(self, service: Document, deploy: Document) -> Document:
        """The release of a deploy: {deploy, folder, command, env}. Raises BuildError."""
        folder = self.folder(service["id"], deploy["id"])
        environment = self.environment(service, deploy)
        if not service.get("repo"):
            self._say(service, deploy, "The sandbox runs no containers: nothing is started.")
            return {"deploy": deploy["id"], "folder": "", "command": "", "env": {}}
        await self._clone(service, deploy, folder)
        work = folder / service["rootDir"]
        if not work.is_dir():
            raise self._failed(service, deploy, f"rootDir {service['rootDir']} does not exist")
        self._write_secret_files(service, work)
        await self._run_build(service, deploy, work, environment)
        return self._release(service, deploy, work, environment)

    def forget(self, service_id: str) -> None:
        """Remove everything that was built for a service."""
        shutil.rmtree(self._world.root / "render" / "builds" / service_id, ignore_errors=True)

    def folder(self, service_id: str, deploy_id: str) -> Path:
        """Where a deploy is built."""
        return self._world.root / "render" / "builds" / service_id / deploy_id

    def environment(self, service: Document, deploy: Document) -> dict[str, str]:
        """The service's env vars as they are now, and what Render adds."""
        url = service["serviceDetails"].get("url", "")
        commit = deploy.get("commit") or {}
        added = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._home(service["id"])),
            "LANG": "C.UTF-8",
            "RENDER": "true",
            "IS_PULL_REQUEST": "false",
            "RENDER_SERVICE_ID": service["id"],
            "RENDER_SERVICE_NAME": service["name"],
            "RENDER_SERVICE_TYPE": shapes.WORD[service["type"]],
            "RENDER_GIT_BRANCH": service.get("branch", ""),
            "RENDER_GIT_COMMIT": commit.get("id", ""),
            "RENDER_GIT_REPO_SLUG": "/".join(service.get("repo", "").split("/")[-2:]),
        }
        if url.startswith("http"):
            added |= {"RENDER_EXTERNAL_URL": url, "RENDER_EXTERNAL_HOSTNAME": urlsplit(url).netloc}
        return {**added, **self._services.env_vars.values(service["id"])}

    async def _clone(self, service: Document, deploy: Document, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._say(service, deploy, f"==> Cloning from {service['repo']}")
        try:
            commit = deploy.get("commit")
            if commit is None:
                found = await self._repositories.resolve(service["repo"], service.get("branch"))
                commit = found.as_dict()
            await self._repositories.clone(service["repo"], commit["id"], folder)
        except RepositoryError as error:
            raise self._failed(service, deploy, str(error)) from None
        branch = service.get("branch", "the default branch")
        self._say(service, deploy, f"==> Checking out commit {commit['id']} in branch {branch}")

    def _write_secret_files(self, service: Document, work: Path) -> None:
        for name, content in self._services.secret_files.values(service["id"]).items():
            path = work / Path(name).name
            path.touch(mode=0o600)
            path.write_text(content)

    async def _run_build(
        self, service: Document, deploy: Document, work: Path, environment: dict[str, str]
    ) -> None:
        command = _build_command(service)
        if not command:
            return
        self._say(service, deploy, f"==> Running build command '{command}'...")
        name = _process(deploy["id"])
        processes = self._world.processes
        argv = ["/bin/sh", "-c", command]
        await processes.start(name, argv, env=environment, cwd=work)
        try:
            code = await processes.wait(name)
        finally:
            await processes.stop(name)
            self._logs.collect(service["id"], "build", processes.log(name), deploy=deploy["id"])
        if code != 0:
            raise self._failed(service, deploy, f"Exited with status {code}")
        self._say(service, deploy, "==> Build successful 🎉")

    def _release(
        self, service: Document, deploy: Document, work: Path, environment: dict[str, str]
    ) -> Document:
        details = service["serviceDetails"]
        if service["type"] != "static_site":
            command = details["envSpecificDetails"].get("startCommand", "")
            folder = work
        else:
            command, folder = "", (work / details["publishPath"]).resolve()
            if not folder.is_dir() or not folder.is_relative_to(work.resolve()):
                words = f"Publish directory {details['publishPath']} does not exist!"
                raise self._failed(service, deploy, words)
        return {
            "deploy": deploy["id"],
            "folder": str(folder),
            "command": command,
            "env": environment if command else {},
        }

    def _home(self, service_id: str) -> Path:
        home = self._world.root / "render" / "builds" / service_id / "home"
        home.mkdir(parents=True, exist_ok=True)
        return home

    def _failed(self, service: Document, deploy: Document, words: str) -> BuildError:
        self._say(service, deploy, f"==> {words}")
        self._say(service, deploy, "==> Build failed 😞")
        return BuildError(words)

    def _say(self, service: Document, deploy: Document, words: str) -> None:
        self._logs.add(service["id"], "build", words, deploy=deploy["id"])


def _build_command(service: Document) -> str:
    details = service["serviceDetails"]
    if service["type"] == "static_site":
        return str(details.get("buildCommand", ""))
    return str(details["envSpecificDetails"].get("buildCommand", ""))


def _process(deploy_id: str) -> str:
    return f"build {deploy_id}"
