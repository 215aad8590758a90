"""The web app in a real browser, against real functions and a real database."""

import pytest
from playwright.sync_api import Page

from tests.e2e.browser import needs_chromium, visit
from tests.e2e.project import Project

pytestmark = needs_chromium


def address(project: Project, path: str = "/") -> str:
    """Where the web app is served."""
    return f"{project.status()['services']['voip-accelerator-staging']}{path}"


def test_the_web_app_shows_what_the_functions_answer(project: Project, page: Page) -> None:
    complaints = visit(page, address(project))

    page.wait_for_function("document.getElementById('ping').textContent === 'ok'")
    assert page.text_content("#environment") == "staging"
    page.wait_for_selector("#statistics dd")
    assert page.locator("#statistics dt", has_text="Area codes").count() == 1
    assert "450" in page.locator("#statistics dd").all_text_contents()

    page.fill("#lookup [name=npa]", "212")
    page.click("#lookup button")
    page.wait_for_selector("#location[data-state=good]")
    assert "New York" in (page.text_content("#location") or "")
    assert complaints == []


def test_any_path_leads_to_the_web_app(project: Project, page: Page) -> None:
    visit(page, address(project, "/some/deep/link"))

    page.wait_for_function("document.getElementById('ping').textContent === 'ok'")


def test_a_user_signs_up_subscribes_and_comes_back(project: Project, page: Page) -> None:
    complaints = visit(page, address(project))
    page.fill("#account [name=email]", "barbara@example.com")
    page.fill("#account [name=password]", "correct horse battery")
    page.click("#account button[value=sign-up]")
    page.wait_for_selector("#user[data-state=good]")

    page.click(".plan[data-period=annual]")
    page.wait_for_selector("input[name=card]")
    page.click("button[type=submit]")
    page.wait_for_selector("#notice:not([hidden])")

    assert "you are subscribed" in (page.text_content("#notice") or "")
    assert complaints == []
    wait_for_subscription(page, project)
    project.spoil()


def wait_for_subscription(page: Page, project: Project) -> None:
    """The webhook arrives after the browser came back, or before."""
    query = "SELECT subscription_status FROM profiles WHERE email = 'barbara@example.com'"
    for _ in range(100):
        if project.database(query) == [("active",)]:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the profile is {project.database(query)}")
