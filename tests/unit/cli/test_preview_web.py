"""Which static site `stackwright preview-web` builds, and from what."""

from typing import Any

import pytest

from stackwright.cli.preview_web import _site
from stackwright.errors import UserInput
from stackwright.stack import Resource


def resource(kind: str, name: str, identity: str = "", **inputs: Any) -> Resource:
    token = f"stackwright:render:{kind}"
    return Resource(f"urn:pulumi:prod::shop::{token}::{name}", token, identity, inputs, {})


def service(name: str, kind: str = "static_site") -> Resource:
    declared = {"repo": f"https://example.com/{name}", "branch": "main", "publish_path": "dist"}
    declared |= {"build_command": "make", "type": kind}
    return resource("Service", name, f"srv-{name}", **declared)


def test_the_only_static_site_with_its_variables_and_its_commit() -> None:
    secret = {"4dabf18193072939515e22adb298388d": "sealed"}
    state = [
        service("web"),
        service("api", "web_service"),
        resource("EnvVars", "env", service="srv-web", values={"VITE_A": "1", "SEALED": secret}),
        resource("EnvVars", "other", service="srv-api", values={"VITE_B": "2"}),
        resource("Deploy", "deploy", service="srv-web", commit="abc"),
    ]
    site = _site(state, "prod", None)
    assert (site.repo, site.commit) == ("https://example.com/web", "abc")
    assert site.variables == {"VITE_A": "1"}


@pytest.mark.parametrize(
    ("state", "name", "said"),
    [
        ([], None, "stack prod has no static site yet: run `pulumi up --stack prod`"),
        ([service("a"), service("b")], None, r"several static sites \(a, b\): --service"),
        ([service("a")], "c", "has no static site c; it has a"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(
    state: list[Resource], name: str | None, said: str
) -> None:
    with pytest.raises(UserInput, match=said):
        _site(state, "prod", name)


def test_one_of_several_is_chosen_by_its_name() -> None:
    assert _site([service("a"), service("b")], "prod", "b").repo == "https://example.com/b"
