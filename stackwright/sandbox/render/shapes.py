"""What Render accepts in the bodies about services; from its OpenAPI document."""

from typing import Any

from stackwright.sandbox.render.bodies import Shape

TYPES = ("static_site", "web_service", "private_service", "background_worker", "cron_job")
RUNTIMES = ("docker", "elixir", "go", "node", "python", "ruby", "rust", "image")
CONTAINERS = ("docker", "image")
REGIONS = ("frankfurt", "oregon", "ohio", "singapore", "virginia")
PLANS = ("starter", "standard", "pro", "pro_plus", "pro_max", "pro_ultra")
YES_NO = ("yes", "no")
TRIGGERS = ("commit", "off", "checksPass")

ENV_VAR: Shape = {"key": str, "value": str, "generateValue": bool}
SECRET_FILE: Shape = {"name": str, "content": str}
HEADER: Shape = {"path": str, "name": str, "value": str}
ROUTE: Shape = {
    "type": ("redirect", "rewrite"),
    "source": str,
    "destination": str,
    "priority": int,
}
_PREVIEWS: Shape = {"generation": ("off", "manual", "automatic")}
_IP: Shape = {"cidrBlock": str, "description": str}
_EVERYWHERE: Shape = {"pullRequestPreviewsEnabled": YES_NO, "previews": _PREVIEWS}
_PUBLIC: Shape = {"renderSubdomainPolicy": ("enabled", "disabled"), "ipAllowList": [_IP]}
_ENV_SPECIFIC: Shape = {
    "buildCommand": str,
    "startCommand": str,
    "dockerCommand": str,
    "dockerContext": str,
    "dockerfilePath": str,
    "registryCredentialId": str,
    "registryCredential": dict,
}
_STATIC_PATCH: Shape = {"buildCommand": str, "publishPath": str, **_EVERYWHERE, **_PUBLIC}
_PROCESS_PATCH: Shape = {
    "runtime": RUNTIMES,
    "envSpecificDetails": _ENV_SPECIFIC,
    "plan": PLANS,
    "preDeployCommand": str,
    "maxShutdownDelaySeconds": int,
    **_EVERYWHERE,
}
_WEB_PATCH: Shape = {
    **_PROCESS_PATCH,
    **_PUBLIC,
    "plan": (*PLANS, "free"),
    "healthCheckPath": str,
    "maintenanceMode": {"enabled": bool, "uri": str},
    "cache": {"profile": ("no-cache", "origin-controlled", "origin-controlled-all")},
}
_CRON_PATCH: Shape = {
    "runtime": RUNTIMES,
    "envSpecificDetails": _ENV_SPECIFIC,
    "plan": PLANS,
    "schedule": str,
}
_PROCESS_ONLY_CREATE: Shape = {
    "env": RUNTIMES,
    "region": REGIONS,
    "numInstances": int,
    "disk": {"name": str, "mountPath": str, "sizeGB": int},
    "autoscaling": dict,
}

DETAILS_PATCH: dict[str, Shape] = {
    "static_site": _STATIC_PATCH,
    "web_service": _WEB_PATCH,
    "private_service": _PROCESS_PATCH,
    "background_worker": _PROCESS_PATCH,
    "cron_job": _CRON_PATCH,
}
DETAILS_CREATE: dict[str, Shape] = {
    "static_site": {**_STATIC_PATCH, "headers": [HEADER], "routes": [ROUTE]},
    "web_service": {**_WEB_PATCH, **_PROCESS_ONLY_CREATE},
    "private_service": {**_PROCESS_PATCH, **_PROCESS_ONLY_CREATE},
    "background_worker": {**_PROCESS_PATCH, **_PROCESS_ONLY_CREATE},
    "cron_job": {**_CRON_PATCH, "env": RUNTIMES, "region": REGIONS},
}
DETAILS_REQUIRED: dict[str, tuple[str, ...]] = {
    "static_site": (),
    "web_service": ("runtime",),
    "private_service": ("runtime",),
    "background_worker": ("runtime",),
    "cron_job": ("runtime", "schedule"),
}
_COMMON: Shape = {
    "name": str,
    "repo": str,
    "branch": str,
    "rootDir": str,
    "autoDeploy": YES_NO,
    "autoDeployTrigger": TRIGGERS,
    "image": {"ownerId": str, "imagePath": str, "registryCredentialId": str},
    "buildFilter": {"paths": [str], "ignoredPaths": [str]},
    "serviceDetails": dict,
}
SERVICE_PATCH: Shape = _COMMON
SERVICE_CREATE: Shape = {
    **_COMMON,
    "type": TYPES,
    "ownerId": str,
    "environmentId": str,
    "envVars": [ENV_VAR],
    "secretFiles": [SECRET_FILE],
}
DEPLOY: Shape = {
    "clearCache": ("clear", "do_not_clear"),
    "commitId": str,
    "imageUrl": str,
    "deployMode": ("build_and_deploy", "deploy_only"),
    "artifactId": str,
}

WORD: dict[str, str] = {
    "static_site": "static",
    "web_service": "web",
    "private_service": "pserv",
    "background_worker": "worker",
    "cron_job": "cron",
}
"""How Render abbreviates a type in dashboard addresses."""


def is_native(details: dict[str, Any]) -> bool:
    """Whether the service is built and started from its repository by commands."""
    return details.get("runtime") not in (None, *CONTAINERS)
