"""Secrets in what a static site serves."""

import asyncio
import base64
import json

import httpx
import pytest

from stackwright.render.bundle import leaks, secrets_in

PAGE = "https://shop.example/"
SECRET = "sk_live_51Habcdefgh"


def token(role: str) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256"}, {"role": role})]
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, "c2ln"])


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f'k="{SECRET}"', "a Stripe secret key"),
        ('k="rk_test_51Habcdefgh"', "a Stripe secret key"),
        ('w="whsec_abcdefgh12345678"', "a webhook signing secret"),
        ('d="postgresql://app:hunter2@db.example/app"', "a database password"),
        ('s="sb_secret_abcdefgh1234"', "a Supabase secret key"),
        ('a="sbp_' + "0123456789abcdef" * 2 + '"', "a Supabase access token"),
        (f'j="{token("service_role")}"', "a service-role key"),
    ],
)
def test_a_secret_is_found_by_its_form(text: str, kind: str) -> None:
    assert secrets_in(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        'k="pk_live_51Habcdefgh"',
        f'j="{token("anon")}"',
        'if (key.startsWith("sk_live_")) throw "never send sk_test_ or whsec_ keys"',
        'url="postgres://db.example/app"',
        'e="eyJhbGciOiJIUzI1NiJ9.not-json.x"',
    ],
)
def test_what_is_public_is_no_secret(text: str) -> None:
    assert secrets_in(text) == []


def found_in(files: dict[str, str]) -> list[str]:
    def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        assert request.url.host == "shop.example"
        if path in files:
            return httpx.Response(200, text=files[path])
        return httpx.Response(200, html="the application's page, for every other address")

    async def scan() -> list[str]:
        async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
            return await leaks(client, PAGE, files["/"])

    return asyncio.run(scan())


def test_scripts_of_the_page_and_the_scripts_that_those_load_are_read() -> None:
    files = {
        "/": '<script type="module" src="/assets/app.js"></script>',
        "/assets/app.js": 'import("./late.js"); ["assets/other.js"]',
        "/assets/late.js": f'const key = "{SECRET}"',
        "/assets/other.js": "const secret = 'whsec_abcdefgh12345678'",
    }
    assert found_in(files) == [
        "a Stripe secret key in https://shop.example/assets/late.js",
        "a webhook signing secret in https://shop.example/assets/other.js",
    ]


def test_the_page_itself_is_read_and_the_value_is_never_told() -> None:
    (leak,) = found_in({"/": f"<script>window.key='{SECRET}'</script>"})
    assert leak == "a Stripe secret key in https://shop.example/"


def test_other_hosts_are_not_asked() -> None:
    files = {"/": '<script src="https://js.stripe.com/v3/x.js"></script><script src=//a.b/c.js>'}
    assert found_in(files) == []


def test_scripts_that_load_each_other_are_read_once() -> None:
    files = {
        "/": "<script src=a.js></script>",
        "/a.js": 'import "./b.js"',
        "/b.js": 'import "./a.js"',
    }
    assert found_in(files) == []
