import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from stackwright.sandbox.render.static_site import StaticSite, destination


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "docs").mkdir(parents=True)
    (site / "index.html").write_text("home")
    (site / "docs" / "index.html").write_text("docs")
    (site / "app.js").write_text("app")
    (tmp_path / "secret.txt").write_text("secret")
    return site


def get(
    folder: Path | None,
    path: str,
    rules: list[dict[str, Any]] | None = None,
    headers: list[dict[str, Any]] | None = None,
    method: str = "GET",
) -> httpx.Response:
    app = StaticSite(lambda: folder, lambda: rules or [], lambda: headers or [])

    async def call() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, path)

    return asyncio.run(call())


def rule(kind: str, source: str, target: str) -> dict[str, Any]:
    return {"type": kind, "source": source, "destination": target}


@pytest.mark.parametrize(
    ("path", "text"), [("/", "home"), ("/app.js", "app"), ("/docs", "docs"), ("/docs/", "docs")]
)
def test_files_and_index_pages_are_served(folder: Path, path: str, text: str) -> None:
    assert get(folder, path).text == text


@pytest.mark.parametrize("path", ["/nothing", "/../secret.txt", "/%2e%2e/secret.txt"])
def test_what_is_not_in_the_folder_is_not_found(folder: Path, path: str) -> None:
    answer = get(folder, path)
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_a_page_of_its_own_is_shown_for_what_is_not_found(folder: Path) -> None:
    (folder / "404.html").write_text("lost")
    assert (get(folder, "/no").status_code, get(folder, "/no").text) == (404, "lost")


def test_a_rewrite_serves_another_file_under_the_same_address(folder: Path) -> None:
    answer = get(folder, "/deep/link", [rule("rewrite", "/*", "/index.html")])
    assert (answer.status_code, answer.text) == (200, "home")


def test_a_rule_never_hides_a_file(folder: Path) -> None:
    assert get(folder, "/app.js", [rule("rewrite", "/*", "/index.html")]).text == "app"


def test_a_redirect_is_permanent_and_keeps_the_query(folder: Path) -> None:
    answer = get(folder, "/old?a=1", [rule("redirect", "/old", "/new")])
    assert (answer.status_code, answer.headers["location"]) == (301, "/new?a=1")


def test_the_first_rule_that_fits_wins(folder: Path) -> None:
    rules = [rule("redirect", "/a", "/first"), rule("redirect", "/*", "/second")]
    assert get(folder, "/a", rules).headers["location"] == "/first"
    assert get(folder, "/b", rules).headers["location"] == "/second"


@pytest.mark.parametrize(
    ("source", "target", "path", "expected"),
    [
        ("/blog/:slug", "/posts/:slug", "/blog/hello", "/posts/hello"),
        ("/blog/:slug", "/posts/:slug", "/blog/a/b", None),
        ("/old/*", "/new/*", "/old/a/b", "/new/a/b"),
        ("/a.b", "/c", "/axb", None),
    ],
)
def test_placeholders_and_wildcards_are_filled(
    source: str, target: str, path: str, expected: str | None
) -> None:
    assert destination(rule("redirect", source, target), path) == expected


def test_headers_are_added_where_their_path_fits(folder: Path) -> None:
    headers = [{"path": "/docs/*", "name": "Cache-Control", "value": "max-age=60"}]
    assert get(folder, "/docs/", headers=headers).headers["cache-control"] == "max-age=60"
    assert "max-age=0" in get(folder, "/", headers=headers).headers["cache-control"]


def test_before_the_first_deploy_there_is_nothing(folder: Path) -> None:
    assert get(None, "/").status_code == 404


def test_a_site_cannot_be_written_to(folder: Path) -> None:
    assert get(folder, "/", method="POST").status_code == 405
