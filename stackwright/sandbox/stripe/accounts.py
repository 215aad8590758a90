"""The account itself: `GET /v1/account`, the answer to "who am I".

Source: https://docs.stripe.com/api/accounts.
"""

from stackwright.sandbox.stripe.keys import account_id, check_account
from stackwright.sandbox.stripe.mode import Mode, Object, Params
from stackwright.sandbox.stripe.parameters import operation

KIND = "account"
RETRIEVE = operation()
_NOTHING_DUE: Object = {
    "alternatives": [],
    "current_deadline": None,
    "currently_due": [],
    "disabled_reason": None,
    "errors": [],
    "eventually_due": [],
    "past_due": [],
    "pending_verification": [],
}
_ADDRESS = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_PROFILE = dict.fromkeys(
    (
        "annual_revenue",
        "estimated_worker_count",
        "mcc",
        "minority_owned_business_designation",
        "name",
        "product_description",
        "support_email",
        "support_phone",
        "support_url",
        "url",
    )
)


def retrieve(mode: Mode, params: Params) -> Object:
    """The account that the key belongs to. It has no `livemode`."""
    name = account_id(mode.world)
    return {
        "id": name,
        "object": KIND,
        "business_profile": {**_PROFILE, "name": "Sandbox", "support_address": _ADDRESS},
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "created": 1_700_000_000,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "owner@sandbox.localhost",
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/accounts/{name}/external_accounts",
        },
        "future_requirements": _NOTHING_DUE,
        "metadata": {},
        "payouts_enabled": True,
        "requirements": _NOTHING_DUE,
        "settings": _settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": "standard",
    }


def retrieve_by_id(mode: Mode, params: Params, name: str) -> Object:
    """The account by its id; any other is out of reach."""
    check_account(mode.world, name)
    return retrieve(mode, params)


def _settings() -> Object:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": dict.fromkeys(("icon", "logo", "primary_color", "secondary_color")),
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": "Sandbox", "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
        "payments": {
            "statement_descriptor": "SANDBOX",
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }
