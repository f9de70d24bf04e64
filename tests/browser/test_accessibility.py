"""Every page as every kind of reader: axe finds nothing, and nothing is wider than the screen.

The list is the application's own: all pages without parameters, then whatever they link to, two of each kind.
Each is looked at twice without being loaded again: light on a desktop, dark on a phone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser, Page
from tests.browsing import in_browser
from tests.busy_site import EMAILS, NAMES, PASSWORD, busy_app, studio

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import rules
from bandmate.kernel.identity.access import Role

pytestmark = in_browser

OF_EACH_KIND = 2
FURTHER = (
    f"/jobs/{studio('tuner')}",
    f"/jobs/{studio('engineer-00')}",
    "/jobs?q=nothing-is-like-this",
    "/jobs?q=sound&work_model=hybrid&city=Berlin",
    "/companies?name=nobody",
    "/problems/conflict",
    "/nowhere",
)
MINE = (
    "/boards?name=nobody",
    "/operator/audit?subject=nothing",
    "/operator/persons?q=nobody",
    "/operator/accounts?q=nobody",
)
LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 1280), ("dark", 390))
KINDS_OF_MEMBERS = {"/jobs/{job_id}", "/decisions/{decision_id}", "/saved/{search_id}/edit"}
KINDS_OF_OPERATORS = {"/boards/{board_id}", "/operator/webhooks/{endpoint_id}"}
KINDS_OF_ADMINISTRATORS = {"/operator/persons/{person_id}", "/operator/service-accounts/{name}"}

# Forms sent empty, as somebody does in a hurry: the page, and the action of its form.
FAILING = {
    None: (("/sign-in", "/sign-in"), ("/recover", "/recover")),
    Role.MEMBER: (
        ("/account", "/account/preferences"),
        ("/account", "/account/keys"),
        ("/account", "/account/password"),
        ("/account", "/account/preferences/email"),
        ("/account/data/erasure", "/account/data/erasure"),
        ("/saved/new?q=sound", "/saved"),
    ),
    Role.ADMINISTRATOR: (
        ("/operator/webhooks", "/operator/webhooks"),
        ("/operator/service-accounts", "/operator/service-accounts"),
        ("/boards", "/boards"),
    ),
}

# What looks different to each: strangers see the public pages, and members are led past no page of an operator.
OWN = {
    None: re.compile("/"),
    Role.MEMBER: re.compile("/(account|consent|decisions|messages|saved|today|jobs|find|$)"),
    Role.ADMINISTRATOR: re.compile("/(operator|boards|today|jobs/{|account$|$)"),
}

_API = re.compile(r"^/[a-z-]+/v[1-9]/")


@pytest.fixture
def app(database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The application with something on every page."""
    monkeypatch.setattr(rules, "_declared", dict(rules._declared))
    return busy_app(database, settings, tmp_path)


def patterns(app: FastAPI) -> dict[str, re.Pattern[str]]:
    """Return what the addresses of each GET page look like, by the path of its route; the API's left out."""
    paths = {
        str(getattr(route, "path", ""))
        for route in iter_route_contexts(app.routes)
        if "GET" in (getattr(route, "methods", None) or ())
    }
    return {
        path: re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$")
        for path in sorted(paths)
        if path and not _API.match(path)
    }


