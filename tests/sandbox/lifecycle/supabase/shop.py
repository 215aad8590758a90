"""A shop on Supabase: its program, and Supabase's own view of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from stackwright.sandbox.supabase import projects
from stackwright.supabase.bundle import bundle
from tests.engine import Declared, Program, Ref
from tests.sandbox.lifecycle.worlds import Bench, hidden

REF, OTHER = "a" * 20, "b" * 20
KEY = "a-key-of-no-known-shape-that-nobody-may-read"
NAMES = ("project", "secrets", "functions")
MARK = "STACKWRIGHT_OWNER_"

SOURCES = {
    "functions/_shared/money.ts": "export const money = 1;",
    "functions/_shared/time.ts": "export const time = 1;",
    "functions/pay/index.ts": 'import { money } from "../_shared/money.ts"; money;',
    "functions/refund/index.ts": 'import { money } from "../_shared/money.ts"; money;',
    "functions/ping/index.ts": 'import { time } from "../_shared/time.ts"; time;',
}
VERIFY = {"pay": True, "refund": True, "ping": False}


def write(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def play(shop: Bench, scene: Callable[[], Any]) -> None:
    async def started() -> None:
        for ref in (REF, OTHER):
            projects.add(shop.world, ref, "us-east-1", "unused", ref=ref)
            projects.set_status(shop.world, ref, projects.HEALTHY)
        await scene()

    shop.run(started)


def declared(shop: Bench, verify: dict[str, bool] | None = None) -> dict[str, Any]:
    """The functions as the program hashes them."""
    root = shop.world.root
    return {
        slug: {"hash": bundle(root, "functions", slug).hash, "verify_jwt": check}
        for slug, check in (verify or VERIFY).items()
    }


def program(shop: Bench, verify: dict[str, bool] | None = None) -> dict[str, Declared]:
    return {
        "project": Declared("stackwright:supabase:Project", {"ref": REF, "region": "us-east-1"}),
        "secrets": Declared(
            "stackwright:supabase:Secrets",
            {
                "project": Ref("project"),
                "values": {"STRIPE_SECRET_KEY": hidden(KEY), "LEVEL": "info"},
            },
        ),
        "functions": Declared(
            "stackwright:supabase:Functions",
            {"project": Ref("project"), "functions": declared(shop, verify)},
        ),
    }


def changed(program: Program, name: str, /, **inputs: Any) -> Program:
    old = program[name]
    return {**program, name: Declared(old.token, {**old.inputs, **inputs}, old.parent)}


def with_secrets(program: Program, **values: str) -> Program:
    return changed(program, "secrets", values={**program["secrets"].inputs["values"], **values})


def every_secret(shop: Bench, ref: str = REF) -> dict[str, str]:
    return {s["name"]: s["value"] for s in shop.world.store.find("supabase.secret", ref=ref)}


def secrets(shop: Bench, ref: str = REF) -> dict[str, str]:
    """The project's secrets without our own marks."""
    return {k: v for k, v in every_secret(shop, ref).items() if not k.startswith(MARK)}


def marks(shop: Bench) -> list[str]:
    return sorted(name for name in every_secret(shop) if name.startswith(MARK))


def functions(shop: Bench, ref: str = REF) -> dict[str, dict[str, Any]]:
    return {f["slug"]: f for f in shop.world.store.find("supabase.function", ref=ref)}


def versions(shop: Bench) -> dict[str, int]:
    return {slug: function["version"] for slug, function in functions(shop).items()}


def put_secret(shop: Bench, name: str, value: str) -> None:
    """As somebody does it in Supabase's dashboard."""
    document = {"key": f"{REF}/{name}", "ref": REF, "name": name, "value": value}
    shop.world.store.put("supabase.secret", f"{REF}/{name}", {**document, "updated_at": 0.0})


def drop_marks(shop: Bench) -> None:
    for name in marks(shop):
        shop.world.store.delete("supabase.secret", f"{REF}/{name}")


async def redeploy(shop: Bench, slug: str, text: str = "Deno.serve();") -> None:
    """As somebody does it with the vendor's command line tool."""
    token = shop.world.credentials("supabase")["access_token"]
    transport = httpx.ASGITransport(shop.apps["supabase"])
    async with httpx.AsyncClient(transport=transport, base_url="http://supabase.test") as client:
        answer = await client.post(
            f"/v1/projects/{REF}/functions/deploy",
            params={"slug": slug},
            headers={"Authorization": f"Bearer {token}"},
            files={
                "metadata": (None, '{"entrypoint_path": "index.ts"}', "application/json"),
                "file": ("index.ts", text, "application/typescript"),
            },
        )
    assert answer.status_code == 201, answer.text


def alive(shop: Bench) -> tuple[int, int, int]:
    """Secrets, functions, and the marks of their two groups."""
    return len(secrets(shop)), len(functions(shop)), len(marks(shop))


ONCE = (2, 3, 2)
