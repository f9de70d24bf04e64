"""The pages of postings in a real browser: accessible, inert whatever boards send, narrowed in place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page
from tests.browsing import in_browser
from tests.postings.pages_world import NOW, PASSWORD, make_app, studio

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.postings.domain.identity import BoardName

OPERATOR = "operator@bandmate.example"
STUDIO, LABEL = BoardName("lever", "halfnote"), BoardName("greenhouse", "marigold")
pytestmark = in_browser


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path) -> FastAPI:
    """The application with the story in it, and an operator's account."""
    made = make_app(database, settings, tmp_path)
    with database.begin() as tx:
        person = create_person(tx, name="Ada Lindqvist", now=NOW)
        create_account(tx, person, email=OPERATOR, password=PASSWORD, role=Role.OPERATOR, now=NOW)
    return made


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complains of; a test fails at its end when there is anything."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def tab(browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """A tab on a desktop whose complaints are listened to."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    listen(page, complaints)
    yield page
    context.close()


def listen(page: Page, complaints: list[str]) -> None:
    """Collect errors of scripts, breaches of the content policy, and dialogs that a page opens."""
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None
    )

    def close(dialog: object) -> None:
        complaints.append(f"a dialog opened: {dialog}")

    page.on("dialog", close)


def sign_in(page: Page, site: str) -> None:
    """Sign in as the operator."""
    page.goto(f"{site}/sign-in")
    page.fill("input[name=email]", OPERATOR)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)


# Colours and widths do not depend on each other, so each of both is looked at once.
def test_ticking_a_filter_narrows_in_place(site: str, tab: Page) -> None:
    """Results, title and address follow the box; the focus stays on it; the way back leads back."""
    tab.goto(f"{site}/jobs?q=sound")
    tab.check("text=Hybrid >> nth=0")
    tab.wait_for_url("**/jobs?q=sound&work_model=hybrid")
    assert tab.inner_text("h1") == "Hybrid jobs for “sound”"
    assert tab.title() == "Hybrid jobs for “sound” · Bandmate"
    assert tab.inner_text(".results-total") == "15 jobs"
    assert tab.evaluate("document.activeElement.id") == "facet-work_model-hybrid"
    tab.go_back()
    tab.wait_for_selector("text=29 jobs")
    assert tab.inner_text("h1") == "Jobs for “sound”"


def test_a_chip_takes_its_filter_back(site: str, tab: Page) -> None:
    """Clicking a chip removes it and unticks its box."""
    tab.goto(f"{site}/jobs?q=sound&work_model=hybrid&city=Berlin")
    tab.click(".chip >> text=Hybrid")
    tab.wait_for_url("**/jobs?q=sound&city=Berlin")
    assert not tab.is_checked("#facet-work_model-hybrid")
    assert tab.is_checked("#facet-city-Berlin")


def test_pay_is_asked_for_by_typing(site: str, tab: Page) -> None:
    """Leaving the field asks, and the address holds nothing that was left empty."""
    tab.goto(f"{site}/jobs")
    tab.fill("#filter-salary_min", "55000")
    tab.press("#filter-salary_min", "Tab")
    tab.wait_for_url("**/jobs?salary_min=55000")
    assert tab.inner_text(".results-total") == "1 job"
    assert "Tour Accountant" in tab.inner_text("#results")


def test_search_works_without_javascript(site: str, browser: Browser) -> None:
    """A reader without JavaScript ticks a box, sends the form and turns the page."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/jobs?q=sound")
    page.check("text=Remote >> nth=0")
    page.click("text=Apply filters")
    assert page.inner_text("h1") == "Remote jobs for “sound”"
    page.goto(f"{site}/jobs")
    page.click("text=Next page")
    assert page.inner_text(".pagination p") == "14 of 39 jobs"
    context.close()


def test_structured_data_is_neither_run_nor_reported(site: str, tab: Page) -> None:
    """The data block of a hostile posting is data: readable, and no breach of the content policy."""
    tab.goto(f"{site}/jobs/{studio('evil')}")
    title = tab.evaluate("JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').text).title")
    assert title == tab.inner_text("h1") == "</script><script>alert('title')</script>"


def test_the_drawing_by_week_keeps_its_text_legible(site: str, browser: Browser) -> None:
    """On a phone the columns move together and the text stays at its size."""
    for width in (1280, 390):
        page = browser.new_page(viewport={"width": width, "height": 844})
        page.goto(f"{site}/companies/{STUDIO.org_id}")
        tick = page.locator(".weeks .tick:not(.tick-minor)").first
        box, drawing = tick.bounding_box(), page.locator(".weeks").bounding_box()
        assert box is not None
        assert drawing is not None
        assert 10 <= box["height"] <= 20
        assert drawing["x"] <= box["x"]
        page.close()


def test_an_operator_follows_a_board_and_undoes_it(site: str, tab: Page) -> None:
    """The form leads to the board's page, which says what was done and how to take it back."""
    sign_in(tab, site)
    tab.goto(f"{site}/boards")
    tab.click("summary:has-text('Follow a board')")
    tab.fill("#field-board", "lever:northlight")
    tab.click("text=Follow this board")
    tab.wait_for_selector("text=lever:northlight is followed")
    tab.click("text=Undo")
    tab.wait_for_selector("text=lever:northlight is no longer followed")


def test_an_operator_downloads_what_a_board_answered(site: str, tab: Page) -> None:
    """The payload comes as a file, not as a page."""
    sign_in(tab, site)
    tab.goto(f"{site}/boards/{STUDIO.board_id}")
    with tab.expect_download() as download:
        tab.click("text=Payload >> nth=0")
    assert download.value.suggested_filename.endswith(".json")
