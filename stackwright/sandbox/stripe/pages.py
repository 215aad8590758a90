"""The pages that Stripe hosts for a product's customers: Checkout, invoice, customer portal.

Plain HTML and forms, no scripts: a person, curl or a browser under test can use them.
"""

from datetime import UTC, datetime
from html import escape
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from stackwright.sandbox.stripe import checkout_sessions, invoices, portal_sessions
from stackwright.sandbox.stripe.checkout_sessions import Payer
from stackwright.sandbox.stripe.currencies import shown
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.errors import NotFound, StripeError
from stackwright.sandbox.stripe.forms import decode
from stackwright.sandbox.stripe.mode import Mode, Object
from stackwright.sandbox.world import World

TEST_CARD = "4242 4242 4242 4242"
_HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
_FRAME = """<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title><style>
body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}}
label{{display:block;margin:.8rem 0}}input{{display:block;width:100%;padding:.5rem;font:inherit;
box-sizing:border-box}}button{{padding:.6rem 1.2rem;font:inherit;margin-top:.5rem}}
.note{{color:#555}}.error{{color:#a00}}td{{padding:.2rem 1rem .2rem 0}}
</style></head><body><p class="note">Stripe stand-in of the sandbox: no money moves.</p>
<h1>{title}</h1>{body}</body></html>"""


class Pages:
    """Answers the browser out of a world."""

    def __init__(self, world: World, deliverer: Deliverer) -> None:
        self._world = world
        self._deliverer = deliverer

    async def checkout(self, request: Request) -> Response:
        """`GET /c/pay/{session}`: what is for sale, and the form that pays."""
        name = request.path_params["session"]
        request.state.write = False
        return self._checkout(name, self._mode(name.removeprefix("cs_")))

    async def pay(self, request: Request) -> Response:
        """`POST /c/pay/{session}`: pays, then goes to the product's success page."""
        name = request.path_params["session"]
        mode = self._mode(name.removeprefix("cs_"))
        form = await _form(request)
        payer = Payer(
            form.get("email", ""), form.get("card", ""), form.get("name"), form.get("code")
        )
        try:
            with self._world.store.transaction():
                session = checkout_sessions.complete(mode, name, payer)
        except StripeError as error:
            request.state.write = False
            return self._checkout(name, mode, error)
        self._deliverer.wake()
        target = session["success_url"].replace("{CHECKOUT_SESSION_ID}", quote(session["id"]))
        return RedirectResponse(target, 303)

    def _checkout(self, name: str, mode: Mode, error: StripeError | None = None) -> Response:
        try:
            session = checkout_sessions.opened(mode, name)
        except StripeError as refusal:
            return _page("Checkout", f"<p>{escape(refusal.message)}</p>", _status(refusal))
        return _page("Pay", _checkout_body(mode, session, error), 402 if error else 200)

    async def invoice(self, request: Request) -> Response:
        """`GET /i/{session}`: an invoice, with a form while it is unpaid."""
        request.state.write = False
        mode, name = self._hosted(request)
        return _invoice_page(mode, name)

    async def settle(self, request: Request) -> Response:
        """`POST /i/{session}`: pays the invoice by `card`."""
        mode, name = self._hosted(request)
        form = await _form(request)
        try:
            with self._world.store.transaction():
                invoices.pay_by_card(mode, name, form.get("card", ""))
        except StripeError as error:
            request.state.write = False
            return _invoice_page(mode, name, error)
        self._deliverer.wake()
        return RedirectResponse(request.url.path, 303)

    async def portal(self, request: Request) -> Response:
        """`GET /p/session/{session}`: the customer's subscriptions."""
        request.state.write = False
        mode, name = self._hosted(request)
        return self._portal(mode, name)

    async def act(self, request: Request) -> Response:
        """`POST /p/session/{session}`: `action` is cancel or keep, of `subscription`."""
        mode, name = self._hosted(request)
        form = await _form(request)
        actions = {"cancel": portal_sessions.cancel, "keep": portal_sessions.keep}
        try:
            with self._world.store.transaction():
                session = portal_sessions.opened(mode, name)
                actions[form.get("action", "")](mode, session, form.get("subscription", ""))
        except KeyError:
            return _page("Customer portal", "<p>Unknown action.</p>", 400)
        except StripeError as error:
            request.state.write = False
            return self._portal(mode, name, error)
        self._deliverer.wake()
        return RedirectResponse(request.url.path, 303)

    def _portal(self, mode: Mode, name: str, error: StripeError | None = None) -> Response:
        try:
            session = portal_sessions.opened(mode, name)
        except StripeError as refusal:
            return _page("Customer portal", f"<p>{escape(refusal.message)}</p>", _status(refusal))
        return _page("Customer portal", _portal_body(mode, session, error), 400 if error else 200)

    def _hosted(self, request: Request) -> tuple[Mode, str]:
        mode, _, name = request.path_params["session"].partition("_")
        return self._mode(mode), name

    def _mode(self, word: str) -> Mode:
        return Mode(self._world, word.startswith("live"))


