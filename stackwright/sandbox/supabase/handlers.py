"""Operations on organizations, projects, secrets, databases and settings: parse, call, render."""

from typing import Any

from starlette.responses import JSONResponse, Response

from stackwright.sandbox.supabase import (
    databases,
    function_secrets,
    functions,
    projects,
    queries,
    runtime,
    service_config,
)
from stackwright.sandbox.supabase.calls import Call
from stackwright.sandbox.supabase.errors import InvalidError, NotFoundError
from stackwright.sandbox.supabase.projects import Project

REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "ap-east-1",
    "ap-southeast-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "eu-central-1",
    "eu-central-2",
    "ca-central-1",
    "ap-south-1",
    "sa-east-1",
)
SMART_GROUPS = {"americas": "us-east-1", "emea": "eu-central-1", "apac": "ap-southeast-1"}
SERVICES = (
    "auth",
    "db",
    "db_postgres_user",
    "pooler",
    "realtime",
    "rest",
    "storage",
    "pg_bouncer",
)


async def profile(call: Call) -> Response:
    name = projects.organization_slug(call.world)
    body = {"gotrue_id": name, "primary_email": f"{name}@sandbox.invalid", "username": name}
    return JSONResponse(body)


async def list_organizations(call: Call) -> Response:
    return JSONResponse([projects.organization(call.world)])


async def get_organization(call: Call) -> Response:
    organization = _organization(call)
    return JSONResponse(
        {
            "id": organization["slug"],
            "name": organization["name"],
            "plan": "pro",
            "opt_in_tags": [],
            "allowed_release_channels": ["ga"],
        }
    )


async def list_organization_projects(call: Call) -> Response:
    _organization(call)
    limit, offset = call.number("limit", 100, 1, 100), call.number("offset", 0, 0)
    found = [_of_organization(project) for project in call.world.store.all(projects.KIND)]
    pagination = {"count": len(found), "limit": limit, "offset": offset}
    return JSONResponse({"projects": found[offset : offset + limit], "pagination": pagination})


async def list_projects(call: Call) -> Response:
    found = call.world.store.all(projects.KIND)
    return JSONResponse([_long(call, project) for project in found])


async def get_project(call: Call) -> Response:
    return JSONResponse(_long(call, call.project))


async def create_project(call: Call) -> Response:
    body = await call.object(
        db_pass=str,
        name=str,
        organization_id=str,
        organization_slug=str,
        plan=str,
        region=str,
        region_selection=dict,
        kps_enabled=bool,
        desired_instance_size=str,
        template_url=str,
    )
    for name in ("db_pass", "name"):
        if not body.get(name):
            raise InvalidError(f"{name} should not be empty")
    _owner(call, body)
    _check_password("db_pass", body["db_pass"])
    project = projects.add(call.world, body["name"], _region(body), body["db_pass"])
    call.services.later(projects.bring_up(call.world, project["ref"]))
    return JSONResponse(_short(project), 201)


async def rename_project(call: Call) -> Response:
    body = await call.object(name=str)
    if not body.get("name"):
        raise InvalidError("name should not be empty")
    if len(body["name"]) > 256:
        raise InvalidError("name must be shorter than or equal to 256 characters")
    project = projects.change(call.world, call.project["ref"], name=body["name"])
    return JSONResponse({"id": project["number"], "ref": project["ref"], "name": project["name"]})


async def delete_project(call: Call) -> Response:
    project = call.project
    if project["status"] in ("UNKNOWN", "COMING_UP"):
        raise InvalidError("Project not ready for deletion.")
    ref = project["ref"]
    for function in functions.listing(call.world, ref):
        await runtime.forget(call.world, ref, function["slug"])
    await projects.remove(call.world, project)
    return JSONResponse({"id": project["number"], "name": project["name"], "ref": ref, "slug": ref})


async def health(call: Call) -> Response:
    project = call.project
    call.number("timeout_ms", 2000, 0, 10_000)
    wanted = call.request.query_params.getlist("services")
    names = [name for entry in wanted for name in entry.split(",")]
    unknown = [name for name in names if name not in SERVICES]
    if unknown or not names:
        raise InvalidError(
            f"each value in services must be one of the following values: {', '.join(SERVICES)}"
        )
    if project["status"] in ("UNKNOWN", "COMING_UP"):
        status = "COMING_UP"
    else:
        answers = await databases.answers(call.world, project)
        status = "ACTIVE_HEALTHY" if answers else "UNHEALTHY"
    healthy = status == "ACTIVE_HEALTHY"
    return JSONResponse([{"name": name, "healthy": healthy, "status": status} for name in names])


async def api_keys(call: Call) -> Response:
    keys = projects.api_keys(call.world, call.project, reveal=call.flag("reveal"))
    return JSONResponse(keys)


async def list_secrets(call: Call) -> Response:
    return JSONResponse(function_secrets.listing(call.world, call.project["ref"]))


async def upsert_secrets(call: Call) -> Response:
    function_secrets.upsert(call.world, call.project["ref"], await call.json())
    return Response(status_code=201)


