"""Render's own Python SDK drives the stand-in; each answer must parse to the SDK's own model.

The SDK's `ServicePOST.from_dict` takes the first kind of details that parses, which is a static
site's for any dictionary; so the details are built as what they are.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from render.public_api import AuthenticatedClient
from render.public_api import models as m
from render.public_api.api.deploys import (
    cancel_deploy,
    create_deploy,
    list_deploys,
    retrieve_deploy,
)
from render.public_api.api.logs import list_logs
from render.public_api.api.services import (
    create_service,
    delete_env_var,
    delete_service,
    get_env_vars_for_service,
    list_services,
    resume_service,
    retrieve_env_var,
    retrieve_service,
    suspend_service,
    update_env_var,
    update_env_vars_for_service,
    update_secret_files_for_service,
    update_service,
)
from render.public_api.api.services_headers import list_headers, update_headers
from render.public_api.api.services_routes import add_route, put_routes
from render.public_api.api.users import get_user
from render.public_api.types import Response

from stackwright.sandbox.world import World
from tests.compat.render_server import stand_in
from tests.sandbox.render.helpers import repository


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with stand_in(tmp_path_factory.mktemp("render")) as world:
        yield world


@pytest.fixture(scope="module")
def client(world: World) -> Iterator[AuthenticatedClient]:
    signed_in = AuthenticatedClient(
        base_url=f"{world.urls['render']}/v1",
        token=world.credentials("render")["api_key"],
        raise_on_unexpected_status=True,
        httpx_args={"trust_env": False},
    )
    with signed_in as client:
        yield client


class Sdk:
    """The SDK's calls with one client; an answer is given as the model it was parsed to."""

    def __init__(self, client: AuthenticatedClient, owner: str, repo: str) -> None:
        self.client = client
        self.owner = owner
        self.repo = repo

    def call(self, endpoint: Any, *ids: str, status: int = 200, **more: Any) -> Any:
        """The parsed body of an answer that must have that status."""
        answer: Response[Any] = endpoint.sync_detailed(*ids, client=self.client, **more)
        assert answer.status_code == status, answer.content
        return answer.parsed

    def refused(self, endpoint: Any, *ids: str, status: int, **more: Any) -> str:
        """The message of a refusal, parsed to the SDK's model of an error."""
        error = self.call(endpoint, *ids, status=status, **more)
        assert isinstance(error, m.Error)
        return str(error.message)

    def create(self, name: str, type_: m.ServiceType, details: Any, **more: Any) -> m.Service:
        """A new service."""
        body = m.ServicePOST(
            type_=type_,
            name=name,
            owner_id=self.owner,
            repo=self.repo,
            service_details=details,
            **more,
        )
        made = self.call(create_service, body=body, status=201)
        assert isinstance(made, m.ServiceAndDeploy)
        assert isinstance(made.service, m.Service)
        assert str(made.deploy_id).startswith("dep-")
        return made.service

    def static_site(self, name: str, build: str = "true") -> m.Service:
        """A new static site."""
        details = m.StaticSiteDetailsPOST(build_command=build, publish_path=".")
        return self.create(name, m.ServiceType.STATIC_SITE, details)

    def ended(self, service: m.Service, deploy_id: str) -> m.Deploy:
        """A deploy after its end."""
        while True:
            deploy: m.Deploy = self.call(retrieve_deploy, service.id, deploy_id)
            if deploy.finished_at:
                return deploy


@pytest.fixture(scope="module")
def sdk(client: AuthenticatedClient, world: World, tmp_path_factory: pytest.TempPathFactory) -> Sdk:
    repo = repository(tmp_path_factory.mktemp("git") / "repo", {"index.html": "hello"})
    return Sdk(client, f"tea-sandbox{world.sandbox_id}", repo)


@pytest.fixture
def site(sdk: Sdk) -> Iterator[m.Service]:
    site = sdk.static_site("site")
    yield site
    sdk.call(delete_service, site.id, status=204)


def test_a_static_site_is_created_and_read_back(sdk: Sdk, site: m.Service) -> None:
    assert isinstance(site.service_details, m.StaticSiteDetails)
    assert (site.name, site.type_) == ("site", m.ServiceType.STATIC_SITE)
    found = sdk.call(retrieve_service, site.id)
    assert found.to_dict() == site.to_dict()


def test_a_web_service_is_created_as_what_it_is(sdk: Sdk) -> None:
    details = m.WebServiceDetailsPOST(
        runtime=m.ServiceRuntime.PYTHON,
        env_specific_details=m.NativeEnvironmentDetailsPOST("true", "python3 -m http.server $PORT"),
        health_check_path="/",
    )
    env_vars = [m.EnvVarKeyValue("COLOUR", "blue")]
    made = sdk.create(
        "api",
        m.ServiceType.WEB_SERVICE,
        details,
        env_vars=env_vars,
        auto_deploy_trigger=m.AutoDeployTrigger.OFF,
    )
    assert isinstance(made.service_details, m.WebServiceDetails)
    assert made.auto_deploy == m.AutoDeploy.NO
    [kept] = sdk.call(get_env_vars_for_service, made.id)
    assert (kept.env_var.key, kept.env_var.value) == ("COLOUR", "blue")
    changed = sdk.call(
        update_service,
        made.id,
        body=m.ServicePATCH(service_details=m.WebServiceDetailsPATCH(health_check_path="/healthy")),
    )
    assert changed.service_details.health_check_path == "/healthy"
    sdk.call(delete_service, made.id, status=204)