def open_page(browser: Browser, site: str, role: Role | None) -> Page:
    """Open a tab, signed in by the form where there is a role."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
    if role is not None:
        page.goto(f"{site}/sign-in")
        page.fill("main input[name=email]", EMAILS[role])
        page.fill("main input[name=password]", PASSWORD)
        page.press("main input[name=password]", "Enter")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        assert NAMES[role] in page.inner_text("header")
    return page


def kind_of(address: str, kinds: dict[str, re.Pattern[str]]) -> str | None:
    """Return the route of an address; one without parameters before one with."""
    path = address.partition("?")[0]
    return path if path in kinds else next((kind for kind, like in kinds.items() if like.match(path)), None)


def walk(
    page: Page, site: str, app: FastAPI, further: tuple[str, ...], own: re.Pattern[str]
) -> Iterator[tuple[str, str | None]]:
    """Open page after page, and yield address and route of each that is one; folds are open."""
    kinds = patterns(app)
    waiting = [*(path for path in kinds if "{" not in path and own.match(path)), *further]
    known, seen = set(waiting), Counter[str | None]()
    while waiting:
        address = waiting.pop(0)
        kind = kind_of(address, kinds)
        answer = page.request.get(site + address, headers={"Accept": "text/html"}, max_redirects=0)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        page.goto(site + address)
        page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")
        yield address, kind
        for link in page.eval_on_selector_all(
            "main a[href^='/']", "all => all.map(one => one.getAttribute('href'))"
        ):
            found = kind_of(link.partition("#")[0], kinds)
            if (
                found
                and "{" in found
                and own.match(found)
                and link.partition("#")[0] not in known
                and seen[found] < OF_EACH_KIND
            ):
                seen[found] += 1
                known.add(link.partition("#")[0])
                waiting.append(link.partition("#")[0])


def faults(page: Page, address: str) -> Iterator[str]:
    """Yield what is wrong with the page that is open, in both looks."""
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 844})
        for rule in Axe().run(page).response["violations"]:
            yield f"{address} {scheme} at {width}: {rule['id']}: {rule['nodes'][0]['html'][:160]}"
        wide = page.evaluate("document.documentElement.scrollWidth")
        if wide > width:
            yield f"{address} {scheme} at {width}: the page is {wide} wide"


@pytest.mark.parametrize(
    ("role", "further", "kinds"),
    [
        (None, FURTHER, {"/jobs/{job_id}", "/companies/{org_id}"}),
        (Role.MEMBER, (), KINDS_OF_MEMBERS),
        (Role.ADMINISTRATOR, MINE, KINDS_OF_OPERATORS | KINDS_OF_ADMINISTRATORS),
    ],
    ids=["stranger", "member", "administrator"],
)
def test_every_page_is_accessible(
    app: FastAPI, site: str, browser: Browser, role: Role | None, further: tuple[str, ...], kinds: set[str]
) -> None:
    """Axe finds nothing on any page of this reader's, in either look."""
    page = open_page(browser, site, role)
    found: list[str] = []
    seen: set[str | None] = set()
    for address, kind in walk(page, site, app, further, OWN[role]):
        seen.add(kind)
        found += faults(page, address)
    page.context.close()
    if found:
        pytest.fail("\n".join(found), pytrace=False)
    assert kinds <= seen


def test_forms_that_failed_are_accessible(site: str, browser: Browser) -> None:
    """A form sent empty comes back with its errors named on top, tied to their fields, and axe finds nothing."""
    found: list[str] = []
    for role, forms in FAILING.items():
        page = open_page(browser, site, role)
        for address, action in forms:
            page.goto(site + address)
            page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")
            with page.expect_navigation() as answer:
                page.evaluate(EMPTIED, action)
            if answer.value.status not in {422, 403, 409, 429}:
                found.append(f"{action} sent empty answered {answer.value.status}")
            if not page.query_selector("main [role=alert], main [aria-invalid=true]"):
                found.append(f"{action} sent empty names no error")
            found += page.evaluate(LEADING_NOWHERE, action)
            found += faults(page, f"{action} sent empty")
        page.context.close()
    if found:
        pytest.fail("\n".join(found), pytrace=False)


EMPTIED = """
action => {
  const form = document.querySelector(`main form[action='${action}'][method=post]`);
  for (const field of form.querySelectorAll('input:not([type=hidden]), textarea')) {
    if (field.type === 'checkbox') field.checked = false; else field.value = '';
  }
  form.submit();
}
"""
LEADING_NOWHERE = """
action => [...document.querySelectorAll('.error-summary a')]
  .filter(link => !document.querySelector(link.getAttribute('href')))
  .map(link => `${action}: the error “${link.textContent}” leads to no field (${link.getAttribute('href')})`)
"""
