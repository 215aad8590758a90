"""Customer portal sessions: `url` opens a page on which a customer cancels at the period's end,
takes that back, or changes the card.

Source: https://docs.stripe.com/api/customer_portal/sessions.
"""

from stackwright.sandbox.stripe import customers, portal_configurations, subscription_api
from stackwright.sandbox.stripe.errors import InvalidRequest
from stackwright.sandbox.stripe.events import emit
from stackwright.sandbox.stripe.mode import Mode, Object, Params
from stackwright.sandbox.stripe.parameters import Text, not_emulated, operation

KIND = "billing_portal.session"
CREATE = operation(
    customer=Text(required=True),
    configuration=Text(),
    locale=Text(),
    return_url=Text(),
    **not_emulated("after_expiration", "customer_account", "flow_data", "on_behalf_of"),
)
MINUTES_OPEN = 60


def create(mode: Mode, params: Params) -> Object:
    """A link for one customer, good for an hour."""
    customer = customers.living(mode, params["customer"], "customer")
    configuration = _configuration(mode, params.get("configuration"))
    session = mode.fresh(
        KIND,
        configuration=configuration["id"],
        customer=customer["id"],
        customer_account=None,
        flow=None,
        locale=params.get("locale"),
        on_behalf_of=None,
        return_url=params.get("return_url") or configuration["default_return_url"],
        url=f"{mode.world.urls.get('stripe', '')}/p/session/{mode.name}_",
    )
    session["url"] += session["id"]
    mode.save(session)
    emit(mode, "billing_portal.session.created", session)
    return session


def _configuration(mode: Mode, name: str | None) -> Object:
    if name is None:
        return portal_configurations.default(mode)
    configuration = mode.require(portal_configurations.KIND, name, "configuration")
    if not configuration["active"]:
        raise InvalidRequest(f"The configuration {name} is inactive.", param="configuration")
    return configuration


def opened(mode: Mode, name: str) -> Object:
    """The session, while its link is good."""
    session = mode.require(KIND, name)
    if session["created"] + MINUTES_OPEN * 60 <= mode.now():
        raise InvalidRequest("This portal session has expired.")
    return session


def cancel(mode: Mode, session: Object, subscription: str) -> None:
    """The customer cancels one of their subscriptions, as the configuration lets them."""
    feature = _cancelling(mode, session)
    _own(mode, session, subscription)
    if feature["mode"] == "immediately":
        subscription_api.cancel(mode, {}, subscription)
    else:
        subscription_api.update(mode, {"cancel_at_period_end": True}, subscription)


def keep(mode: Mode, session: Object, subscription: str) -> None:
    """The customer takes a cancellation back."""
    _own(mode, session, subscription)
    subscription_api.update(mode, {"cancel_at_period_end": False}, subscription)


def _cancelling(mode: Mode, session: Object) -> Object:
    configuration = mode.require(portal_configurations.KIND, session["configuration"])
    feature: Object = configuration["features"]["subscription_cancel"]
    if not feature["enabled"]:
        raise InvalidRequest("This portal does not let customers cancel.")
    return feature


def _own(mode: Mode, session: Object, name: str) -> None:
    subscription = mode.require("subscription", name)
    if subscription["customer"] != session["customer"]:
        raise InvalidRequest("This subscription belongs to another customer.")