def test_services_are_listed_by_name_and_in_pages(sdk: Sdk, site: m.Service) -> None:
    other = sdk.static_site("other")
    [found] = sdk.call(list_services, name=["other"], owner_id=[sdk.owner])
    assert found.service.id == other.id
    [first] = sdk.call(list_services, limit=1)
    [second] = sdk.call(list_services, limit=1, cursor=first.cursor)
    assert {first.service.id, second.service.id} == {site.id, other.id}
    sdk.call(delete_service, other.id, status=204)


def test_env_vars_are_put_listed_and_deleted(sdk: Sdk, site: m.Service) -> None:
    wanted = [m.EnvVarKeyValue("A", "1"), m.EnvVarKeyGenerateValue("B", True)]
    put = sdk.call(update_env_vars_for_service, site.id, body=wanted)
    assert [entry.env_var.key for entry in put] == ["A", "B"]
    assert sdk.call(get_env_vars_for_service, site.id) == put
    one = sdk.call(update_env_var, site.id, "A", body=m.EnvVarValue("2"))
    assert (one.key, one.value) == ("A", "2")
    sdk.call(delete_env_var, site.id, "B", status=204)
    assert sdk.call(retrieve_env_var, site.id, "A").value == "2"
    assert sdk.refused(retrieve_env_var, site.id, "B", status=404) == "not found: B"


def test_secret_files_headers_and_routes_are_replaced(sdk: Sdk, site: m.Service) -> None:
    files = [m.SecretFileInput("key.pem", "words")]
    [file] = sdk.call(update_secret_files_for_service, site.id, body=files)
    assert (file.secret_file.name, file.secret_file.content) == ("key.pem", "words")
    headers = [m.HeaderInput("/*", "X-Frame-Options", "DENY")]
    [header] = sdk.call(update_headers, site.id, body=headers)
    [listed] = sdk.call(list_headers, site.id)
    assert listed.header == header
    routes = [m.RoutePut(m.RouteType.REWRITE, "/*", "/index.html")]
    [route] = sdk.call(put_routes, site.id, body=routes)
    assert (route.source, route.priority) == ("/*", 0)
    added = m.RoutePost(m.RouteType.REDIRECT, "/old", "/new", priority=0)
    assert sdk.call(add_route, site.id, body=added, status=201).source == "/old"


def test_a_deploy_is_triggered_and_goes_live(sdk: Sdk, site: m.Service) -> None:
    [first] = sdk.call(list_deploys, site.id)
    sdk.ended(site, first.deploy.id)
    begun = sdk.call(create_deploy, site.id, body=m.CreateDeployBody(), status=201)
    assert isinstance(begun, m.Deploy)
    ended = sdk.ended(site, begun.id)
    assert (ended.status, ended.trigger) == (m.DeployStatus.LIVE, m.DeployTrigger.API)
    [newest, older] = sdk.call(list_deploys, site.id)
    assert (newest.deploy, older.deploy.status) == (ended, m.DeployStatus.DEACTIVATED)
    said = sdk.call(list_logs, owner_id=sdk.owner, resource=[site.id], limit=100)
    assert "==> Your service is live 🎉" in [line.message for line in said.logs]


def test_a_running_deploy_is_canceled_and_then_no_more(sdk: Sdk) -> None:
    slow = sdk.static_site("slow", "sleep 60")
    [begun] = sdk.call(list_deploys, slow.id)
    canceled = sdk.call(cancel_deploy, slow.id, begun.deploy.id)
    assert canceled.status == m.DeployStatus.CANCELED
    message = sdk.refused(cancel_deploy, slow.id, canceled.id, status=400)
    assert message == f"deploy {canceled.id} is already canceled"
    sdk.call(delete_service, slow.id, status=204)


def test_a_suspended_service_takes_no_deploy_until_it_is_resumed(sdk: Sdk, site: m.Service) -> None:
    sdk.call(suspend_service, site.id, status=202)
    found = sdk.call(retrieve_service, site.id)
    assert (found.suspended.value, found.suspenders) == ("suspended", [m.SuspenderType.USER])
    message = sdk.refused(create_deploy, site.id, body=m.CreateDeployBody(), status=409)
    assert message == "the service is suspended: resume it first"
    sdk.call(resume_service, site.id, status=202)
    assert sdk.call(retrieve_service, site.id).suspended.value == "not_suspended"


def test_a_deleted_service_is_gone(sdk: Sdk) -> None:
    gone = sdk.static_site("gone")
    sdk.call(delete_service, gone.id, status=204)
    for act in (retrieve_service, delete_service, list_deploys):
        assert sdk.refused(act, gone.id, status=404) == f"not found: {gone.id}"


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"name": "site"}, 409, "name already in use: site"),
    ({"owner_id": "tea-other"}, 404, "not found: tea-other"),
    ({"repo": ""}, 400, "repo or image is required"),
]


@pytest.mark.parametrize(("wrong", "status", "message"), REFUSED)
def test_a_wrong_service_is_refused_in_words(
    sdk: Sdk, site: m.Service, wrong: dict[str, Any], status: int, message: str
) -> None:
    fields = {"name": "new", "owner_id": sdk.owner, "repo": sdk.repo} | wrong
    body = m.ServicePOST(m.ServiceType.STATIC_SITE, **fields)
    assert sdk.refused(create_service, body=body, status=status) == message
    assert len(sdk.call(list_services)) == 1


def test_a_wrong_key_is_no_user(sdk: Sdk, client: AuthenticatedClient, world: World) -> None:
    assert sdk.call(get_user).email == "sandbox@example.com"
    address = f"{world.urls['render']}/v1"
    with AuthenticatedClient(base_url=address, token="no key") as stranger:
        answer = get_user.sync_detailed(client=stranger)
    assert (answer.status_code, answer.parsed) == (401, m.Error(message="Unauthorized"))
