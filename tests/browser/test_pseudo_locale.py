"""Every page in two made-up languages: texts of ours all went through a catalogue, and words have room to grow.

The list of pages is read from the application's routes, so a new page is looked at without being named here; pages
of one thing (a posting, a board) are named below. Text that is data carries ``translate="no"``, or
``data-verbatim`` where a reader's own translator should still be let at it; code and keys are data too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browsing import in_browser
from tests.postings.pages_world import NOW, PASSWORD, label, make_app, studio

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.languages import catalogues
from bandmate.kernel.web.problem_kinds import all_kinds
from bandmate.postings.domain.identity import BoardName

ADMINISTRATOR = "administrator@bandmate.example"
STUDIO, LABEL = BoardName("lever", "halfnote"), BoardName("greenhouse", "marigold")
SLUGS = {kind.slug for kind in all_kinds() if kind.__module__.startswith("bandmate.")}
FURTHER = (
    "/jobs?q=sound&work_model=hybrid&work_model=remote&city=Berlin&posted_after=2025-12-01&salary_min=20000",
    "/jobs?q=sound&department=Labels&city=Berlin",
    "/jobs?status=deleted&salary_exists=true",
    f"/jobs/{studio('tuner')}",
    f"/jobs/{studio('paid')}",
    f"/jobs/{studio('engineer-00')}",
    f"/jobs/{label(3)}",
    f"/companies/{STUDIO.org_id}",
    "/companies?name=nobody",
    f"/boards/{STUDIO.board_id}",
    f"/boards/{LABEL.board_id}",
    "/boards?name=nobody",
    "/nowhere",
    "/jobs?salary_min=much",
    *(f"/problems/{slug}" for slug in sorted(SLUGS)),
)
WIDTHS = (1280, 390)
_API = re.compile(r"^/[a-z-]+/v[1-9]/")

BARE_TEXTS = r"""
() => {
  const VERBATIM = '[translate], [data-verbatim], code, pre, kbd';
  const isData = (element) => {
    const marked = element.closest(VERBATIM);
    return marked !== null && marked.getAttribute('translate') !== 'yes';
  };
  const bare = [];
  let depth = 0;
  const outside = (text) => {
    let kept = '';
    for (const letter of text) {
      if (letter === '⟦') depth += 1;
      else if (letter === '⟧') depth -= 1;
      else if (depth === 0) kept += letter;
    }
    return kept.trim();
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest('script, style, noscript, template') || isData(parent)) continue;
    const kept = outside(walker.currentNode.data);
    if (/\p{L}/u.test(kept)) bare.push(kept);
  }
  if (depth !== 0) bare.push(`the brackets of the page do not close (${depth})`);
  const NAMES = 'placeholder aria-label alt title label data-label data-copied data-by-hand'.split(' ');
  for (const element of document.body.querySelectorAll('*')) {
    if (isData(element)) continue;
    const names = element.matches('[type=submit][value]') ? [...NAMES, 'value'] : NAMES;
    for (const name of names) {
      depth = 0;
      const kept = outside(element.getAttribute(name) || '');
      if (/\p{L}/u.test(kept)) bare.push(`${name}="${kept}"`);
    }
  }
  return [...new Set(bare)];
}
"""
"""Texts outside of brackets; brackets may open in one element and close in another, as sentences hold links."""

TOO_WIDE = r"""
() => {
  const root = document.documentElement;
  const found = root.scrollWidth > root.clientWidth ? [`page ${root.scrollWidth} > ${root.clientWidth}`] : [];
  for (const element of document.querySelectorAll('button, .button, .badge, .chip, .rail a, summary, th')) {
    if (element.checkVisibility() && element.clientWidth && element.scrollWidth > element.clientWidth + 1) {
      const hides = getComputedStyle(element).overflowX !== 'visible';
      if (hides) found.push(`clipped: ${element.textContent.trim().slice(0, 60)}`);
    }
  }
  return found;
}
"""

pytestmark = in_browser


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path) -> Iterator[FastAPI]:
    """The application with the story in it, the made-up languages, and somebody who may see every page."""
    made = make_app(database, settings.model_copy(update={"pseudo_locales": True}), tmp_path)
    with database.begin() as tx:
        person = create_person(tx, name="Ada Lindqvist", now=NOW)
        create_account(tx, person, email=ADMINISTRATOR, password=PASSWORD, role=Role.ADMINISTRATOR, now=NOW)
    catalogues.catalogue_of.cache_clear()
    yield made
    catalogues.catalogue_of.cache_clear()


def speaking(browser: Browser, site: str, tag: str) -> BrowserContext:
    """Return a browser of a reader who chose that language."""
    context = browser.new_context(viewport={"width": WIDTHS[0], "height": 900})
    context.add_cookies([{"name": "lang", "value": tag, "url": site}])
    return context


def sign_in(page: Page, site: str) -> None:
    """Sign in as somebody who may see every page."""
    page.goto(f"{site}/sign-in")
    page.fill("main input[name=email]", ADMINISTRATOR)
    page.fill("main input[name=password]", PASSWORD)
    page.press("main input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def paths_of(app: FastAPI) -> list[str]:
    """Return the address of every GET route without parameters in its path, the API's left out."""
    found = {
        str(getattr(route, "path", ""))
        for route in iter_route_contexts(app.routes)
        if "GET" in (getattr(route, "methods", None) or ())
    }
    return sorted(path for path in found if path and "{" not in path and not _API.match(path))


