"""The parameters of Checkout sessions.

Source: https://docs.stripe.com/api/checkout/sessions/create.
"""

from stackwright.sandbox.stripe.parameters import (
    MOMENT,
    SPAN,
    Array,
    Boolean,
    Choice,
    Integer,
    Metadata,
    Text,
    choice,
    listing,
    not_emulated,
    operation,
    record,
)

CREATE = operation(
    ("customer", "customer_email"),
    ("allow_promotion_codes", "discounts"),
    allow_promotion_codes=Boolean(),
    allowed_payment_method_types=Array(of=Text()),
    billing_address_collection=choice("auto", "required"),
    cancel_url=Text(),
    client_reference_id=Text(limit=200),
    currency=Text(),
    customer=Text(),
    customer_email=Text(limit=800),
    customer_update=record(
        address=choice("auto", "never"), name=choice("auto", "never"),
        shipping=choice("auto", "never"),
    ),
    discounts=Array(of=record(coupon=Text(), promotion_code=Text()), limit=20),
    expires_at=MOMENT,
    line_items=Array(
        of=record(
            price=Text(),
            quantity=Integer(low=0),
            metadata=Metadata(),
            **not_emulated("adjustable_quantity", "price_data", "tax_rates"),
        ),
        limit=20,
    ),
    locale=Text(),
    metadata=Metadata(),
    mode=choice("payment", "setup", "subscription"),
    payment_method_collection=choice("always", "if_required"),
    payment_method_types=Array(of=Text()),
    subscription_data=record(
        description=Text(limit=500),
        metadata=Metadata(),
        trial_end=MOMENT,
        trial_period_days=Integer(low=1, high=730),
        trial_settings=record(
            end_behavior=record(
                missing_payment_method=choice("cancel", "create_invoice", "pause", required=True)
            )
        ),
        **not_emulated(
            "application_fee_percent", "billing_cycle_anchor", "billing_cycle_anchor_config",
            "billing_mode", "default_tax_rates", "invoice_settings", "on_behalf_of",
            "pending_invoice_item_interval", "proration_behavior", "transfer_data",
        ),
    ),
    submit_type=choice("auto", "book", "donate", "pay", "subscribe"),
    success_url=Text(),
    ui_mode=Choice(words=("hosted_page", "hosted")),
    **not_emulated(
        "adaptive_pricing", "after_expiration", "automatic_tax",
        "branding_settings", "consent_collection", "custom_fields", "custom_text",
        "customer_account", "customer_creation", "excluded_payment_method_types",
        "integration_identifier", "invoice_creation", "managed_payments", "name_collection",
        "optional_items", "origin_context", "payment_intent_data", "payment_method_configuration",
        "payment_method_data", "payment_method_options", "permissions", "phone_number_collection",
        "redirect_on_completion", "return_url", "saved_payment_method_options",
        "setup_intent_data", "shipping_address_collection", "shipping_options",
        "tax_id_collection", "wallet_options",
    ),
)  # fmt: skip
UPDATE = operation(
    metadata=Metadata(),
    **not_emulated(
        "collected_information", "line_items", "payment_intent_data", "shipping_options"
    ),
)
RETRIEVE = operation()
EXPIRE = operation()
LINE_ITEMS = listing()
LIST = listing(
    created=SPAN,
    customer=Text(),
    customer_details=record(email=Text(required=True)),
    status=choice("complete", "expired", "open"),
    subscription=Text(),
    **not_emulated("customer_account", "payment_intent", "payment_link"),
)
