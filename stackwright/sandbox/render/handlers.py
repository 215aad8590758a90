"""Parse a request, ask the models, render the answer. No rules here."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stackwright.sandbox.render import lists, shapes, times
from stackwright.sandbox.render.bodies import check, items, read_json
from stackwright.sandbox.render.deploys import as_vendor
from stackwright.sandbox.render.errors import InvalidError, MissingError
from stackwright.sandbox.render.lists import matching, page
from stackwright.sandbox.render.logs import as_vendor as log_as_vendor
from stackwright.sandbox.render.render import Render
from stackwright.sandbox.render.repositories import RepositoryError
from stackwright.sandbox.render.services import owner
from stackwright.sandbox.render.sets import NamedValues

_SERVICE_FILTERS = ("name", "type", "environmentId", "env", "region", "suspended", "ownerId")


def _id(request: Request) -> str:
    service_id: str = request.path_params["service_id"]
    return service_id


async def user(render: Render, _request: Request) -> Response:
    known = owner(render.world)
    user_id = f"usr-sandbox{render.world.sandbox_id}"
    return JSONResponse({"id": user_id, "email": known["email"], "name": known["name"]})


async def list_owners(render: Render, request: Request) -> Response:
    owners = matching([owner(render.world)], request.query_params, ("name", "email"))
    return JSONResponse(page(owners, request.query_params, name="owner", key=_own_id))


async def get_owner(render: Render, request: Request) -> Response:
    known, asked = owner(render.world), request.path_params["owner_id"]
    if asked != known["id"]:
        raise MissingError(asked)
    return JSONResponse(known)


async def list_services(render: Render, request: Request) -> Response:
    services = matching(render.services.all(), request.query_params, _SERVICE_FILTERS)
    return JSONResponse(page(services, request.query_params, name="service", key=_own_id))


async def create_service(render: Render, request: Request) -> Response:
    body = await read_json(request)
    await _check_repo(render, body)
    service = render.services.create(body)
    await render.hosting.open(service)
    deploy = await render.deploys.create(service["id"], trigger="api")
    return JSONResponse({"service": service, "deployId": deploy["id"]}, 201)


async def _check_repo(render: Render, body: Any) -> None:
    repo = body.get("repo") if isinstance(body, dict) else None
    if isinstance(repo, str) and repo:
        try:
            await render.repositories.check(repo)
        except RepositoryError as error:
            raise InvalidError(str(error)) from None


async def get_service(render: Render, request: Request) -> Response:
    return JSONResponse(render.services.get(_id(request)))


async def patch_service(render: Render, request: Request) -> Response:
    body = await read_json(request)
    await _check_repo(render, body)
    return JSONResponse(render.services.patch(_id(request), body))


async def delete_service(render: Render, request: Request) -> Response:
    service_id = _id(request)
    render.services.get(service_id)
    await render.deploys.forget(service_id)
    await render.hosting.forget(service_id)
    render.services.delete(service_id)
    render.logs.forget(service_id)
    return Response(status_code=204)


async def suspend_service(render: Render, request: Request) -> Response:
    service = render.services.get(_id(request))
    service |= {"suspended": "suspended", "suspenders": ["user"]}
    render.services.save(service)
    await render.hosting.end(service["id"])
    return Response(status_code=202)


async def resume_service(render: Render, request: Request) -> Response:
    service = render.services.get(_id(request))
    service |= {"suspended": "not_suspended", "suspenders": []}
    render.services.save(service)
    await render.deploys.create(service["id"], trigger="service_resumed")
    return Response(status_code=202)


async def restart_service(render: Render, request: Request) -> Response:
    await render.hosting.restart(render.services.get(_id(request)))
    return Response(status_code=200)


async def scale_service(render: Render, request: Request) -> Response:
    service = render.services.get(_id(request))
    body = check(await read_json(request), {"numInstances": int}, ("numInstances",))
    if body["numInstances"] < 1 or "numInstances" not in service["serviceDetails"]:
        raise InvalidError("invalid numInstances")
    service["serviceDetails"]["numInstances"] = body["numInstances"]
    render.services.save(service)
    return Response(status_code=202)


async def list_deploys(render: Render, request: Request) -> Response:
    deploys = matching(render.deploys.all(_id(request)), request.query_params, ("status",))
    shown = [as_vendor(deploy) for deploy in deploys]
    return JSONResponse(page(shown, request.query_params, name="deploy", key=_own_id))


async def create_deploy(render: Render, request: Request) -> Response:
    body = check(await read_json(request), shapes.DEPLOY)
    for name in ("imageUrl", "artifactId"):
        if name in body:
            raise InvalidError(f"{name} is not supported for this service")
    deploy = await render.deploys.create(
        _id(request), trigger="api", commit_id=body.get("commitId")
    )
    if deploy["status"] == "queued":
        return Response(status_code=202)
    return JSONResponse(as_vendor(deploy), 201)


async def get_deploy(render: Render, request: Request) -> Response:
    deploy = render.deploys.get(_id(request), request.path_params["deploy_id"])
    return JSONResponse(as_vendor(deploy))


async def cancel_deploy(render: Render, request: Request) -> Response:
    deploy = await render.deploys.cancel(_id(request), request.path_params["deploy_id"])
    return JSONResponse(as_vendor(deploy))


async def rollback(render: Render, request: Request) -> Response:
    body = check(await read_json(request), {"deployId": str}, ("deployId",))
    deploy = await render.deploys.rollback(_id(request), body["deployId"])
    return JSONResponse(as_vendor(deploy), 201)


async def list_env_vars(render: Render, request: Request) -> Response:
    return _list_values(render, request, render.services.env_vars, "envVar", "key")


async def list_secret_files(render: Render, request: Request) -> Response:
    return _list_values(render, request, render.services.secret_files, "secretFile", "name")


def _list_values(
    render: Render, request: Request, values: NamedValues, name: str, key: str
) -> Response:
    render.services.get(_id(request))
    entries = values.all(_id(request))
    return JSONResponse(
        page(entries, request.query_params, name=name, key=lambda entry: str(entry[key]))
    )


async def replace_env_vars(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    entries = items(await read_json(request), shapes.ENV_VAR, ("key",))
    render.services.env_vars.replace(_id(request), entries)
    return _whole(render.services.env_vars.all(_id(request)), "envVar", "key")


async def replace_secret_files(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    entries = items(await read_json(request), shapes.SECRET_FILE, ("name",))
    render.services.secret_files.replace(_id(request), entries)
    return _whole(render.services.secret_files.all(_id(request)), "secretFile", "name")


def _whole(entries: list[dict[str, str]], name: str, key: str) -> Response:
    """The answer to a PUT shows all entries, not a page."""
    shown: list[dict[str, Any]] = []
    for entry in entries:
        shown.extend(page([entry], _NO_QUERY, name=name, key=lambda item: str(item[key])))
    return JSONResponse(shown)


async def get_env_var(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    return JSONResponse(render.services.env_vars.one(_id(request), request.path_params["key"]))


async def put_env_var(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    body = check(await read_json(request), {"value": str, "generateValue": bool})
    values = render.services.env_vars
    return JSONResponse(values.put(_id(request), request.path_params["key"], body))


async def delete_env_var(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    render.services.env_vars.delete(_id(request), request.path_params["key"])
    return Response(status_code=204)


async def get_secret_file(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    return JSONResponse(render.services.secret_files.one(_id(request), request.path_params["key"]))


async def put_secret_file(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    body = check(await read_json(request), {"content": str}, ("content",))
    values = render.services.secret_files
    return JSONResponse(values.put(_id(request), request.path_params["key"], body), 201)


async def delete_secret_file(render: Render, request: Request) -> Response:
    render.services.get(_id(request))
    render.services.secret_files.delete(_id(request), request.path_params["key"])
    return Response(status_code=204)


async def list_headers(render: Render, request: Request) -> Response:
    rules = render.services.headers.all(_static(render, request))
    return JSONResponse(page(rules, request.query_params, name="header", key=_own_id))


async def replace_headers(render: Render, request: Request) -> Response:
    service_id = _static(render, request)
    entries = items(await read_json(request), shapes.HEADER, ("path", "name", "value"))
    return JSONResponse(render.services.headers.replace(service_id, entries) or None)


async def add_header(render: Render, request: Request) -> Response:
    service_id = _static(render, request)
    entry = check(await read_json(request), shapes.HEADER, ("path", "name", "value"))
    return JSONResponse({"headers": render.services.headers.add(service_id, entry)}, 201)


async def delete_header(render: Render, request: Request) -> Response:
    render.services.headers.delete(_static(render, request), request.path_params["rule_id"])
    return Response(status_code=204)


async def list_routes(render: Render, request: Request) -> Response:
    rules = render.services.routes.all(_static(render, request))
    return JSONResponse(page(rules, request.query_params, name="route", key=_own_id))


async def replace_routes(render: Render, request: Request) -> Response:
    service_id = _static(render, request)
    shape = {name: kind for name, kind in shapes.ROUTE.items() if name != "priority"}
    entries = items(await read_json(request), shape, ("type", "source", "destination"))
    return JSONResponse(render.services.routes.replace(service_id, entries) or None)


async def add_route(render: Render, request: Request) -> Response:
    service_id = _static(render, request)
    entry = check(await read_json(request), shapes.ROUTE, ("type", "source", "destination"))
    return JSONResponse(render.services.routes.add(service_id, entry), 201)


async def delete_route(render: Render, request: Request) -> Response:
    render.services.routes.delete(_static(render, request), request.path_params["rule_id"])
    return Response(status_code=204)


def _static(render: Render, request: Request) -> str:
    service = render.services.get(_id(request))
    if service["type"] != "static_site":
        raise InvalidError("headers and routes are supported for static sites only")
    service_id: str = service["id"]
    return service_id


async def list_logs(render: Render, request: Request) -> Response:
    query = request.query_params
    if query.get("ownerId") != owner(render.world)["id"]:
        raise InvalidError("ownerId is required")
    if not query.getlist("resource"):
        raise InvalidError("resource is required")
    now = render.world.clock.now()
    start = _moment(query.get("startTime"), now - 3600)
    end = _moment(query.get("endTime"), now)
    found = [line for line in _lines(render, request) if start <= line["timestamp"] <= end]
    return JSONResponse(_log_page(found, request, start, end))


def _lines(render: Render, request: Request) -> list[dict[str, Any]]:
    kinds = set(request.query_params.getlist("type"))
    found: list[dict[str, Any]] = []
    for service_id in request.query_params.getlist("resource"):
        render.services.get(service_id)
        render.collect_app_logs(service_id)
        found += render.logs.all(service_id)
    found.sort(key=lambda line: str(line["timestamp"]))
    return [line for line in found if not kinds or line["labels"]["type"] in kinds]


def _log_page(
    found: list[dict[str, Any]], request: Request, start: str, end: str
) -> dict[str, Any]:
    limit = lists.limit(request.query_params)
    backward = request.query_params.get("direction", "backward") == "backward"
    if backward:
        found.reverse()
    shown, more = found[:limit], len(found) > limit
    if more and backward:
        end = shown[-1]["timestamp"]
    elif more:
        start = shown[-1]["timestamp"]
    logs = [log_as_vendor(line) for line in shown]
    return {"hasMore": more, "nextStartTime": start, "nextEndTime": end, "logs": logs}


def _moment(text: str | None, default: float) -> str:
    try:
        return times.text(times.seconds(text) if text else default)
    except ValueError:
        raise InvalidError(f"invalid time: {text}") from None


def _own_id(entry: dict[str, Any]) -> str:
    return str(entry["id"])


_NO_QUERY = Request({"type": "http", "query_string": b"", "headers": []}).query_params
