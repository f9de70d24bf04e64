"""Everything without a mouse: Tab, Enter, Space, arrows and Escape lead through the application, and focus shows.

Every step of the walk goes by Tab until the thing is reached, so whatever cannot be reached, traps the focus or
hides it fails here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, Page
from tests.browsing import in_browser
from tests.busy_site import EMAILS, PASSWORD, busy_app, studio

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import rules
from bandmate.kernel.identity.access import Role

pytestmark = in_browser

FARTHEST = 150
"""Presses of Tab within which anything on a page is reached."""

FOCUSED = """
() => {
  const one = document.activeElement;
  if (!one || one === document.body) return null;
  const box = one.getBoundingClientRect(), style = getComputedStyle(one);
  const around = [one, ...(one.closest('.search, .choice') ? [one.closest('.search, .choice')] : [])];
  const shown = around.some(each => {
    const look = getComputedStyle(each);
    return (look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2) || look.boxShadow !== 'none';
  });
  const name = one.getAttribute('aria-label') || (one.labels && one.labels[0] && one.labels[0].textContent)
    || one.innerText || one.querySelector('[aria-label]')?.getAttribute('aria-label') || one.textContent || '';
  const pinned = one.closest('.topbar, .rail, .skip') !== null;
  return {name: name.replace(/\\s+/g, ' ').trim(), tag: one.tagName.toLowerCase(), shown, pinned,
          top: box.top + scrollY, bottom: box.bottom, y: box.top, height: innerHeight,
          size: box.width * box.height, hidden: style.visibility === 'hidden'};
}
"""


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The application with something on every page."""
    monkeypatch.setattr(rules, "_declared", dict(rules._declared))
    return busy_app(database, settings, tmp_path)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab whose pointer nobody touches."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield context.new_page()
    context.close()


def press_to(tab: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until what is called so has the focus; each stop on the way shows that it has it."""
    passed = []
    for _ in range(FARTHEST):
        tab.keyboard.press(key)
        here = tab.evaluate(FOCUSED)
        if here is None:
            continue
        assert here["shown"], f"the focus on “{here['name']}” of {tab.url} does not show"
        passed.append(here["name"])
        if re.search(name, here["name"]):
            return
    pytest.fail(f"Tab does not reach {name} on {tab.url}, but {passed[:60]}")


def go(tab: Page, name: str, key: str = "Enter") -> None:
    """Go to what is called so and use it; wait for the page it leads to."""
    press_to(tab, name)
    with tab.expect_navigation():
        tab.keyboard.press(key)


def sign_in(tab: Page, site: str) -> None:
    """Sign in as the member."""
    tab.goto(f"{site}/sign-in")
    press_to(tab, "E-mail address")
    tab.keyboard.type(EMAILS[Role.MEMBER])
    press_to(tab, "Password")
    tab.keyboard.type(PASSWORD)
    press_to(tab, "^Sign in$")
    with tab.expect_navigation():
        tab.keyboard.press("Enter")
    assert "/sign-in" not in tab.url


def test_a_member_walks_through_without_a_mouse(site: str, tab: Page) -> None:
    """Sign in, search, read why, contest, consent, make and revoke a key, change the theme, sign out."""
    sign_in(tab, site)
    tab.keyboard.press("/")
    tab.keyboard.type("accountant")
    with tab.expect_navigation(url="**/jobs?q=accountant"):
        tab.keyboard.press("Enter")
    go(tab, "^Tour Accountant")
    assert tab.inner_text("h1") == "Tour Accountant"
    press_to(tab, r"^Why\?")
    tab.keyboard.press("Enter")
    assert tab.locator("details.why[open]").count() == 1
    _contest(tab, site)
    _allow_and_take_back(tab, site)
    _make_and_revoke_a_key(tab, site)
    press_to(tab, "^Change between light and dark$")
    before = tab.get_attribute("html", "data-theme")
    tab.keyboard.press("Space")
    assert tab.get_attribute("html", "data-theme") != before
    press_to(tab, "^Milo Segno$")
    tab.keyboard.press("Enter")
    go(tab, "^Sign out$")
    tab.goto(f"{site}/account")
    assert "/sign-in" in tab.url


def _contest(tab: Page, site: str) -> None:
    tab.goto(f"{site}/decisions")
    go(tab, "^Admitted with 12")
    press_to(tab, "What is wrong about it")
    tab.keyboard.type("I was ill that day.")
    go(tab, "^Contest this decision$")
    assert "I was ill that day." in tab.inner_text("main")


def _allow_and_take_back(tab: Page, site: str) -> None:
    tab.goto(f"{site}/consent")
    go(tab, "^Withdraw", "Space")
    assert "Done:" in tab.inner_text("#notices")
    go(tab, "^Allow")
    assert "Done:" in tab.inner_text("#notices")


def _make_and_revoke_a_key(tab: Page, site: str) -> None:
    tab.goto(f"{site}/account")
    press_to(tab, "^New API key$")
    tab.keyboard.press("Enter")
    press_to(tab, "^Name")
    tab.keyboard.type("By keyboard")
    press_to(tab, "^member")
    tab.keyboard.press("Space")
    press_to(tab, "^Works for")
    tab.keyboard.press("ArrowUp")
    go(tab, "^Create key$")
    assert "Your new API key" in tab.inner_text("main")
    tab.goto(f"{site}/account")
    go(tab, "^Revoke$")


def test_the_first_stop_leads_past_the_bars(site: str, tab: Page) -> None:
    """The skip link is first, is seen when it has the focus, and takes it to the content."""
    tab.goto(f"{site}/jobs")
    tab.keyboard.press("Tab")
    here = tab.evaluate(FOCUSED)
    assert here["name"] == "Skip to content"
    assert here["y"] >= 0
    assert here["size"] > 100
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("address", ["/jobs?q=sound", f"/jobs/{studio('engineer-00')}", "/account", "/consent"])
def test_focus_shows_follows_the_order_and_gets_out(site: str, tab: Page, address: str) -> None:
    """From the address bar to the page's end: each stop shows, none is covered by a bar, Tab leaves at the end."""
    sign_in(tab, site)
    tab.goto(site + address)
    stops: list[dict[str, Any]] = []
    out = False
    for _ in range(FARTHEST):
        tab.keyboard.press("Tab")
        here = tab.evaluate(FOCUSED)
        if here is None or (stops and here["name"] == "Skip to content"):
            out = True
            break
        stops.append(here)
        assert here["shown"], f"“{here['name']}” does not show its focus"
        assert here["bottom"] > 0, f"“{here['name']}” is above the screen"
        assert here["y"] < here["height"], f"“{here['name']}” is below the screen"
    assert out, f"the focus does not get out of {address}"
    inside = tab.evaluate("[...document.querySelectorAll('[tabindex]')].filter(one => one.tabIndex > 0).length")
    assert inside == 0, "a positive tabindex changes the order of reading"


def test_escape_closes_what_is_open(site: str, tab: Page) -> None:
    """The person's menu opens by Enter and closes by Escape, and the focus stays with it."""
    sign_in(tab, site)
    press_to(tab, "^Milo Segno$")
    tab.keyboard.press("Enter")
    assert tab.locator(".topbar details.menu[open]").count() == 1
    tab.keyboard.press("Escape")
    assert tab.locator(".topbar details.menu[open]").count() == 0
    assert tab.evaluate("document.activeElement.tagName") == "SUMMARY"
