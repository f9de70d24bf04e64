"""The marketplace on the sample company, in a real browser: from the first suggestion to a mentor of one's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import text
from tests.browsing import in_browser

from bandmate.app import create_app
from bandmate.demo import PERSONAS
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.tasks import run_due
from bandmate.marketplace.sample import PEOPLE, load_company

pytestmark = in_browser

PATIENCE = 60_000
"""Milliseconds: far longer than anything here takes on a machine that has time."""


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Expect as patiently as pages are waited for."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=None)


@pytest.fixture
def app(database: Database, settings: Settings) -> FastAPI:
    """The application over the whole sample company and its year of history."""
    now = system_clock()
    with database.begin() as tx:
        for persona in PERSONAS:
            person = create_person(tx, name=persona.name, now=now)
            create_account(tx, person, email=persona.email, password=None, role=persona.role, now=now)
    load_company(database, now=now, people=PEOPLE, with_history=True)
    return create_app(settings, database, personas=PERSONAS)


@pytest.fixture
def nell(browser: Browser, site: str) -> Iterator[Page]:
    """A tab of the new joiner."""
    yield from tab(browser, site, "Nell Okafor")


@pytest.fixture
def kofi(browser: Browser, site: str) -> Iterator[Page]:
    """A tab of the programme lead."""
    yield from tab(browser, site, "Kofi Adeyemi")


def tab(browser: Browser, site: str, name: str) -> Iterator[Page]:
    """Open a tab, signed in with one click; what its scripts complain of fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", base_url=site)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/sign-in")
    page.get_by_role("button", name=f"Sign in as {name}").click()
    expect(page.get_by_role("banner")).to_contain_text(name)
    yield page
    context.close()
    assert complaints == []


def test_from_a_suggestion_to_a_mentor(nell: Page, kofi: Page, database: Database) -> None:
    """A new joiner is suggested a job, finds it again without the ranking, applies and wishes; the lead pairs all.

    She sees reasons and a score that adds up; after she switched the ranking off, filters alone reach the same
    job. She applies to a project and wishes for a mentor. The programme lead previews a round of more than 1,000
    people, of which nobody hears before it is published; then her mentor stands on her page.
    """
    title, department, address = is_suggested_a_job(nell)
    finds_it_without_ranking(nell, title, department, address)
    applies_to_a_project(nell)
    wishes_for_a_mentor(nell)
    published_round(nell, kofi, database)
    nell.goto("/mentoring")
    mine = nell.locator("#your-pairs article")
    expect(mine).to_contain_text("Your mentor")
    expect(mine).to_contain_text("The mentor can teach")
    expect(nell.get_by_text("One to one").first).to_be_visible()


def is_suggested_a_job(page: Page) -> tuple[str, str, str]:
    """Look at the first job of the list and why it is there; return title, department and address."""
    page.goto("/for-you")
    suggestions = page.get_by_role("list", name="Suggestions, the best first").get_by_role("article")
    assert suggestions.count() == 10
    for why in suggestions.locator("p.prose").all_text_contents():
        assert why.strip()
    job = suggestions.filter(has=page.locator(".badge", has_text=re.compile("^Job$"))).first
    link = job.locator("h2 a")
    job.get_by_text("How the score adds up").click()
    scores = [float(each) for each in job.locator("td.numeric").all_inner_texts() for each in [each.split()[0]]]
    assert sum(scores[:-1]) == pytest.approx(scores[-1], abs=0.06 * len(scores))
    meta = job.locator("p .soft").first.inner_text()
    return link.inner_text(), meta.split(" · ")[0], link.get_attribute("href") or ""


def finds_it_without_ranking(page: Page, title: str, department: str, address: str) -> None:
    """Switch the ranking off for good, and reach the job by two filters."""
    page.get_by_role("button", name="Switch the ranking off").click()
    expect(page.get_by_role("heading", name="The ranking is off")).to_be_visible()
    page.get_by_role("link", name="Search everything").last.click()
    expect(page.get_by_role("navigation", name="Order").get_by_text("For you")).to_have_count(0)
    page.get_by_role("checkbox", name="Jobs").check()
    page.wait_for_url("**kind=job**")
    page.locator("#more-department summary").click()
    page.get_by_role("checkbox", name=re.compile(f"^{department}")).check()
    page.wait_for_url("**department=**")
    found = page.locator(f"main a[href='{address}']", has_text=title)
    expect(found).to_be_visible()
    found.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.goto("/for-you")
    expect(page.get_by_role("heading", name="The ranking is off")).to_be_visible()


def applies_to_a_project(page: Page) -> None:
    """Find a project with a free seat by filters, and apply in a few words."""
    page.goto("/opportunities?kind=project&seats=true")
    link = page.locator("#results article h2 a, #results article h3 a").first
    title = link.inner_text()
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    page.get_by_role("link", name="Apply", exact=True).click()
    page.get_by_label("A few words").fill("I am new, I bring SQL, and I want to learn the rest.")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("main")).to_contain_text("I am new, I bring SQL")
    page.goto("/me/applications")
    expect(page.get_by_role("main")).to_contain_text(title)


def wishes_for_a_mentor(page: Page) -> None:
    """Say what for; the wish stands on the page of mentoring."""
    page.goto("/mentoring")
    page.get_by_role("link", name="Wish for a mentor").click()
    page.get_by_label("Topics").fill("SQL")
    page.get_by_label("In your own words").fill("I want to ask better questions of our data.")
    page.get_by_role("button", name="Wish for a mentor").click()
    expect(page.get_by_role("main")).to_contain_text("I want to ask better questions of our data.")
    expect(page.locator("#your-pairs")).to_contain_text("You have no pair yet")


def published_round(mentee: Page, lead: Page, database: Database) -> None:
    """Preview the open round, look at its figures, publish it after a page that says what will happen."""
    lead.goto("/rounds")
    lead.get_by_role("link", name="Mentoring, this season").click()
    lead.get_by_role("button", name="Work out the preview", exact=True).click()
    expect(lead.get_by_text("The preview is being worked out").last).to_be_visible()
    # Playwright holds the loop of this thread.
    with ThreadPoolExecutor(1) as worker:
        worker.submit(run_due, database).result()
    # The page looks every two seconds by itself.
    expect(lead.get_by_role("heading", name="Next: publish it")).to_be_visible()
    with database.read() as tx:
        mentees, mentors, pairs = tx.execute(_TAKE_PART).one()
    assert mentees + mentors >= 1_000
    assert pairs > mentees / 3
    expect(lead.locator("#figures")).to_contain_text("Blocking pairs")
    mentee.reload()
    expect(mentee.locator("#your-pairs")).to_contain_text("You have no pair yet")
    lead.get_by_role("link", name="Publish …").click()
    expect(lead.get_by_role("main")).to_contain_text(f"{pairs} pairs are formed")
    lead.get_by_role("button", name="Publish").click()
    expect(lead.get_by_text("Everybody concerned was told")).to_be_visible()


_TAKE_PART = text("""
    select (select count(*) from marketplace.round_mentee), (select count(*) from marketplace.round_mentor),
           (select count(*) from marketplace.round_pair)
""")
