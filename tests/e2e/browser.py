"""Chromium, and what it complains about."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium")


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--no-proxy-server"]
        )
        try:
            yield browser.new_page()
        finally:
            browser.close()


def visit(page: Page, address: str) -> list[str]:
    """Open an address; answers a list that fills with what the browser complains about."""
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    return complaints


def served(page: Page, address: str) -> str:
    """All that the browser loads from there, as text."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - it wants an attribute
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return "\n".join(one.text() for one in answers if one.url.startswith(address) and one.ok)
