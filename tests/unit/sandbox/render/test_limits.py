from pathlib import Path

import pytest

from stackwright.sandbox.render.errors import TooManyRequestsError
from stackwright.sandbox.render.limits import Limits, bucket
from stackwright.sandbox.world import World, memory_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return memory_world(tmp_path)


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("GET", "/v1/services", "read"),
        ("GET", "/v1/logs", "logs"),
        ("POST", "/v1/services", "create"),
        ("PATCH", "/v1/services/srv-1", "service"),
        ("POST", "/v1/services/srv-1/deploys", "service"),
        ("PUT", "/v1/services/srv-1/env-vars", "write"),
        ("DELETE", "/v1/services/srv-1", "write"),
        ("POST", "/v1/services/srv-1/custom-domains", "domains"),
    ],
)
def test_each_request_counts_in_its_bucket(method: str, path: str, kind: str) -> None:
    assert bucket(method, path)[0] == kind


def test_deploys_are_counted_for_each_service(world: World) -> None:
    limits = Limits(world)
    limits.take("POST", "/v1/services/srv-1/deploys")
    headers = limits.take("POST", "/v1/services/srv-2/deploys")
    assert headers["ratelimit-remaining"] == "9"


def test_the_headers_count_down_and_tell_the_seconds_left(world: World) -> None:
    limits = Limits(world)
    limits.take("GET", "/v1/services")
    world.clock.advance(15)
    assert limits.take("GET", "/v1/services") == {
        "ratelimit-limit": "400",
        "ratelimit-remaining": "398",
        "ratelimit-reset": "45",
    }


def test_a_used_up_limit_refuses_until_the_window_ends(world: World) -> None:
    world.set_setting("render.limits", {"create": [1, 60]})
    limits = Limits(world)
    limits.take("POST", "/v1/services")
    with pytest.raises(TooManyRequestsError) as refused:
        limits.take("POST", "/v1/services")
    assert refused.value.headers == {
        "ratelimit-limit": "1",
        "ratelimit-remaining": "0",
        "ratelimit-reset": "60",
        "retry-after": "60",
    }
    world.clock.advance(60)
    limits.take("POST", "/v1/services")


def test_a_changed_setting_starts_the_counts_anew(world: World) -> None:
    world.set_setting("render.limits", {"create": [1, 60]})
    limits = Limits(world)
    limits.take("POST", "/v1/services")
    world.set_setting("render.limits", {"create": [1, 61]})
    limits.take("POST", "/v1/services")
