"""Webhook endpoints: at most 16 a mode, the signing secret only in the answer to the POST.

Immutable: `api_version`, `connect`. Deletion is real. Stripe itself wants public HTTPS addresses;
this stand-in also takes plain HTTP on a loopback address, where the sandbox's services are.
Source: https://docs.stripe.com/api/webhook_endpoints.
"""

from importlib.resources import files
from ipaddress import ip_address
from urllib.parse import urlsplit

from stackwright.sandbox.stripe import lists, versions
from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.mode import Mode, Object, Params, assign
from stackwright.sandbox.stripe.parameters import (
    Array,
    Boolean,
    Choice,
    Metadata,
    Text,
    listing,
    operation,
)

KIND = "webhook_endpoint"
MOST = 16
ANY_EVENT = "*"
EVENT_TYPES = tuple((files(__package__) / "event_types.txt").read_text().split())

_EVENT = Choice(words=(ANY_EVENT, *EVENT_TYPES))
CREATE = operation(
    url=Text(required=True, limit=2048),
    enabled_events=Array(required=True, of=_EVENT, limit=1000),
    api_version=Choice(words=versions.KNOWN),
    connect=Boolean(),
    description=Text(unset=True),
    metadata=Metadata(),
)
UPDATE = operation(
    url=Text(limit=2048),
    enabled_events=Array(of=_EVENT, limit=1000),
    disabled=Boolean(),
    description=Text(unset=True),
    metadata=Metadata(),
)
RETRIEVE = operation()
DELETE = operation()
LIST = listing()


def create(mode: Mode, params: Params) -> Object:
    """A new endpoint; the answer alone carries `secret`."""
    _check_url(params["url"])
    _check_events(params["enabled_events"])
    if len(mode.all(KIND)) >= MOST:
        raise InvalidRequest(
            f"You have reached the maximum of {MOST} {mode.name} webhook endpoints."
        )
    endpoint = mode.fresh(
        KIND,
        api_version=params.get("api_version"),
        application=None,
        description=params.get("description"),
        enabled_events=params["enabled_events"],
        metadata={},
        status="enabled",
        url=params["url"],
        _secret="whsec_" + mode.world.ids.alnum(32),
    )
    assign(endpoint, params, "metadata")
    mode.save(endpoint)
    return {**endpoint, "secret": endpoint["_secret"]}


def update(mode: Mode, params: Params, name: str) -> Object:
    """Change what may change; `enabled_events` replaces the whole list."""
    endpoint = mode.require(KIND, name)
    if "url" in params:
        _check_url(params["url"])
    if "enabled_events" in params:
        _check_events(params["enabled_events"])
    assign(endpoint, params, "url", "enabled_events", "description", "metadata")
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return mode.save(endpoint)


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One endpoint, without its secret."""
    return mode.require(KIND, name)


def list_all(mode: Mode, params: Params) -> Object:
    """The endpoints, newest first."""
    return lists.page(mode, KIND, params, "/v1/webhook_endpoints")


def delete(mode: Mode, params: Params, name: str) -> Object:
    """Remove an endpoint; what was still to be delivered to it is dropped."""
    return mode.delete(mode.require(KIND, name))


def listeners(mode: Mode, event_type: str) -> list[Object]:
    """The enabled endpoints that want events of a type, oldest first."""
    return [
        endpoint
        for endpoint in reversed(mode.all(KIND))
        if endpoint["status"] == "enabled"
        and {ANY_EVENT, event_type} & set(endpoint["enabled_events"])
    ]


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine by its name alone."""
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_url(url: str) -> None:
    scheme = _scheme(url)
    if scheme not in ("http", "https"):
        raise InvalidRequest(
            "Invalid URL: An explicit scheme (such as https) must be provided.",
            param="url",
            code="url_invalid",
        )
    if scheme == "http" and not is_loopback(url):
        raise InvalidRequest(
            "Invalid URL: a webhook endpoint must be an https address that is publicly accessible"
            " (the sandbox also takes http on a loopback address).",
            param="url",
            code="url_invalid",
        )


def _scheme(url: str) -> str:
    """The scheme of a complete web address, empty for anything else."""
    try:
        parts = urlsplit(url)
        complete = parts.hostname and parts.port != 0
    except ValueError:
        return ""
    return parts.scheme if complete else ""


def _check_events(events: list[str]) -> None:
    if not events:
        raise InvalidRequest(
            "Invalid array: enabled_events must hold at least one event", param="enabled_events"
        )
    if ANY_EVENT in events and len(events) > 1:
        raise InvalidRequest(
            "Invalid enabled_events: '*' already means every event and must stand alone",
            param="enabled_events",
        )