async def _form(request: Request) -> dict[str, str]:
    fields = decode((await request.body()).decode(errors="replace"))
    return {key: value for key, value in fields.items() if isinstance(value, str) and value}


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(_FRAME.format(title=escape(title), body=body), status, _HEADERS)


def _status(error: StripeError) -> int:
    return 404 if isinstance(error, NotFound) else 410


def _checkout_body(mode: Mode, session: Object, error: StripeError | None) -> str:
    due = shown(session["amount_total"], session["currency"])
    email = session["customer_email"] or _email_of(mode, session["customer"])
    code = _field("Promotion code", "code") if session["allow_promotion_codes"] else ""
    back = _link(session["cancel_url"], "Cancel")
    return f"""<table>{"".join(_row(mode, line) for line in session["line_items"]["data"])}</table>
<p>Due today: <strong id="due">{escape(due)}</strong></p>{_error(error)}
<form method="post">{_field("E-mail", "email", email, required=True)}{_field("Name", "name")}
{_field("Card number", "card", TEST_CARD, required=True)}{code}
<p class="note">4242 4242 4242 4242 pays; 4000 0000 0000 0002 is declined;
4000 0000 0000 0341 is saved, and every charge of it fails.</p>
<button type="submit">Pay {escape(due)}</button></form><p>{back}</p>"""


def _email_of(mode: Mode, customer: str | None) -> str:
    found = mode.find("customer", customer) if customer else None
    return (found or {}).get("email") or ""


def _row(mode: Mode, line: Object) -> str:
    price = mode.require("price", line["price"])
    each = shown(price["unit_amount"] or 0, price["currency"])
    rhythm = price["recurring"]["interval"]
    name = escape(line["description"] or "")
    return f"<tr><td>{line['quantity']} {name}</td><td>{escape(each)} per {rhythm}</td></tr>"


def _field(label: str, name: str, value: str = "", *, required: bool = False) -> str:
    must = " required" if required else ""
    return f'<label>{label}<input name="{name}" value="{escape(value)}"{must}></label>'


def _error(error: StripeError | None) -> str:
    return f'<p class="error" role="alert">{escape(error.message)}</p>' if error else ""


def _link(url: str | None, label: str) -> str:
    """A link to the product; anything but a web address is left out."""
    if not url or urlsplit(url).scheme not in ("http", "https"):
        return ""
    return f'<a href="{escape(url)}">{label}</a>'


def _invoice_page(mode: Mode, name: str, error: StripeError | None = None) -> Response:
    try:
        invoice = mode.require(invoices.KIND, name)
    except NotFound as refusal:
        return _page("Invoice", f"<p>{escape(refusal.message)}</p>", 404)
    total = escape(shown(invoice["total"], invoice["currency"]))
    number = escape(invoice["number"] or invoice["id"])
    body = f"<p>Invoice {number}: {total}, {invoice['status']}.</p>{_error(error)}"
    if invoice["status"] == "open":
        card = _field("Card number", "card", TEST_CARD, required=True)
        body += f'<form method="post">{card}<button type="submit">Pay {total}</button></form>'
    return _page("Invoice", body, 402 if error else 200)


def _portal_body(mode: Mode, session: Object, error: StripeError | None) -> str:
    found = mode.where("subscription", customer=session["customer"])
    rows = "".join(_subscription(mode, one) for one in found) or "<p>No subscriptions.</p>"
    return f"{_error(error)}{rows}<p>{_link(session['return_url'], 'Back')}</p>"


def _subscription(mode: Mode, subscription: Object) -> str:
    item = subscription["items"]["data"][0]
    price = mode.require("price", item["price"])
    product = mode.find("product", price["product"]) or {"name": price["product"]}
    ends = datetime.fromtimestamp(item["current_period_end"], UTC).date().isoformat()
    status = f"{subscription['status']}, period ends on {ends}"
    if subscription["cancel_at_period_end"]:
        status += ", will be cancelled then"
    heading = f"<h2>{escape(product['name'])}</h2><p>{status}</p>"
    return heading + _button(subscription)


def _button(subscription: Object) -> str:
    if subscription["status"] == "canceled":
        return ""
    action, label = (
        ("keep", "Keep") if subscription["cancel_at_period_end"] else ("cancel", "Cancel")
    )
    return f"""<form method="post"><input type="hidden" name="action" value="{action}">
<input type="hidden" name="subscription" value="{escape(subscription["id"])}">
<button type="submit">{label} subscription</button></form>"""
