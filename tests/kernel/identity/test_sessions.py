"""Where one is signed in: what is shown, what can be ended, and when a token changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from starlette.testclient import TestClient

from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.devices import device_words
from bandmate.kernel.identity.keys import create_key, keys_of
from bandmate.kernel.identity.persons import Account, set_role

from .conftest import NOON, PASSWORD, Browser, MovableClock

NEW = "a quiet drum in the attic"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def phone(app: FastAPI, at_home: Browser, mia: Account) -> Browser:
    """A second device on which Mia is signed in."""
    made = Browser(TestClient(app, client=("192.0.2.44", 1), follow_redirects=False))
    made.client.headers["User-Agent"] = FIREFOX
    made.sign_in(mia.email)
    return made


def _via(browser: Browser) -> str:
    return str(browser.get("/probe/v1/anyone").json()["via"])


def _templates(database: Database) -> list[str]:
    with database.read() as tx:
        query = text("select data ->> 'template' from kernel.event where type = 'identity.message.requested'")
        return list(tx.execute(query).scalars())


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (FIREFOX, "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36",
            "Chrome on Windows",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/142.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("curl/8.5.0", "curl"),
        ("Mozilla/5.0 (Windows NT 10.0)", "Another browser on Windows"),
        ("<script>alert(1)</script>", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_devices_have_words(user_agent: str, words: str) -> None:
    """Browser and system are told by name, and nothing of the raw text."""
    assert device_words(user_agent) == words


def test_the_list_tells_devices_apart(at_home: Browser, phone: Browser) -> None:
    """Each session shows device and address; the present one is marked and cannot be ended by mistake."""
    page = phone.get("/account").text
    assert "Firefox on Linux" in page
    assert "192.0.2.44" in page
    assert page.count("Sign out there") == 1


def test_last_use_is_written_once_in_five_minutes(
    at_home: Browser, queries: list[str], clock: MovableClock
) -> None:
    """A busy reader costs one write in five minutes."""
    for minutes in (4, 2, 2):
        clock.move(timedelta(minutes=minutes))
        for _ in range(3):
            at_home.get("/probe/v1/anyone")
    assert queries.count("UPDATE") == 1


def test_sign_out_everywhere_else(at_home: Browser, phone: Browser) -> None:
    """One button ends all others and keeps this one."""
    at_home.submit("/account", "/account/sessions/end-others")
    assert (_via(at_home), _via(phone)) == ("session", "anonymous")
    assert "Sign out everywhere else" not in at_home.get("/account").text


def test_somebody_elses_session_cannot_be_ended(
    app: FastAPI, at_home: Browser, make_account: Callable[..., Account], database: Database
) -> None:
    """An id of another account is not found."""
    with database.read() as tx:
        session_id = tx.execute(text("select session_id from kernel.session")).scalar_one()
    make_account("ben@example.org", name="Ben")
    ben = Browser(TestClient(app, follow_redirects=False))
    ben.sign_in("ben@example.org")
    assert ben.submit("/account", f"/account/sessions/{session_id}/end").status_code == 404
    assert _via(at_home) == "session"


def test_past_sign_ins_are_shown(at_home: Browser, phone: Browser, clock: MovableClock) -> None:
    """Sign-ins of sessions that have ended are still told."""
    phone.submit("/account", "/sign-out")
    page = at_home.get("/account").text
    assert "Past sign-ins" in page
    assert "Firefox on Linux" in page


def test_a_new_browser_is_told_by_letter_once(
    at_home: Browser, phone: Browser, mia: Account, database: Database
) -> None:
    """The first browser of an account is no news; a second is; it is known from then on; no address is logged."""
    assert _templates(database) == ["identity.new_sign_in"]
    phone.submit("/account", "/sign-out")
    phone.sign_in(mia.email)
    assert _templates(database) == ["identity.new_sign_in"]
    with database.read() as tx:
        assert "192.0.2.44" not in str(
            tx.execute(text("select string_agg(cast(t as text), chr(10)) from kernel.event as t")).scalar_one()
        )


def test_changing_the_password_renews_the_session(at_home: Browser, app: FastAPI, database: Database) -> None:
    """The token from before opens nothing, the present browser stays signed in, and the owner gets a letter."""
    before = at_home.client.cookies["bandmate_session"]
    at_home.submit("/account", "/account/password", present=PASSWORD, password=NEW)
    assert _via(at_home) == "session"
    thief = Browser(TestClient(app))
    thief.client.cookies["bandmate_session"] = before
    assert _via(thief) == "anonymous"
    assert "identity.password_changed" in _templates(database)


@pytest.mark.parametrize(("choice", "works"), [({}, True), ({"revoke_keys": "yes"}, False)])
def test_changing_the_password_can_revoke_keys(
    at_home: Browser, mia: Account, database: Database, choice: dict[str, str], works: bool
) -> None:
    """Keys end where the owner says so, and only then."""
    with database.begin() as tx:
        create_key(tx, mia.account_id, name="nightly", scopes=["member"], expires_at=None, now=NOON)
    at_home.submit("/account", "/account/password", present=PASSWORD, password=NEW, **choice)
    with database.read() as tx:
        assert [key.works(NOON) for key in keys_of(tx, mia.account_id)] == [works]


def test_another_role_ends_the_sessions(at_home: Browser, mia: Account, database: Database) -> None:
    """A session begun with few rights never comes to have many; the same role again ends nothing."""
    with database.begin() as tx:
        set_role(tx, mia.account_id, Role.MEMBER)
    assert _via(at_home) == "session"
    with database.begin() as tx:
        set_role(tx, mia.account_id, Role.ADMINISTRATOR)
    assert _via(at_home) == "anonymous"


def test_acts_are_noted(at_home: Browser, phone: Browser, database: Database) -> None:
    """Signing in and out and changing the password stand in the trail, with where they came from."""
    phone.submit("/account", "/sign-out")
    at_home.submit("/account", "/account/sessions/end-others")
    at_home.submit("/account", "/account/password", present=PASSWORD, password=NEW)
    with database.read() as tx:
        query = text(
            "select action, content from kernel.audit_entry join kernel.audit_fact using (position) "
            "where kind = 'address' order by position"
        )
        noted = [tuple(row) for row in tx.execute(query)]
    assert noted == [
        ("identity.session.opened", "testclient"),
        ("identity.session.opened", "192.0.2.44"),
        ("identity.signed_out", "192.0.2.44"),
        ("identity.password.changed", "testclient"),
    ]
