"""The shell in a real browser: accessible, within its own policy, and with parts that fill themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.browsing import in_browser

pytestmark = in_browser


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab of a reader in Berlin that fails its test when the browser complains of anything."""
    context = browser.new_context(timezone_id="Europe/Berlin", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_pages_are_accessible(site: str, browser: Browser, scheme: Literal["light", "dark"], width: int) -> None:
    """Axe finds nothing on any page, wide and narrow, light and dark, and nothing is wider than the screen."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 844}, is_mobile=width < 500
    )
    page = context.new_page()
    visits = {"/jobs?q=music": {}, "/parts": {"X-Person": "Ada"}, "/conflict": {}, "/problems/csrf-failed": {}}
    for path, headers in visits.items():
        page.set_extra_http_headers(headers)
        page.goto(site + path)
        found = [(path, rule["id"], rule["nodes"][0]["html"]) for rule in Axe().run(page).response["violations"]]
        assert found == []
        assert page.evaluate("Math.max(document.documentElement.scrollWidth, innerWidth)") == width
    context.close()


def test_a_filter_fills_the_results_in_place(site: str, tab: Page) -> None:
    """Ticking a box asks for the part, keeps the focus, and puts the filters into the address."""
    tab.goto(f"{site}/jobs?q=music")
    with tab.expect_response(lambda answer: "company=hr" in answer.url) as asked:
        tab.check("text=Harbour Records")
    assert asked.value.request.headers["hx-target"] == "div#results"
    assert "<html" not in asked.value.text()
    tab.wait_for_url("**/jobs?q=music&company=nl&company=hr")
    assert tab.evaluate("document.activeElement.id") == "facet-company-hr"
    assert tab.locator("#results").count() == tab.locator("main").count() == 1


def test_a_failed_part_is_told_above_the_content(site: str, tab: Page) -> None:
    """When the server fails, the list stays and the notice with the code appears."""
    tab.goto(f"{site}/jobs")
    tab.route("**/jobs?*", lambda route: route.continue_(url=f"{site}/jobs?broken=true"))
    tab.check("text=Harbour Records")
    tab.wait_for_selector("#notices .notice-bad")
    assert "Code for support" in tab.inner_text("#notices")
    assert tab.locator("#results tbody tr").count() == 2


def test_filters_work_without_javascript(site: str, browser: Browser) -> None:
    """A reader without JavaScript ticks a box and sends the form."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/jobs?q=music")
    page.check("text=Harbour Records")
    page.click("text=Apply filters")
    assert page.url == f"{site}/jobs?q=music&company=nl&company=hr"
    context.close()


def test_the_slash_leads_to_the_search_field(site: str, tab: Page) -> None:
    """The key / focuses the search field, and is an ordinary letter inside of it."""
    tab.goto(f"{site}/parts")
    tab.keyboard.press("/")
    tab.keyboard.type("a/b")
    assert tab.input_value("#search") == "a/b"


def test_the_theme_is_remembered_until_it_is_the_systems(site: str, tab: Page) -> None:
    """Choosing dark on a light system is kept; choosing light again gives the decision back."""
    tab.goto(f"{site}/parts")
    tab.click("[data-theme-toggle]")
    tab.reload()
    assert tab.get_attribute("html", "data-theme") == "dark"
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 20, 19)"
    tab.click("[data-theme-toggle]")
    tab.reload()
    assert tab.get_attribute("html", "data-theme") is None


def test_the_second_page_is_in_the_zone_of_the_reader(site: str, tab: Page) -> None:
    """The first page says UTC; from the second on, times are those of the reader's clock."""
    tab.goto(f"{site}/parts")
    assert "5 Nov 2026, 13:00 UTC" in tab.inner_text(".timeline")
    tab.reload()
    assert "5 Nov 2026, 14:00 (just now)" in tab.inner_text(".timeline")


def test_code_can_be_copied(site: str, tab: Page) -> None:
    """The copy button puts the text on the clipboard and says so."""
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab.goto(f"{site}/parts")
    tab.click("[data-copy]")
    tab.wait_for_selector("text=Copied")
    assert tab.evaluate("navigator.clipboard.readText()") == "curl -s http://127.0.0.1/"


def test_a_definition_shows_on_focus(site: str, tab: Page) -> None:
    """The keyboard reaches a definition, and Escape closes it."""
    tab.goto(f"{site}/parts")
    tab.focus(".defined")
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Tab")
    assert tab.is_visible(".defined .tip")
    tab.keyboard.press("Escape")
    tab.wait_for_selector(".defined .tip", state="hidden")
