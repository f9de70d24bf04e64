"""The consent page in a real browser: accessible on desktop and phone, in both themes, and usable by keyboard."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browsing import in_browser

from bandmate.app import create_app
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Evidence, Through, grant, withdraw
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.cookies import SESSION
from bandmate.kernel.identity.persons import create_account
from bandmate.kernel.identity.sessions import open_session
from bandmate.kernel.ids import PersonId

from .conftest import ALERTS, BY_SYSTEM, NOON

pytestmark = [*in_browser, pytest.mark.usefixtures("_declared")]


@pytest.fixture
def app(database: Database, settings: Settings) -> FastAPI:
    """The whole application."""
    return create_app(settings, database)


@pytest.fixture
def token(database: Database, mia: PersonId) -> str:
    """A session of Mia's, who has a history of consent."""
    now = system_clock()
    with database.begin() as tx:
        grant(tx, mia, ALERTS.name, "email", evidence=BY_SYSTEM, at=NOON - timedelta(days=300))
        by_phone = Evidence(mia, Through.PHONE, ALERTS.wording, 2, "en")
        withdraw(tx, mia, ALERTS.name, "sms", evidence=by_phone, at=NOON - timedelta(days=90))
        account = create_account(tx, mia, email="mia@example.org", password="four tuned drums in a van", now=now)
        opened = open_session(
            tx, account.account_id, lifetime=timedelta(hours=1), address="127.0.0.1", user_agent="", now=now
        )
    return opened.token


def signed_in(context: BrowserContext, site: str, token: str) -> Page:
    """Open the consent page in Mia's session."""
    context.add_cookies([{"name": SESSION, "value": token, "url": site}])
    page = context.new_page()
    page.goto(f"{site}/consent")
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_page_is_accessible(
    site: str, browser: Browser, token: str, scheme: Literal["light", "dark"], width: int
) -> None:
    """Axe finds nothing with all folds open, and the page is not wider than the screen."""
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 844}, is_mobile=width < 500
    )
    page = signed_in(context, site, token)
    page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")
    assert [rule["id"] for rule in Axe().run(page).response["violations"]] == []
    assert page.evaluate("Math.max(document.documentElement.scrollWidth, innerWidth)") == width
    context.close()


def test_button_and_undo_work_by_keyboard(site: str, browser: Browser, token: str) -> None:
    """Allowing and undoing needs no pointer, and the page says what happened."""
    context = browser.new_context()
    page = signed_in(context, site, token)
    page.get_by_role("button", name="Allow Job alerts for push").press("Enter")
    page.get_by_text("You allow “Job alerts” for push.").wait_for()
    page.get_by_role("button", name="Undo").press("Enter")
    page.get_by_text("You no longer allow “Job alerts” for push.").wait_for()
    context.close()
