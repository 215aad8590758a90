"""Parse a request, call the operation, render the answer. No rules of Stripe's objects here.

Order: key, rate limit, version, idempotency key, parameters, operation; each refuses in Stripe's
words. An operation runs in one transaction of the store: it happens as a whole or not at all.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from stackwright.sandbox.journal import NOT_EMULATED
from stackwright.sandbox.stripe import idempotency, keys, versions
from stackwright.sandbox.stripe.deliveries import Deliverer
from stackwright.sandbox.stripe.errors import InvalidRequest, StripeError, UnrecognizedUrl
from stackwright.sandbox.stripe.forms import decode
from stackwright.sandbox.stripe.limits import Limits
from stackwright.sandbox.stripe.mode import Mode, Params
from stackwright.sandbox.stripe.operation import Operation
from stackwright.sandbox.stripe.renewals import Renewals
from stackwright.sandbox.stripe.views import view
from stackwright.sandbox.world import World

FORM = "application/x-www-form-urlencoded"


class Api:
    """Answers API requests out of a world."""

    def __init__(self, world: World, deliverer: Deliverer, renewals: Renewals) -> None:
        self._world = world
        self._deliverer = deliverer
        self._renewals = renewals
        self._limits = Limits(world)

    async def answer(self, request: Request, operation: Operation) -> Response:
        """The answer to a request for a known operation."""
        request_id = "req_" + self._world.ids.alnum(14)
        try:
            return await self._answer(request, operation, request_id)
        except StripeError as error:
            return self._refuse(error, request_id)

    async def unrecognized(self, request: Request) -> Response:
        """The answer to a path that Stripe or the stand-in does not have."""
        request.state.note = NOT_EMULATED
        error = UnrecognizedUrl(request.method, request.url.path)
        return self._refuse(error, "req_" + self._world.ids.alnum(14))

    async def _answer(self, request: Request, operation: Operation, request_id: str) -> Response:
        body = await request.body()
        mode = self._identify(request, operation, request_id)
        memory = None
        if request.method == "POST" and mode.idempotency_key:
            memory = idempotency.memory(
                self._world, mode.name, mode.idempotency_key, "POST", request.url.path, body
            )
            if (kept := memory.recall()) is not None:
                request.state.write = False
                return self._replay(kept, mode)
        params = operation.parameters.read(_parameters(request, body), "")
        outcome = self._run(operation, mode, params, request, memory)
        if request.method != "GET":
            self._deliverer.wake()
            self._renewals.wake()
        return self._respond(outcome, mode)

    def _identify(self, request: Request, operation: Operation, request_id: str) -> Mode:
        key = keys.key_from(request.headers.get("authorization"))
        live = keys.is_live(self._world, key)
        keys.check_permission(key, operation.kind, request.method != "GET")
        keys.check_account(self._world, request.headers.get("stripe-account"))
        self._limits.take("live" if live else "test", f"{request.method} {operation.path}")
        version = versions.check(request.headers.get("stripe-version", versions.CURRENT))
        return Mode(self._world, live, version, request_id, request.headers.get("idempotency-key"))

    def _run(
        self,
        operation: Operation,
        mode: Mode,
        params: Params,
        request: Request,
        memory: idempotency.Memory | None,
    ) -> idempotency.Outcome:
        """Run, render and remember in one transaction; a refusal is an outcome too."""
        expand = params.pop("expand", None) or []
        request_id = mode.request_id or ""
        keep = memory.keep if memory else _forget
        try:
            with self._world.store.transaction():
                thing = operation.run(mode, params, *request.path_params.values())
                outcome = idempotency.Outcome(200, view(mode, thing, expand), request_id)
                keep(outcome)
        except StripeError as error:
            outcome = idempotency.Outcome(
                error.status, error.envelope(_log(request_id)), request_id
            )
            keep(outcome)
        return outcome

    def _respond(self, outcome: idempotency.Outcome, mode: Mode) -> Response:
        headers = {"Request-Id": outcome.request_id, "Stripe-Version": mode.version}
        if mode.idempotency_key:
            headers |= {
                "Idempotency-Key": mode.idempotency_key,
                "Original-Request": outcome.request_id,
            }
        return JSONResponse(outcome.body, outcome.status, headers)

    def _replay(self, kept: idempotency.Outcome, mode: Mode) -> Response:
        response = self._respond(kept, mode)
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Request-Id"] = mode.request_id or ""
        return response

    def _refuse(self, error: StripeError, request_id: str) -> Response:
        headers = {"Request-Id": request_id, **error.headers()}
        return JSONResponse(error.envelope(_log(request_id)), error.status, headers)


def _forget(_: idempotency.Outcome) -> None:
    """For requests without an idempotency key."""


def _log(request_id: str) -> str:
    return f"https://dashboard.stripe.com/test/logs/{request_id}"


def _parameters(request: Request, body: bytes) -> dict[str, Any]:
    """Query and form body together, as Stripe takes them."""
    kind = request.headers.get("content-type", FORM).partition(";")[0].strip().lower()
    if body and kind != FORM:
        raise InvalidRequest(
            "Invalid request (check that your POST content type is"
            " application/x-www-form-urlencoded). If you have any questions, we can help at"
            " https://support.stripe.com/."
        )
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidRequest("Invalid request: the body is not valid UTF-8") from None
    return decode("&".join(part for part in (request.url.query, text) if part))
