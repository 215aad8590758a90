"""The scenario's web app in a real browser, over functions that answer as declared."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect, sync_playwright

from stackwright import toolchain
from stackwright.sandbox import scenario

FUNCTIONS = "http://functions.test/ref"
CORS = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
LOCATION = {
    "npa": "212",
    "country_name": "United States",
    "state_province_name": "New York",
    "category": "us-domestic",
}
ANSWERS: dict[str, Any] = {
    "functions/v1/ping-status": {"status": "ok"},
    "functions/v1/get-enhanced-lerg-data": {"statistics": {"total": 450, "pacific": 3}},
    "functions/v1/get-npa-location": LOCATION,
    "functions/v1/create-checkout-session": {"url": "http://checkout.test/pay"},
    "auth/v1/token": {"access_token": "user-token"},
}


class Browser:
    """The page, what it asked of the functions, and what it complained of."""

    def __init__(self, page: Page, dist: Path) -> None:
        self.page = page
        self.asked: dict[str, dict[str, Any]] = {}
        self.complaints: list[str] = []
        self._dist = dist
        page.route("**/*", self._answer)
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _answer(self, route: Route) -> None:
        url = route.request.url.partition("?")[0]
        if url.startswith(FUNCTIONS):
            self._function(route, url.removeprefix(f"{FUNCTIONS}/"))
        elif url.startswith("http://web.test"):
            route.fulfill(path=self._dist / (url.removeprefix("http://web.test/") or "index.html"))
        else:
            route.fulfill(body="the checkout", content_type="text/plain")

    def _function(self, route: Route, name: str) -> None:
        request = route.request
        if request.method != "OPTIONS":
            body = json.loads(request.post_data or "null")
            self.asked[name] = {"body": body, "token": request.headers.get("authorization")}
        route.fulfill(json=ANSWERS[name], headers=CORS)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    try:
        program = toolchain.chromium()
    except toolchain.ToolMissing as missing:
        pytest.skip(str(missing))
    folder = tmp_path / "web-app"
    shutil.copytree(scenario.load("default").folder / "web-app", folder)
    values = {
        "VITE_APP_ENV": "staging",
        "VITE_SUPABASE_URL": FUNCTIONS,
        "VITE_SUPABASE_ANON_KEY": "anon-key",
        "VITE_STRIPE_PRICE_MONTHLY_ACCELERATOR": "price_m",
        "VITE_STRIPE_PRICE_ANNUAL_ACCELERATOR": "price_a",
    }
    environment = {"PATH": os.environ["PATH"], **values}
    subprocess.run(["sh", "build.sh"], cwd=folder, env=environment, check=True, capture_output=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program)
        opened = Browser(chromium.new_page(), folder / "dist")
        opened.page.goto("http://web.test/")
        yield opened
        chromium.close()


def test_the_page_shows_its_environment_and_the_functions_answers(browser: Browser) -> None:
    page = browser.page
    expect(page).to_have_title("VoIP Accelerator")
    expect(page.locator("#environment")).to_have_text("staging")
    expect(page.locator("#ping")).to_have_text("ok")
    expect(page.locator("#statistics")).to_contain_text("450")
    assert browser.asked["functions/v1/ping-status"]["token"] == "Bearer anon-key"
    assert browser.complaints == []


def test_an_area_code_is_looked_up(browser: Browser) -> None:
    browser.page.get_by_label("NPA").fill("212")
    browser.page.get_by_role("button", name="Look up").click()
    words = "212: New York, United States (us-domestic)"
    expect(browser.page.locator("#location")).to_have_text(words)
    assert browser.asked["functions/v1/get-npa-location"]["body"] == {"npa": "212"}


def test_subscribing_needs_a_user_and_leads_to_the_checkout(browser: Browser) -> None:
    page = browser.page
    annual = page.get_by_role("button", name="Annual")
    expect(annual).to_be_disabled()
    expect(page.locator("#subscribe")).to_have_text("Sign in to subscribe.")
    page.get_by_label("E-mail").fill("a@example.com")
    page.get_by_label("Password").fill("password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#user")).to_have_text("Signed in as a@example.com.")
    annual.click()
    page.wait_for_url("http://checkout.test/pay")
    asked = browser.asked["functions/v1/create-checkout-session"]
    assert asked["token"] == "Bearer user-token"
    assert asked["body"] == {
        "price_id": "price_a",
        "success_url": "http://web.test/?checkout=success",
        "cancel_url": "http://web.test/?checkout=canceled",
    }
    assert browser.complaints == []
