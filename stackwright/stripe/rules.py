"""What the transport layers must know about Stripe."""

from stackwright.http.rules import Rules, Table
from stackwright.stripe.errors import ADVICE, CONFLICTS, explain

API_VERSION = "2026-10-28.endive"
"""One version for requests, answers and webhook payloads; sent with every request."""

READS = Table(
    "GET /v1/account",
    "GET /v1/products",
    "GET /v1/products/{id}",
    "GET /v1/prices",
    "GET /v1/prices/{id}",
    "GET /v1/coupons",
    "GET /v1/coupons/{id}",
    "GET /v1/promotion_codes",
    "GET /v1/promotion_codes/{id}",
    "GET /v1/webhook_endpoints",
    "GET /v1/webhook_endpoints/{id}",
    "GET /v1/billing_portal/configurations",
    "GET /v1/billing_portal/configurations/{id}",
)

# Stripe sends no rate headers: its 429 and a jittered back-off are all there is.
RULES = Rules(
    vendor="Stripe",
    key_variable="STRIPE_API_KEY",
    url_variable="STRIPE_API_BASE",
    reads=READS,
    explain=explain,
    advice=ADVICE,
    conflicts=CONFLICTS,
    idempotency_header="Idempotency-Key",
    headers={"Stripe-Version": API_VERSION},
)
