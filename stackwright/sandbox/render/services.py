"""Services: what Render keeps about them and what it refuses."""

from typing import Any

from stackwright.sandbox.render import sets, shapes, times
from stackwright.sandbox.render.bodies import check, items
from stackwright.sandbox.render.errors import ConflictError, InvalidError, MissingError
from stackwright.sandbox.store import Document
from stackwright.sandbox.world import World

KIND = "render.service"
_KEPT_DETAILS = (
    "healthCheckPath",
    "maintenanceMode",
    "maxShutdownDelaySeconds",
    "renderSubdomainPolicy",
    "ipAllowList",
    "schedule",
    "cache",
)


def owner_id(world: World) -> str:
    """The one workspace of this sandbox."""
    return f"tea-sandbox{world.sandbox_id}"


def owner(world: World) -> Document:
    """The workspace as Render shows it."""
    return {
        "id": owner_id(world),
        "name": "Sandbox",
        "email": "sandbox@example.com",
        "type": "team",
        "twoFactorAuthEnabled": False,
    }


class Services:
    """The services of the sandbox's workspace."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.env_vars = sets.env_vars(world)
        self.secret_files = sets.secret_files(world)
        self.headers = sets.headers(world)
        self.routes = sets.routes(world)

    def all(self) -> list[Document]:
        """Every service, oldest first."""
        return self._world.store.all(KIND)

    def get(self, service_id: str) -> Document:
        """One service. Raises MissingError."""
        found = self._world.store.get(KIND, service_id)
        if found is None:
            raise MissingError(service_id)
        return found

    def save(self, service: Document) -> Document:
        """Write a service with a new time of change."""
        service["updatedAt"] = times.now(self._world.clock)
        self._world.store.put(KIND, service["id"], service)
        return service

    def create(self, body: Any) -> Document:
        """A new service with its sets. Raises InvalidError, ConflictError, MissingError."""
        given = check(body, shapes.SERVICE_CREATE, ("type", "name", "ownerId"))
        kind = given["type"]
        raw = given.get("serviceDetails", {})
        shape, required = shapes.DETAILS_CREATE[kind], shapes.DETAILS_REQUIRED[kind]
        details = check(raw, shape, required)
        self._check_new(given, details)
        service = self._document(given)
        self._set_common(service, given)
        self._set_details(service, details, new=True)
        self._world.store.put(KIND, service["id"], service)
        self._create_sets(service["id"], given, details)
        return service

    def patch(self, service_id: str, body: Any) -> Document:
        """Change a service. Raises InvalidError, ConflictError, MissingError."""
        service = self.get(service_id)
        given = check(body, shapes.SERVICE_PATCH)
        details = check(given.get("serviceDetails", {}), shapes.DETAILS_PATCH[service["type"]])
        if given.get("name", service["name"]) != service["name"]:
            self._check_name(given["name"])
        _check_source(service["type"], {**service, **given})
        self._set_common(service, given)
        self._set_details(service, details, new=False)
        return self.save(service)

    def delete(self, service_id: str) -> None:
        """Remove a service and its sets. Raises MissingError."""
        self.get(service_id)
        self._world.store.delete(KIND, service_id)
        for known in (self.env_vars, self.secret_files, self.headers, self.routes):
            known.forget(service_id)

    def _check_new(self, given: dict[str, Any], details: dict[str, Any]) -> None:
        if given["ownerId"] != owner_id(self._world):
            raise MissingError(given["ownerId"])
        self._check_name(given["name"])
        _check_source(given["type"], given)
        if shapes.is_native(details) and given["type"] != "static_site":
            commands = details.get("envSpecificDetails", {})
            for name in ("buildCommand", "startCommand"):
                if not commands.get(name):
                    raise InvalidError(f"serviceDetails.envSpecificDetails.{name} is required")
        if details.get("numInstances", 1) < 1:
            raise InvalidError("invalid numInstances: must be at least 1")

    def _check_name(self, name: str) -> None:
        if any(service["name"] == name for service in self.all()):
            raise ConflictError(f"name already in use: {name}")

    def _document(self, given: dict[str, Any]) -> Document:
        prefix = "crn-" if given["type"] == "cron_job" else "srv-"
        service_id, now = self._world.ids.make(prefix, 20), times.now(self._world.clock)
        word = shapes.WORD[given["type"]]
        return {
            "id": service_id,
            "autoDeploy": "yes",
            "autoDeployTrigger": "commit",
            "createdAt": now,
            "dashboardUrl": f"{self._world.urls.get('page', '')}/#{word}-{service_id}",
            "name": given["name"],
            "notifyOnFail": "default",
            "ownerId": given["ownerId"],
            "rootDir": "",
            "serviceDetails": {"buildPlan": "starter"},
            "slug": self._slug(given["name"]),
            "suspended": "not_suspended",
            "suspenders": [],
            "type": given["type"],
            "updatedAt": now,
        }

    def _slug(self, name: str) -> str:
        slug = name.lower().replace(" ", "-").replace("_", "-")
        if any(service["slug"] == slug for service in self.all()):
            slug = self._world.ids.make(f"{slug}-", 4)
        return slug

    def _set_common(self, service: Document, given: dict[str, Any]) -> None:
        for name in ("name", "repo", "branch", "rootDir", "environmentId"):
            if name in given:
                service[name] = given[name]
        _set_auto_deploy(service, given)
        _set_build_filter(service, given)
        image = given.get("image")
        if image is not None:
            for name in ("ownerId", "imagePath"):
                if not image.get(name):
                    raise InvalidError(f"image.{name} is required")
            service["imagePath"] = _image_path(image["imagePath"])

    def _set_details(self, service: Document, given: dict[str, Any], *, new: bool) -> None:
        details = service["serviceDetails"]
        if new:
            details |= self._first_details(service, given)
        _set_previews(details, given)
        if service["type"] == "static_site":
            for name in ("buildCommand", "publishPath", "renderSubdomainPolicy", "ipAllowList"):
                if name in given:
                    details[name] = given[name]
            return
        for name in (*_KEPT_DETAILS, "plan"):
            if name in given:
                details[name] = given[name]
        _set_runtime(details, given)

    def _first_details(self, service: Document, given: dict[str, Any]) -> dict[str, Any]:
        previews = {"previews": {"generation": "off"}, "pullRequestPreviewsEnabled": "no"}
        url = self._address(service["id"], service["type"], service["slug"])
        if service["type"] == "static_site":
            return {**previews, "buildCommand": "", "publishPath": "public", **url}
        common = {
            "plan": "starter",
            "region": given.get("region", "oregon"),
            "runtime": given["runtime"],
            "envSpecificDetails": {},
        }
        if service["type"] == "cron_job":
            return common
        disk = given.get("disk")
        return {
            **previews,
            **common,
            **url,
            **({"disk": self._disk(disk)} if disk else {}),
            **({"healthCheckPath": ""} if service["type"] == "web_service" else {}),
            "numInstances": given.get("numInstances", 1),
            "openPorts": [{"port": 10000, "protocol": "TCP"}] if url else [],
            "sshAddress": f"{service['id']}@ssh.{common['region']}.render.com",
        }

    def _address(self, service_id: str, kind: str, slug: str) -> dict[str, str]:
        """The service's own port, kept over restarts, instead of a name under onrender.com."""
        if kind in ("background_worker", "cron_job"):
            return {}
        port = self._world.processes.port(f"service {service_id}")
        return {
            "url": f"{slug}:{port}" if kind == "private_service" else f"http://127.0.0.1:{port}"
        }

    def _disk(self, disk: dict[str, Any]) -> dict[str, Any]:
        return {"id": self._world.ids.make("dsk-", 20), "sizeGB": 1, **disk}

    def _create_sets(self, service_id: str, given: dict[str, Any], details: dict[str, Any]) -> None:
        try:
            self.env_vars.replace(service_id, items(given.get("envVars"), shapes.ENV_VAR, ("key",)))
            self.secret_files.replace(service_id, given.get("secretFiles", []))
            self.headers.replace(service_id, details.get("headers", []))
            self.routes.replace(service_id, details.get("routes", []))
        except InvalidError:
            self.delete(service_id)
            raise