def pages(context: BrowserContext, site: str, paths: list[str]) -> Iterator[tuple[str, Page]]:
    """Open, one after the other, those of the addresses that answer with a page; all folds of it are open."""
    page = context.new_page()
    for path in paths:
        answer = context.request.get(site + path, headers={"Accept": "text/html"}, max_redirects=0)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page.goto(site + path)
        page.evaluate("for (const fold of document.querySelectorAll('details')) fold.open = true")
        yield path, page


def too_wide(page: Page, path: str) -> list[str]:
    """Return what does not fit on a desktop and on a phone."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 844})
        found += [f"{path} at {width}: {one}" for one in page.evaluate(TOO_WIDE)]
    return found


def test_every_text_is_translatable_and_may_grow(app: FastAPI, site: str, browser: Browser) -> None:
    """No text stands outside of the brackets; words longer by two fifths make nothing wider than its screen."""
    context = speaking(browser, site, "en-XA")
    found: list[str] = []
    paths = [*paths_of(app), *FURTHER]
    stranger = list(pages_of_a_stranger(context, site))
    sign_in(context.new_page(), site)
    seen = []
    for path, page in pages(context, site, paths):
        seen.append(path)
        found += [f"{path}: {text}" for text in page.evaluate(BARE_TEXTS)] + too_wide(page, path)
    assert {"/", "/jobs", "/companies", "/boards", "/account", "/consent", *FURTHER} <= set(seen)
    context.close()
    if stranger + found:
        pytest.fail("\n".join(stranger + found), pytrace=False)


def pages_of_a_stranger(context: BrowserContext, site: str) -> Iterator[str]:
    """Yield what is wrong with the pages that look different to whoever is not signed in."""
    for path, page in pages(context, site, ["/", "/sign-in"]):
        yield from (f"{path}: {text}" for text in page.evaluate(BARE_TEXTS))
        yield from too_wide(page, path)


def test_pages_run_from_right_to_left(app: FastAPI, site: str, browser: Browser) -> None:
    """In a language written from right to left nothing is wider than its screen either."""
    context = speaking(browser, site, "ar-XB")
    sign_in(context.new_page(), site)
    found: list[str] = []
    for path, page in pages(context, site, [*paths_of(app), *FURTHER]):
        assert page.get_attribute("html", "dir") == "rtl"
        found += too_wide(page, path)
    context.close()
    if found:
        pytest.fail("\n".join(found), pytrace=False)
