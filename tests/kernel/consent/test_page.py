"""The page on which a person sees, gives and takes back consent: their own, nobody else's."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import PASSWORD, Browser, MovableClock

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Evidence, Through, allows, declare_purpose, grant, history, purposes
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.persons import create_account
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.notices import COOKIE

from .conftest import ALERTS, NOON

PAGE = "/consent"
GRANT_ALL = "/consent/messages.job_alerts/grant?version=2"
GRANT_EMAIL = f"{GRANT_ALL}&channel=email"
WITHDRAW_ALL = "/consent/messages.job_alerts/withdraw"
WITHDRAW_EMAIL = f"{WITHDRAW_ALL}?channel=email"


@pytest.fixture
def clock() -> MovableClock:
    """The application's clock; it stands at noon."""
    return MovableClock(NOON)


@pytest.fixture
def app(settings: Settings, database: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The whole application, hashing passwords at least cost."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return create_app(settings, database, clock=clock)


@pytest.fixture
def open_browser(app: FastAPI, database: Database) -> Callable[[PersonId, str], Browser]:
    """Give a person an account and sign them in."""

    def sign_in(person: PersonId, email: str) -> Browser:
        with database.begin() as tx:
            create_account(tx, person, email=email, password=PASSWORD, now=NOON)
        browser = Browser(TestClient(app, follow_redirects=False))
        assert browser.sign_in(email).status_code == 303
        return browser

    return sign_in


@pytest.fixture
def at_mias(open_browser: Callable[[PersonId, str], Browser], mia: PersonId) -> Browser:
    """Mia's browser, signed in."""
    return open_browser(mia, "mia@example.org")


def forms(browser: Browser) -> list[str]:
    """Return where the forms of the page about consent lead, in their order."""
    found = re.findall(r'action="(/consent/[^"]+)"', browser.get(PAGE).text)
    return [html.unescape(action) for action in found]


def said(database: Database, person: PersonId) -> list[tuple[bool, str | None]]:
    """Return what the ledger holds of a person."""
    with database.read() as tx:
        return [(entry.granted, entry.channel) for entry in history(tx, person)]


def undo_in(browser: Browser) -> str | None:
    """Return where the Undo button of the notice leads, and have it shown."""
    assert COOKIE in browser.client.cookies
    found = re.search(r'action="(/consent/[^"]+)"', _notices(browser))
    return html.unescape(found[1]) if found else None


def _notices(browser: Browser) -> str:
    return browser.get(PAGE).text.partition('id="notices"')[2].partition("<h1>")[0]


class TestNothingDeclared:
    pytestmark = pytest.mark.usefixtures("_no_purposes")

    def test_page_says_so(self, at_mias: Browser) -> None:
        """Without any purpose the page says what would be here, and has no button to press."""
        answer = at_mias.get(PAGE)
        assert answer.status_code == 200
        assert "Nothing asks for your consent" in answer.text
        assert forms(at_mias) == []

    def test_account_does_not_lead_to_it(self, at_mias: Browser) -> None:
        """The account page has no entry for it."""
        assert 'href="/consent"' not in at_mias.get("/account").text


@pytest.mark.usefixtures("_declared")
class TestSeeing:
    def test_account_leads_to_it(self, at_mias: Browser) -> None:
        """As soon as a purpose is declared, the account page has the entry."""
        assert 'href="/consent"' in at_mias.get("/account").text

    def test_nobody_is_asked_to_sign_in(self, app: FastAPI) -> None:
        """Who is not signed in is led to the sign-in page, from page and download."""
        stranger = Browser(TestClient(app, follow_redirects=False))
        for path in (PAGE, "/consent/export"):
            assert stranger.get(path).headers["location"].startswith("/sign-in")

    def test_everything_is_refused_at_first(self, at_mias: Browser) -> None:
        """The wording stands there, and every choice can be granted and none withdrawn."""
        assert ALERTS.wording in at_mias.get(PAGE).text
        assert forms(at_mias) == [
            GRANT_ALL,
            *(f"{GRANT_ALL}&channel={channel}" for channel in ALERTS.channels),
            "/consent/profile.portrait/grant?version=1",
        ]

    def test_page_is_kept_nowhere(self, at_mias: Browser) -> None:
        """Neither page nor download stays in a cache."""
        for path in (PAGE, "/consent/export"):
            assert at_mias.get(path).headers["cache-control"] == "private, no-store"

    def test_earlier_wording_is_shown(self, at_mias: Browser, database: Database, mia: PersonId) -> None:
        """Who agreed to other words sees those words beside the present ones."""
        earlier = Evidence(mia, Through.PAPER, "We may <once> send you jobs.", 1, "en")
        with database.begin() as tx:
            grant(tx, mia, ALERTS.name, "email", evidence=earlier, at=NOON)
        page = at_mias.get(PAGE).text
        assert "You agreed to an earlier wording" in page
        assert "We may &lt;once&gt; send you jobs." in page

    def test_others_are_not_seen(
        self, open_browser: Callable[[PersonId, str], Browser], at_mias: Browser, ben: PersonId
    ) -> None:
        """What one person allows shows on no other person's page or download."""
        at_mias.submit(PAGE, GRANT_EMAIL)
        at_bens = open_browser(ben, "ben@example.org")
        assert "History" not in at_bens.get(PAGE).text
        assert at_bens.get("/consent/export").json() == []
        assert WITHDRAW_EMAIL not in forms(at_bens)

    def test_download_is_the_history(self, at_mias: Browser, mia: PersonId) -> None:
        """The download is a JSON file with every entry and its evidence."""
        at_mias.submit(PAGE, GRANT_EMAIL)
        answer = at_mias.get("/consent/export")
        assert answer.headers["content-disposition"] == 'attachment; filename="consent.json"'
        [entry] = answer.json()
        assert (entry["channel"], entry["granted"], entry["recorded_by"]) == ("email", True, str(mia))


@pytest.mark.usefixtures("_declared")
class TestDeciding:
    def test_granting_writes_it_down_with_its_evidence(
        self, at_mias: Browser, database: Database, mia: PersonId
    ) -> None:
        """The entry holds who, when, through what, and the wording that was on the page."""
        answer = at_mias.submit(PAGE, GRANT_EMAIL)
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
        with database.read() as tx:
            [entry] = history(tx, mia)
        assert (entry.purpose, entry.channel, entry.granted, entry.at) == (ALERTS.name, "email", True, NOON)
        assert entry.evidence == Evidence(mia, Through.PAGE, ALERTS.wording, 2, "en")

    def test_page_follows(self, at_mias: Browser) -> None:
        """After a grant its button withdraws, and the whole can be withdrawn or completed."""
        at_mias.submit(PAGE, GRANT_EMAIL)
        assert "Done:</strong> You allow “Job alerts” for email." in _notices(at_mias)
        assert forms(at_mias)[:3] == [GRANT_ALL, WITHDRAW_ALL, WITHDRAW_EMAIL]
        page = at_mias.get(PAGE).text
        assert "In part" in page
        assert "As chosen below" in page
        assert "Allowed: “Job alerts” for email" in page

    def test_withdrawing_everything_ends_each_channel(
        self, at_mias: Browser, database: Database, mia: PersonId, clock: MovableClock
    ) -> None:
        """One button takes everything of a purpose back; the past stays as it was."""
        at_mias.submit(PAGE, GRANT_EMAIL)
        clock.move(timedelta(hours=1))
        at_mias.submit(PAGE, WITHDRAW_ALL)
        with database.read() as tx:
            assert not allows(tx, mia, ALERTS.name, "email", at=clock()).allowed
            assert allows(tx, mia, ALERTS.name, "email", at=NOON).allowed

    @pytest.mark.parametrize(
        ("before", "step", "undo"),
        [
            ([], GRANT_EMAIL, WITHDRAW_EMAIL),
            ([], GRANT_ALL, WITHDRAW_ALL),
            ([GRANT_EMAIL], WITHDRAW_EMAIL, GRANT_EMAIL),
            ([GRANT_ALL], WITHDRAW_ALL, GRANT_ALL),
            ([GRANT_ALL], WITHDRAW_EMAIL, GRANT_EMAIL),
            ([GRANT_EMAIL], WITHDRAW_ALL, None),
            ([GRANT_EMAIL], GRANT_ALL, None),
            ([GRANT_EMAIL], GRANT_EMAIL, None),
        ],
    )
    def test_undo_is_offered_where_it_restores_what_was(
        self, at_mias: Browser, before: list[str], step: str, undo: str | None
    ) -> None:
        """Undo is the opposite entry; it is not offered where that would allow or end more than there was."""
        for earlier in before:
            at_mias.submit(PAGE, earlier)
        at_mias.submit(PAGE, step)
        assert undo_in(at_mias) == undo

    def test_undo_restores(self, at_mias: Browser, database: Database, mia: PersonId) -> None:
        """Pressing Undo adds the opposite entry, and the choice is as it was before."""
        at_mias.submit(PAGE, GRANT_EMAIL)
        undo = undo_in(at_mias)
        assert undo is not None
        at_mias.submit(PAGE, undo)
        assert said(database, mia) == [(True, "email"), (False, "email")]
        assert WITHDRAW_EMAIL not in forms(at_mias)

    def test_nobody_agrees_to_words_they_have_not_seen(
        self, at_mias: Browser, database: Database, mia: PersonId, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When the wording changed after the page was opened, the grant is refused and says why."""
        token = at_mias.token(PAGE)
        monkeypatch.setattr(purposes, "_declared", {})
        declare_purpose(replace(ALERTS, wording="We may write whenever we like.", version=3))
        answer = at_mias.post(GRANT_EMAIL, csrf_token=token)
        assert answer.status_code == 409
        assert "has changed since you opened the page" in answer.text
        assert said(database, mia) == []

    @pytest.mark.parametrize("path", [GRANT_EMAIL, GRANT_ALL, WITHDRAW_EMAIL, WITHDRAW_ALL])
    def test_forged_forms_are_refused(
        self, at_mias: Browser, database: Database, mia: PersonId, path: str
    ) -> None:
        """Without the token of the page nothing is written, neither a yes nor a no."""
        assert at_mias.post(path).status_code == 403
        assert at_mias.post(path, csrf_token="made up").status_code == 403
        assert said(database, mia) == []

    @pytest.mark.parametrize(
        "path",
        [
            "/consent/nobody.knows/grant?version=1",
            "/consent/nobody.knows/withdraw",
            f"{GRANT_ALL}&channel=fax",
            f"{WITHDRAW_ALL}?channel=fax",
            "/consent/messages.job_alerts/grant",
            f"{WITHDRAW_ALL}?channel=%00",
        ],
    )
    def test_what_is_not_there_cannot_be_decided(
        self, at_mias: Browser, database: Database, mia: PersonId, path: str
    ) -> None:
        """An unknown purpose or channel, or a grant that names no wording, is refused as unusable input."""
        assert at_mias.submit(PAGE, path).status_code == 422
        assert said(database, mia) == []
