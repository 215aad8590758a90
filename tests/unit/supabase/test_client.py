"""Supabase's client: projects, digests, bundles, and reads that are POSTs."""

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable
from email import message_from_bytes
from typing import Any

import httpx
import pytest

from stackwright.clock import ManualClock
from stackwright.errors import (
    Ambiguous,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PaymentRequired,
    Unauthorized,
    VendorError,
    WriteInPreview,
)
from stackwright.supabase.client import SupabaseClient, SupabaseReader
from stackwright.supabase.rules import bucket
from tests.unit.http.network import Answer, Network, ok

REF = "abcdefghijklmnopqrst"
PROJECT = {"id": REF, "ref": REF, "organization_id": "org", "organization_slug": "org-slug"}
POOLER = {"database_type": "PRIMARY", "db_host": "db.test", "db_port": 6543}


def client(*answers: Answer) -> tuple[SupabaseClient, Network]:
    network = Network(*answers)
    made = SupabaseClient(
        "sbp_key",
        "https://supabase.test",
        transport=network,
        clock=ManualClock(),
        random=lambda: 0.5,
    )
    return made, network


def run(answer: Awaitable[Any]) -> Any:
    async def wait() -> Any:
        return await answer

    return asyncio.run(wait())


class Preview(SupabaseClient):
    """Writes over the transport of a preview."""

    writable = False


READS: dict[str, Callable[[SupabaseReader], Awaitable[Any]]] = {
    "projects": lambda c: c.projects(),
    "identity": lambda c: c.identity(),
    "project": lambda c: c.project(REF),
    "health": lambda c: c.health(REF, ["db"]),
    "api_keys": lambda c: c.api_keys(REF),
    "secrets": lambda c: c.secrets(REF),
    "functions": lambda c: c.functions(REF),
    "function": lambda c: c.function(REF, "hello"),
    "pooler": lambda c: c.pooler(REF),
    "backups": lambda c: c.backups(REF),
    "query": lambda c: c.query(REF, "select 1"),
}
WRITES: dict[str, Callable[[SupabaseClient], Awaitable[Any]]] = {
    "upsert_secrets": lambda c: c.upsert_secrets(REF, {"A": "1"}),
    "delete_secrets": lambda c: c.delete_secrets(REF, ["A"]),
    "bundle_function": lambda c: c.bundle_function(REF, "hello", {}, {}),
    "deploy_function": lambda c: c.deploy_function(REF, "hello", {}, {}),
    "publish_functions": lambda c: c.publish_functions(REF, []),
    "execute": lambda c: c.execute(REF, "select 1"),
    "delete_function": lambda c: c.delete_function(REF, "hello"),
}


def coroutines(kind: type) -> set[str]:
    names = {name for name, _ in inspect.getmembers(kind, inspect.iscoroutinefunction)}
    return {name for name in names if not name.startswith("_")} - {"aclose"}


def test_every_method_is_listed_as_a_read_or_a_write() -> None:
    assert coroutines(SupabaseReader) == set(READS)
    assert coroutines(SupabaseClient) - coroutines(SupabaseReader) == set(WRITES)


@pytest.mark.parametrize("name", READS)
def test_a_preview_can_read(name: str) -> None:
    network = Network(ok([POOLER] if name == "pooler" else []))
    run(READS[name](SupabaseReader("sbp_key", "https://supabase.test", transport=network)))
    assert network.requests


@pytest.mark.parametrize("name", WRITES)
def test_a_preview_cannot_write(name: str) -> None:
    network = Network()
    with pytest.raises(WriteInPreview):
        run(WRITES[name](Preview("sbp_key", "https://supabase.test", transport=network)))
    assert network.requests == []


def test_the_identity_maps_each_project_to_its_organization() -> None:
    old = {"id": "zzz", "organization_id": "old-org"}
    supabase, _ = client(ok([PROJECT, old]))
    assert run(supabase.identity()) == {REF: f"org-slug/{REF}", "zzz": "old-org/zzz"}


def test_api_keys_are_asked_for_in_clear() -> None:
    keys = [{"name": "anon", "api_key": "eyJ.a.b"}, {"name": "masked", "api_key": None}]
    supabase, network = client(ok(keys))
    assert run(supabase.api_keys(REF)) == {"anon": "eyJ.a.b"}
    assert network.query() == [("reveal", "true")]


def test_secrets_are_names_and_digests() -> None:
    supabase, _ = client(ok([{"name": "A", "value": "6b86b2", "updated_at": "x"}]))
    assert run(supabase.secrets(REF)) == {"A": "6b86b2"}


def test_the_primarys_pooler_is_chosen() -> None:
    supabase, _ = client(ok([{"database_type": "READ_REPLICA"}, POOLER]))
    assert run(supabase.pooler(REF)) == POOLER


def test_a_project_without_a_pooler_is_told_with_advice() -> None:
    supabase, _ = client(ok([]))
    with pytest.raises(NotFound, match="SUPABASE_DB_URL"):
        run(supabase.pooler(REF))


def test_a_read_only_query_is_tried_again_although_it_is_a_post() -> None:
    supabase, network = client(ok({}, 503), ok([{"n": 1}], 201))
    assert run(supabase.query(REF, "select $1", [1])) == [{"n": 1}]
    assert network.asked[0] == f"POST /v1/projects/{REF}/database/query/read-only"
    assert network.json() == {"query": "select $1", "parameters": [1]}


