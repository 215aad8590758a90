"""What every operation has in common: keys, modes, versions, idempotency, errors, lists, limits."""

import asyncio
import base64
from typing import Any

import httpx
import pytest

from stackwright.sandbox.faults import Fault
from tests.sandbox.stripe.helpers import Json, Stripe


def error_of(response: Any) -> Json:
    return {"status": response.status_code, **response.json()["error"]}


def test_a_request_without_a_key_is_told_how_to_send_one(stripe: Stripe) -> None:
    response = stripe.send("GET", "/v1/account", authorization="")
    assert response.status_code == 401
    assert response.json()["error"]["message"].startswith("You did not provide an API key.")
    assert response.headers["www-authenticate"] == 'Basic realm="Stripe"'


def test_a_foreign_key_is_refused_and_never_shown_whole(stripe: Stripe) -> None:
    key = "sk_test_" + "A" * 30 + "wxyz"
    error = error_of(stripe.send("GET", "/v1/account", authorization=f"Bearer {key}"))
    assert error["status"] == 401
    assert error["message"] == f"Invalid API Key provided: sk_test_{'*' * 30}wxyz"


def test_the_key_may_come_as_basic_credentials(stripe: Stripe) -> None:
    basic = base64.b64encode(f"{stripe.key}:".encode()).decode()
    assert stripe.send("GET", "/v1/account", authorization=f"Basic {basic}").status_code == 200


def test_a_publishable_key_is_refused(stripe: Stripe) -> None:
    stripe.key = stripe.keys["stripe_publishable_test"]
    error = stripe.refused("GET", "/v1/products")
    assert (error["status"], error["code"]) == (403, "secret_key_required")


def test_a_restricted_key_may_deploy_and_nothing_else(stripe: Stripe) -> None:
    stripe.key = stripe.keys["stripe_restricted_test"]
    stripe.post("/v1/products", {"name": "P"})
    error = stripe.refused("POST", "/v1/customers", {"email": "a@example.com"})
    assert error["status"] == 403
    assert "rak_customer_write" in error["message"]


def test_test_and_live_objects_never_meet(stripe: Stripe) -> None:
    stripe.post("/v1/products", {"id": "p", "name": "Test"})
    stripe.key = stripe.keys["stripe_live_key"]
    assert stripe.get("/v1/products")["data"] == []
    error = stripe.refused("GET", "/v1/products/p")
    assert error["message"] == (
        "No such product: 'p'; a similar object exists in test mode, but a live mode key was used"
        " to make this request."
    )
    live = stripe.post("/v1/products", {"id": "p", "name": "Live"})
    assert (live["livemode"], live["name"]) == (True, "Live")


def test_the_account_names_the_sandbox(stripe: Stripe) -> None:
    assert stripe.get("/v1/account")["id"] == f"acct_sandbox{stripe.world.sandbox_id}"
    assert stripe.refused("GET", "/v1/accounts/acct_1")["code"] == "account_invalid"


def test_another_account_is_out_of_reach(stripe: Stripe) -> None:
    own = f"acct_sandbox{stripe.world.sandbox_id}"
    assert stripe.send("GET", "/v1/products", stripe_account=own).status_code == 200
    error = error_of(stripe.send("GET", "/v1/products", stripe_account="acct_1"))
    assert (error["status"], error["code"]) == (403, "account_invalid")


def test_every_answer_names_its_request(stripe: Stripe) -> None:
    good = stripe.send("GET", "/v1/products")
    bad = stripe.send("GET", "/v1/products/nope")
    assert good.headers["request-id"].startswith("req_")
    assert bad.headers["request-id"] in bad.json()["error"]["request_log_url"]


def test_an_unknown_api_version_is_refused(stripe: Stripe) -> None:
    stripe.version = "2024-13-01"
    assert stripe.refused("GET", "/v1/products")["message"] == (
        "Invalid Stripe API version: 2024-13-01"
    )


