"""Stripe's test cards, and the payment methods made of them. No card number is ever kept.

Source: https://docs.stripe.com/testing.
"""

from dataclasses import dataclass

from stackwright.sandbox.stripe.errors import CardDeclined, InvalidRequest
from stackwright.sandbox.stripe.mode import Mode, Object, Params
from stackwright.sandbox.stripe.parameters import Text, operation

KIND = "payment_method"
RETRIEVE = operation()
ATTACH = operation(customer=Text(required=True))


@dataclass(frozen=True)
class Card:
    """A test card: `decline` is the code that every charge ends with; `saves` tells whether it
    can be attached to a customer all the same."""

    number: str
    brand: str = "visa"
    decline: str | None = None
    saves: bool = True


CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242"),
        Card("5555555555554444", "mastercard"),
        Card("378282246310005", "amex"),
        Card("4000000000000002", decline="generic_decline", saves=False),
        Card("4000000000009995", decline="insufficient_funds", saves=False),
        Card("4000000000000341", decline="generic_decline"),
    )
}
SHORTHANDS = {
    "pm_card_visa": CARDS["4242424242424242"],
    "pm_card_mastercard": CARDS["5555555555554444"],
    "pm_card_amex": CARDS["378282246310005"],
    "pm_card_chargeCustomerFail": CARDS["4000000000000341"],
}
_WORDS = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
}


def read(number: str) -> Card:
    """The test card of a typed number; raises `CardDeclined` for any other number."""
    digits = "".join(sign for sign in number if sign.isdigit())
    if digits not in CARDS:
        raise CardDeclined(
            "Your card was declined. Your request was in test mode, but used a non test card."
            " For a list of valid test cards, visit: https://stripe.com/docs/testing.",
        )
    card = CARDS[digits]
    if not card.saves:
        raise CardDeclined(_WORDS[card.decline or "generic_decline"])
    return card


def keep(mode: Mode, card: Card, customer: Object, email: str | None = None) -> Object:
    """A payment method of this card that belongs to the customer."""
    return mode.save(
        mode.fresh(
            KIND,
            allow_redisplay="limited",
            billing_details={
                "address": dict.fromkeys(
                    ("city", "country", "line1", "line2", "postal_code", "state")
                ),
                "email": email or customer["email"],
                "name": customer["name"],
                "phone": None,
                "tax_id": None,
            },
            card=_shown(card),
            customer=customer["id"],
            customer_account=None,
            metadata={},
            type="card",
            _decline=card.decline,
        )
    )


def of_customer(mode: Mode, name: str, customer: Object, param: str) -> Object:
    """The payment method that a parameter names: one of the customer's own, or a shorthand such
    as `pm_card_visa`, which is attached at once."""
    if name in SHORTHANDS:
        return keep(mode, SHORTHANDS[name], customer)
    method = mode.require(KIND, name, param)
    if method["customer"] != customer["id"]:
        raise InvalidRequest(
            f"The customer does not have a payment method with the ID {name}. The payment method"
            " must be attached to the customer.",
            param=param,
            code="resource_missing",
        )
    return method


def refusal(method: Object | None) -> str | None:
    """Why a charge of this payment method fails, in Stripe's words; None when it succeeds."""
    if method is None:
        return "This customer has no attached payment source or default payment method."
    decline = method["_decline"]
    return _WORDS[decline] if decline else None


def retrieve(mode: Mode, params: Params, name: str) -> Object:
    """One payment method."""
    return mode.require(KIND, name)


def attach(mode: Mode, params: Params, name: str) -> Object:
    """Give a payment method, in practice a shorthand such as `pm_card_visa`, to a customer."""
    from stackwright.sandbox.stripe import customers

    customer = customers.living(mode, params["customer"], "customer")
    mode = mode.changing(customer)
    return of_customer(mode, name, customer, "payment_method")


def _shown(card: Card) -> Object:
    return {
        "brand": card.brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"sandbox{card.number[-4:]}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.number[-4:],
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