def test_all_secrets_go_in_one_request_which_may_be_repeated() -> None:
    supabase, network = client(httpx.ReadError("lost"), httpx.Response(201))
    run(supabase.upsert_secrets(REF, {"A": "1", "B": "2"}))
    assert network.json() == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]


def test_secrets_are_removed_by_a_delete_with_a_body() -> None:
    supabase, network = client(httpx.Response(200))
    run(supabase.delete_secrets(REF, ["A", "B"]))
    assert network.requests[0].method == "DELETE"
    assert network.json() == ["A", "B"]


def test_removing_no_secret_asks_nothing() -> None:
    supabase, network = client()
    run(supabase.delete_secrets(REF, []))
    assert network.requests == []


def parts(request: httpx.Request) -> list[tuple[Any, str | None, Any]]:
    """Name, file name and content of each part of a multipart body."""
    head = b"Content-Type: " + request.headers["Content-Type"].encode() + b"\r\n\r\n"
    message = message_from_bytes(head + request.content)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in message.walk()
        if not part.is_multipart()
    ]


def test_a_bundle_is_uploaded_with_the_paths_of_its_files() -> None:
    supabase, network = client(ok({"id": "1", "slug": "hello", "version": 3}, 201))
    files = {"functions/hello/index.ts": b"serve()", "functions/deno.json": b"{}"}
    meta = {"entrypoint_path": "functions/hello/index.ts", "verify_jwt": False}
    run(supabase.bundle_function(REF, "hello", meta, files))
    assert network.query() == [("slug", "hello"), ("bundleOnly", "true")]
    metadata, *sent = parts(network.requests[0])
    assert metadata[:2] == ("metadata", None)
    assert json.loads(metadata[2]) == meta
    assert sent == [("file", path, content) for path, content in files.items()]


def test_a_function_can_go_live_at_once() -> None:
    supabase, network = client(ok({"id": "1"}, 201))
    run(supabase.deploy_function(REF, "hello", {}, {"a.ts": b""}))
    assert ("bundleOnly", "false") in network.query()


def test_bundles_go_live_together_without_what_supabase_does_not_take_back() -> None:
    bundle = {
        "id": "1",
        "slug": "hello",
        "version": 4,
        "ezbr_sha256": "x",
        "updated_at": 1,
        "import_map_path": None,
        "verify_jwt": False,
    }
    supabase, network = client(ok({"functions": [{"slug": "hello"}]}))
    assert run(supabase.publish_functions(REF, [bundle])) == [{"slug": "hello"}]
    assert network.asked == [f"PUT /v1/projects/{REF}/functions"]
    assert network.json() == [{"id": "1", "slug": "hello", "version": 4, "verify_jwt": False}]


def test_what_is_gone_is_none_and_deleted() -> None:
    supabase, _ = client(*[ok({"message": "not found"}, 404) for _ in range(3)])
    assert run(supabase.project(REF)) is None
    assert run(supabase.function(REF, "hello")) is None
    assert run(supabase.delete_function(REF, "hello")) is False


def test_a_paused_project_is_not_taken_for_gone() -> None:
    supabase, _ = client(ok({"message": "not acceptable"}, 406))
    with pytest.raises(Invalid, match="may be paused"):
        run(supabase.function(REF, "hello"))


def test_a_publish_whose_answer_is_lost_for_good_is_ambiguous() -> None:
    supabase, _ = client(*[httpx.ReadError("lost")] * 5)
    with pytest.raises(Ambiguous):
        run(supabase.publish_functions(REF, []))


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, Invalid, "first; second"),
        (401, Unauthorized, "SUPABASE_ACCESS_TOKEN"),
        (402, PaymentRequired, "plan"),
        (403, Forbidden, "scoped"),
        (404, NotFound, "project ref"),
        (409, Conflict, "run it again"),
        (422, Invalid, "request evt-1"),
    ],
)
def test_errors_have_a_name_and_advice(status: int, kind: type[VendorError], words: str) -> None:
    body = {"message": "first", "errors": [{"message": "second"}], "errorEventId": "evt-1"}
    supabase, _ = client(ok(body, status))
    with pytest.raises(kind, match=words):
        run(supabase.upsert_secrets(REF, {"A": "1"}))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Bad Request"),
        ("<html>", "Bad Request"),
        ("[]", "Bad Request"),
        ('{"message": ["a", "b"]}', "a; b"),
        ('{"error": "x"}', "x"),
    ],
)
def test_an_error_in_another_shape_is_still_an_error(body: str, words: str) -> None:
    supabase, _ = client(httpx.Response(400, text=body))
    with pytest.raises(Invalid, match=f"400: {words}"):
        run(supabase.projects())


def test_requests_are_counted_by_project_and_endpoint() -> None:
    def path(rest: str, ref: str = REF) -> str:
        return bucket(("GET", f"/v1/projects/{ref}/{rest}"))

    assert path("functions/hello") == path("functions/other")
    assert path("functions/hello") != path("functions")
    assert path("functions") != path("secrets")
    assert path("functions") != path("functions", "z" * 20)
    assert bucket(("POST", f"/v1/projects/{REF}/secrets")) != path("secrets")