def test_an_unknown_path_is_refused_and_loud(stripe: Stripe) -> None:
    error = stripe.refused("GET", "/v1/unicorns")
    assert (error["status"], error["type"]) == (404, "invalid_request_error")
    assert error["message"].startswith("Unrecognized request URL (GET: /v1/unicorns).")
    assert stripe.world.journal.entries()[-1].note == "not emulated"


def test_unknown_parameters_are_refused_by_name(stripe: Stripe) -> None:
    error = stripe.refused("POST", "/v1/products", {"name": "P", "foo": "1", "bar": "2"})
    assert (error["status"], error["code"], error["param"]) == (400, "parameter_unknown", "foo")
    assert error["message"] == "Received unknown parameters: foo, bar"
    nested = stripe.refused("GET", "/v1/products", {"created": {"after": 1}})
    assert nested["param"] == "created[after]"


def test_a_missing_parameter_is_named(stripe: Stripe) -> None:
    error = stripe.refused("POST", "/v1/products", {})
    assert (error["code"], error["message"]) == (
        "parameter_missing",
        "Missing required param: name.",
    )


def test_a_json_body_is_refused(stripe: Stripe) -> None:
    response = stripe.send("POST", "/v1/products", {"name": "P"}, content_type="application/json")
    assert "application/x-www-form-urlencoded" in response.json()["error"]["message"]


def test_an_idempotency_key_replays_the_first_answer(stripe: Stripe) -> None:
    first = stripe.send("POST", "/v1/products", {"name": "P"}, idempotency_key="k")
    again = stripe.send("POST", "/v1/products", {"name": "P"}, idempotency_key="k")
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert "idempotent-replayed" not in first.headers
    assert len(stripe.get("/v1/products")["data"]) == 1
    assert [entry.write for entry in stripe.world.journal.entries()] == [True, False, False]


def test_a_replay_gives_even_what_is_gone_since(stripe: Stripe) -> None:
    made = stripe.post("/v1/products", {"name": "P"}, idempotency_key="k")
    stripe.delete(f"/v1/products/{made['id']}")
    assert stripe.post("/v1/products", {"name": "P"}, idempotency_key="k") == made
    assert stripe.get("/v1/products")["data"] == []


def test_an_idempotency_key_is_bound_to_its_parameters(stripe: Stripe) -> None:
    stripe.post("/v1/products", {"name": "P"}, idempotency_key="k")
    error = error_of(stripe.send("POST", "/v1/products", {"name": "Q"}, idempotency_key="k"))
    assert (error["status"], error["type"]) == (400, "idempotency_error")
    assert "Try using a key other than 'k'" in error["message"]


def test_an_idempotency_key_is_forgotten_after_a_day_of_the_sandbox(stripe: Stripe) -> None:
    stripe.post("/v1/products", {"name": "P"}, idempotency_key="k")
    stripe.world.clock.advance(24 * 3600)
    stripe.post("/v1/products", {"name": "Q"}, idempotency_key="k")
    assert len(stripe.get("/v1/products")["data"]) == 2


def test_a_refusal_of_the_operation_is_replayed_and_one_of_the_parameters_is_not(
    stripe: Stripe,
) -> None:
    stripe.send("POST", "/v1/products", {"nom": "P"}, idempotency_key="a")
    assert stripe.post("/v1/products", {"name": "P", "id": "p"}, idempotency_key="a")["id"] == "p"
    stripe.send("POST", "/v1/products", {"name": "P", "id": "p"}, idempotency_key="b")
    stripe.delete("/v1/products/p")
    replay = stripe.send("POST", "/v1/products", {"name": "P", "id": "p"}, idempotency_key="b")
    assert replay.json()["error"]["code"] == "resource_already_exists"


def test_idempotency_keys_of_the_modes_are_apart(stripe: Stripe) -> None:
    stripe.post("/v1/products", {"name": "P"}, idempotency_key="k")
    stripe.key = stripe.keys["stripe_live_key"]
    assert stripe.post("/v1/products", {"name": "Q"}, idempotency_key="k")["livemode"] is True


