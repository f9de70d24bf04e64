"""Search everywhere: nobody is shown what they may not open, hostile questions, a finder that fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser
from starlette.testclient import TestClient
from tests.browsing import in_browser
from tests.kernel.today.people import somebody
from tests.postings.pages_world import make_app

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.finding import Finder, Hit, declare_finder, declared_places, find_everywhere, finders
from bandmate.kernel.finding.finders import asked
from bandmate.kernel.identity.access import ANONYMOUS, Asker, Role

QUESTIONS = ("ha", "mia", "piano", "operate", "board", "person", "audit", "account", "wax", "a:b", "messages")


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path) -> FastAPI:
    """The application with two boards in it."""
    return make_app(database, settings, tmp_path)


@pytest.mark.parametrize("role", [None, *Role])
def test_every_hit_can_be_opened(app: FastAPI, database: Database, role: Role | None) -> None:
    """For each role, every hit of many questions leads to a page that lets its reader in."""
    client = TestClient(app) if role is None else somebody(app, database, role).client
    asker = ANONYMOUS if role is None else Asker(None, "", role.included, frozenset(), "session")
    hrefs = set()
    with database.read() as tx:
        for question in QUESTIONS:
            found = find_everywhere(tx, asker, question, limit=20, further=app.state.finders)
            assert found.missing == ()
            hrefs |= {hit.href for group in found.groups for hit in group.hits}
        hrefs |= {place.href for place in declared_places() if place.is_open_to(tx, asker)}
    assert len(hrefs) > 5
    for href in hrefs:
        answer = client.get(href, headers={"Accept": "text/html"}, follow_redirects=False)
        assert answer.status_code == 200, f"{href} answered {answer.status_code} to {role}"
        anchor = href.partition("#")[2]
        assert not anchor or f'id="{anchor}"' in answer.text, f"{href} leads to no such part"


def test_members_find_no_persons_nor_boards(app: FastAPI, database: Database) -> None:
    """What only operators and administrators keep is not in anybody else's list."""
    member, administrator = (
        somebody(app, database, role, "Mia Halfnote") for role in (Role.MEMBER, Role.ADMINISTRATOR)
    )
    names = ("found-persons", "found-boards")
    assert [name in member.get("/find?q=halfnote").text for name in names] == [False, False]
    assert [name in administrator.get("/find?q=halfnote").text for name in names] == [True, True]


def test_hostile_questions_are_answered(app: FastAPI) -> None:
    """Markup, wildcards, control characters and very long words break nothing and are shown as text."""
    client = TestClient(app)
    for question in ("<script>alert(1)</script>", "%", "_", "\0\0a\0", '"', "-", "\\", "é" * 1900, "🎹 " * 500):
        answer = client.get("/find", params={"q": question})
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_a_lone_letter_of_an_alphabet_asks_nothing() -> None:
    """One letter would find everything; one ideograph is a word."""
    assert [asked(question) for question in ("a", " ", "鼓", "a  b\n")] == ["", "", "鼓", "a b"]


def test_finder_that_fails_leaves_the_others(
    app: FastAPI, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its title is named as missing."""
    monkeypatch.setattr(finders, "_declared", {})

    def broken(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]:
        raise RuntimeError

    declare_finder(Finder("broken", "Broken things", broken, icon="x", place=1))
    with database.read() as tx:
        found = find_everywhere(tx, ANONYMOUS, "piano", limit=3, further=app.state.finders)
    assert found.missing == ("Broken things",)
    assert [group.finder.name for group in found.groups] == ["jobs", "concepts"]


@pytest.mark.browser
@pytest.mark.skipif(in_browser[1].args[0], reason="no Chromium is installed on this machine")
def test_the_field_works_by_keyboard_alone(site: str, browser: Browser) -> None:
    """A combobox of the APG: `/` focuses, typing opens, arrows choose, Escape closes, Enter opens or searches."""
    page = browser.new_page()
    page.goto(f"{site}/companies")
    page.keyboard.press("/")
    page.keyboard.type("piano")
    page.wait_for_selector("#search[aria-expanded=true]")
    field = page.locator("#search")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    chosen = field.get_attribute("aria-activedescendant")
    assert page.get_attribute(f"#{chosen}", "aria-selected") == "true"
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false"
    assert field.input_value() == "piano"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    href = page.get_attribute(f"#{field.get_attribute('aria-activedescendant')}", "href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{href}")
    page.keyboard.press("/")
    page.keyboard.type("piano")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs?q=piano")
    page.close()