async def delete_secrets(call: Call) -> Response:
    function_secrets.delete(call.world, call.project["ref"], await call.json())
    return Response(status_code=200)


async def query(call: Call) -> Response:
    body = await call.object(query=str, parameters=list, read_only=bool)
    return await _query(call, body, read_only=body.get("read_only", False))


async def query_read_only(call: Call) -> Response:
    body = await call.object(query=str, parameters=list)
    return await _query(call, body, read_only=True)


async def _query(call: Call, body: dict[str, Any], *, read_only: bool) -> Response:
    if not body.get("query"):
        raise InvalidError("query must be longer than or equal to 1 characters")
    if read_only:
        call.read_only()
    rows = await queries.run(
        call.world, call.project, body["query"], body.get("parameters"), read_only=read_only
    )
    return JSONResponse(rows, 201)


async def change_password(call: Call) -> Response:
    project = call.project
    body = await call.object(password=str)
    password = body.get("password", "")
    _check_password("password", password)
    await projects.change_password(call.world, project, password)
    return JSONResponse({"message": "Successfully updated password"})


async def pooler(call: Call) -> Response:
    project = call.project
    server = databases.server(call.world, project)
    address = f"postgresql://postgres:[YOUR-PASSWORD]@127.0.0.1:{server.port}/postgres"
    return JSONResponse(
        [
            {
                "identifier": project["ref"],
                "database_type": "PRIMARY",
                "db_user": "postgres",
                "db_host": "127.0.0.1",
                "db_port": server.port,
                "db_name": "postgres",
                "connection_string": address,
                "pool_mode": "session",
                "default_pool_size": None,
                "max_client_conn": None,
                "is_using_scram_auth": True,
                "connectionString": address,
            }
        ]
    )


async def backups(call: Call) -> Response:
    project = call.project
    return JSONResponse(
        {
            "region": project["region"],
            "pitr_enabled": False,
            "walg_enabled": True,
            "backups": [],
            "physical_backup_data": {},
        }
    )


async def get_storage(call: Call) -> Response:
    """The storage server's settings; there is no storage server behind them."""
    _ = call.project
    return JSONResponse(service_config.STORAGE)


async def get_postgrest(call: Call) -> Response:
    project = call.project
    settings = service_config.postgrest(call.world, project)
    return JSONResponse({**settings, "jwt_secret": project["jwt_secret"]})


async def change_postgrest(call: Call) -> Response:
    project = call.project
    return JSONResponse(service_config.change_postgrest(call.world, project, await call.json()))


async def get_auth(call: Call) -> Response:
    return JSONResponse(service_config.auth(call.world, call.project["ref"]))


async def change_auth(call: Call) -> Response:
    ref = call.project["ref"]
    return JSONResponse(service_config.change_auth(call.world, ref, await call.json()))


def _check_password(field: str, password: str) -> None:
    if len(password) < 4:
        raise InvalidError(f"{field} must be longer than or equal to 4 characters")
    if not password.isprintable():
        raise InvalidError(f"{field} must not contain control characters")


def _organization(call: Call) -> dict[str, Any]:
    organization = projects.organization(call.world)
    if call.request.path_params["slug"] != organization["slug"]:
        raise NotFoundError("Organization not found")
    return organization


def _owner(call: Call, body: dict[str, Any]) -> None:
    slug = body.get("organization_slug") or body.get("organization_id")
    if not slug:
        raise InvalidError("organization_slug should not be empty")
    if slug != projects.organization_slug(call.world):
        raise NotFoundError("Organization not found")


def _region(body: dict[str, Any]) -> str:
    selection = body.get("region_selection")
    if selection is not None and "region" in body:
        raise InvalidError("Only one of region or region_selection can be specified")
    if selection is not None and selection.get("type") == "smartGroup":
        code = SMART_GROUPS.get(str(selection.get("code")))
    else:
        code = selection.get("code") if selection is not None else body.get("region", REGIONS[0])
    if code not in REGIONS:
        raise InvalidError(f"region must be one of the following values: {', '.join(REGIONS)}")
    return str(code)


def _short(project: Project) -> dict[str, Any]:
    ref, slug = project["ref"], project["organization_slug"]
    return {
        "id": ref,
        "ref": ref,
        "organization_id": slug,
        "organization_slug": slug,
        "name": project["name"],
        "region": project["region"],
        "created_at": projects.iso(project["created_at"]),
        "status": project["status"],
    }


def _of_organization(project: Project) -> dict[str, Any]:
    """A project as the list of its organization shows it, with its one database."""
    place = {"region": project["region"], "status": project["status"], "cloud_provider": "AWS"}
    return {
        "ref": project["ref"],
        "name": project["name"],
        **place,
        "is_branch": False,
        "inserted_at": projects.iso(project["created_at"]),
        "databases": [{**place, "identifier": project["ref"], "type": "PRIMARY"}],
    }


def _long(call: Call, project: Project) -> dict[str, Any]:
    version = databases.server(call.world, project).version()
    return _short(project) | {
        "database": {
            "host": "127.0.0.1",
            "version": f"{version}.sandbox",
            "postgres_engine": version.split(".")[0],
            "release_channel": "ga",
        }
    }