def test_lists_are_newest_first_and_paged_both_ways(stripe: Stripe) -> None:
    names = [stripe.post("/v1/products", {"name": str(n)})["id"] for n in range(5)][::-1]

    def page(**params: Any) -> tuple[list[str], bool]:
        answer = stripe.get("/v1/products", params)
        return [thing["id"] for thing in answer["data"]], answer["has_more"]

    assert page(limit=2) == (names[:2], True)
    assert page(limit=2, starting_after=names[1]) == (names[2:4], True)
    assert page(limit=2, starting_after=names[3]) == (names[4:], False)
    assert page(limit=2, ending_before=names[4]) == (names[2:4], True)
    assert page(ending_before=names[2]) == (names[:2], False)
    assert len(page()[0]) == 5


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"starting_after": "nope"}])
def test_impossible_pages_are_refused(stripe: Stripe, params: Json) -> None:
    assert stripe.refused("GET", "/v1/products", params)["status"] == 400


def test_what_cannot_be_expanded_is_named(stripe: Stripe, monthly: Json) -> None:
    wrong = stripe.refused("GET", "/v1/prices", {"expand": ["product"]})
    assert wrong["message"] == (
        "This property cannot be expanded (product). You may want to try expanding 'data.product'"
        " instead."
    )
    right = stripe.get("/v1/prices", {"expand": ["data.product"]})
    assert right["data"][0]["product"]["name"] == "Accelerator"


def test_too_many_requests_are_refused_until_time_passes(stripe: Stripe) -> None:
    stripe.world.set_setting("stripe.limits", {"test": 1, "endpoint": 0})
    codes = [stripe.send("GET", "/v1/products").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 200, 429]
    refused = stripe.send("GET", "/v1/products")
    assert refused.headers["stripe-rate-limited-reason"] == "global-rate"
    assert refused.json()["error"]["code"] == "rate_limit"
    stripe.world.clock.advance(1)
    assert stripe.send("GET", "/v1/products").status_code == 200


def test_an_object_may_carry_any_metadata_key(stripe: Stripe) -> None:
    product = stripe.post("/v1/products", {"name": "P", "metadata": {"object": "price"}})
    assert stripe.get(f"/v1/products/{product['id']}")["metadata"] == {"object": "price"}


def test_fields_of_our_own_never_leave(stripe: Stripe, session: Json) -> None:
    def check(value: Any) -> None:
        if isinstance(value, dict):
            assert not [key for key in value if key.startswith("_")]
            for child in value.values():
                check(child)
        elif isinstance(value, list):
            for child in value:
                check(child)

    check(stripe.get("/v1/events", {"limit": 100}))
    check(session)


def test_an_answer_that_was_lost_is_given_again(stripe: Stripe) -> None:
    stripe.world.faults.add(Fault("lost", vendor="stripe", method="POST"))
    with pytest.raises(httpx.ReadError):
        stripe.send("POST", "/v1/products", {"name": "P"}, idempotency_key="k")
    again = stripe.send("POST", "/v1/products", {"name": "P"}, idempotency_key="k")
    assert again.headers["idempotent-replayed"] == "true"
    assert len(stripe.get("/v1/products")["data"]) == 1


def test_a_body_that_is_no_text_is_refused(stripe: Stripe) -> None:
    async def send() -> httpx.Response:
        headers = {
            "authorization": f"Bearer {stripe.key}",
            "content-type": "application/x-www-form-urlencoded",
        }
        transport = httpx.ASGITransport(stripe.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://stripe") as client:
            return await client.post("/v1/products", content=b"name=\xff", headers=headers)

    assert "not valid UTF-8" in asyncio.run(send()).json()["error"]["message"]


def test_an_idempotency_key_has_at_most_255_characters(stripe: Stripe) -> None:
    good = stripe.send("POST", "/v1/products", {"name": "P"}, idempotency_key="k" * 255)
    long = stripe.send("POST", "/v1/products", {"name": "P"}, idempotency_key="k" * 256)
    assert (good.status_code, long.status_code) == (200, 400)


def test_expansions_are_four_levels_deep_at_most(stripe: Stripe) -> None:
    error = stripe.refused("GET", "/v1/products", {"expand": ["data.a.b.c.d"]})
    assert "more than 4 levels" in error["message"]
