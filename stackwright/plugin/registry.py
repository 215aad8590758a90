"""All kinds that the plugin serves, by type token. A new kind is one line here."""

from functools import cache

from stackwright.errors import UserInput
from stackwright.resource import Controller


@cache
def controllers() -> dict[str, Controller]:
    """Token to controller. Imported on first use: a start-up pays for what it serves."""
    from stackwright.probes.http import HttpController
    from stackwright.probes.stripe_event import StripeEventController
    from stackwright.render.deploy import DeployController
    from stackwright.render.env_vars import EnvVarsController
    from stackwright.render.service import ServiceController
    from stackwright.sql.backups import BackupController
    from stackwright.sql.migrations import MigrationsController
    from stackwright.sql.reference_data import ReferenceDataController
    from stackwright.stripe.coupon import CouponController
    from stackwright.stripe.portal_configuration import PortalConfigurationController
    from stackwright.stripe.price import PriceController
    from stackwright.stripe.product import ProductController
    from stackwright.stripe.promotion_code import PromotionCodeController
    from stackwright.stripe.webhook_endpoint import WebhookEndpointController
    from stackwright.supabase.functions import FunctionsController
    from stackwright.supabase.project import ProjectController
    from stackwright.supabase.secrets import SecretsController

    kinds: list[Controller] = [
        ProductController(),
        PriceController(),
        CouponController(),
        PromotionCodeController(),
        WebhookEndpointController(),
        PortalConfigurationController(),
        ServiceController(),
        EnvVarsController(),
        DeployController(),
        ProjectController(),
        SecretsController(),
        FunctionsController(),
        BackupController(),
        MigrationsController(),
        ReferenceDataController(),
        HttpController(),
        StripeEventController(),
    ]
    return {kind.token: kind for kind in kinds}


def controller(token: str) -> Controller:
    """The controller of a type token, or advice when there is none."""
    found = controllers().get(token)
    if found is None:
        known = ", ".join(sorted(controllers()))
        raise UserInput(f"stackwright serves no resource {token}; it serves {known}")
    return found