def _check_source(kind: str, given: dict[str, Any]) -> None:
    if not given.get("repo") and not given.get("image") and not given.get("imagePath"):
        raise InvalidError("repo or image is required")
    if kind == "static_site" and not given.get("repo"):
        raise InvalidError("repo is required")


_AUTO_DEPLOY = {"commit": "yes", "checksPass": "yes", "off": "no"}


def _set_auto_deploy(service: Document, given: dict[str, Any]) -> None:
    """The two fields say the same thing: no is off."""
    expected = _AUTO_DEPLOY.get(given.get("autoDeployTrigger", ""))
    if expected and given.get("autoDeploy", expected) != expected:
        raise InvalidError("autoDeploy and autoDeployTrigger contradict each other")
    if "autoDeployTrigger" in given:
        service["autoDeployTrigger"] = given["autoDeployTrigger"]
        service["autoDeploy"] = _AUTO_DEPLOY[given["autoDeployTrigger"]]
    elif "autoDeploy" in given:
        service["autoDeploy"] = given["autoDeploy"]
        service["autoDeployTrigger"] = "commit" if given["autoDeploy"] == "yes" else "off"


def _set_build_filter(service: Document, given: dict[str, Any]) -> None:
    """A filter without any path is not kept."""
    if "buildFilter" not in given:
        return
    wanted = {name: given["buildFilter"].get(name, []) for name in ("paths", "ignoredPaths")}
    if any(wanted.values()):
        service["buildFilter"] = wanted
    else:
        service.pop("buildFilter", None)


def _set_previews(details: dict[str, Any], given: dict[str, Any]) -> None:
    generation = given.get("previews", {}).get("generation")
    if generation is None and given.get("pullRequestPreviewsEnabled") == "yes":
        generation = "automatic"
    if generation is not None:
        details["previews"] = {"generation": generation}
        details["pullRequestPreviewsEnabled"] = "no" if generation == "off" else "yes"


def _set_runtime(details: dict[str, Any], given: dict[str, Any]) -> None:
    details["runtime"] = given.get("runtime", details["runtime"])
    details["env"] = details["runtime"]
    commands = details["envSpecificDetails"] | given.get("envSpecificDetails", {})
    if "preDeployCommand" in given:
        commands["preDeployCommand"] = given["preDeployCommand"]
    details["envSpecificDetails"] = commands


def _image_path(path: str) -> str:
    """Render writes images out: nginx is docker.io/library/nginx:latest."""
    name, _, tag = path.rpartition(":") if ":" in path.rpartition("/")[2] else (path, "", "latest")
    parts = name.split("/")
    if len(parts) == 1:
        parts = ["docker.io", "library", *parts]
    elif "." not in parts[0] and ":" not in parts[0]:
        parts = ["docker.io", *parts]
    return f"{'/'.join(parts)}:{tag}"
