"""The page of one's own account."""

from __future__ import annotations

import re
from collections.abc import Callable

from fastapi import FastAPI
from starlette.testclient import TestClient

from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.persons import Account

from .conftest import PASSWORD, Browser

NEW = "another long password"
_KEY = re.compile(r"bm_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


def test_shows_who_one_is(at_home: Browser, mia: Account) -> None:
    """Name, address and role stand on the page."""
    page = at_home.get("/account").text
    assert "Mia Kern" in page
    assert mia.email in page
    assert "member" in page


def test_nobody_is_led_to_sign_in(browser: Browser) -> None:
    """Without a session the page asks to sign in."""
    assert browser.get("/account").headers["Location"] == "/sign-in?next=/account"


def test_hostile_name_is_only_text(browser: Browser, make_account: Callable[..., Account]) -> None:
    """Markup in a name is shown, not run."""
    browser.sign_in(make_account(name="<script>alert(1)</script>").email)
    assert "<script>alert" not in browser.get("/account").text


class TestKeys:
    """Making and revoking keys on the page."""

    def test_key_is_shown_once(self, at_home: Browser) -> None:
        """The answer to the form shows the key; the page never shows it again, only its public id."""
        answer = at_home.submit("/account", "/account/keys", name="nightly export", scopes="member", days="30")
        key = _KEY.search(answer.text)
        assert key is not None
        assert answer.headers["Cache-Control"] == "no-store"
        again = at_home.get("/account").text
        assert key.group() not in again
        assert key.group()[:12] in again
        assert "nightly export" in again

    def test_key_works(self, at_home: Browser, app: FastAPI) -> None:
        """The key that was shown can be used at once, with the scope that was chosen."""
        answer = at_home.submit("/account", "/account/keys", name="nightly", scopes="member", days="never")
        key = _KEY.search(answer.text)
        assert key is not None
        program = TestClient(app)
        headers = {"Authorization": f"Bearer {key.group()}"}
        assert program.get("/probe/v1/member", headers=headers).status_code == 200
        assert program.get("/probe/v1/operator", headers=headers).status_code == 403

    def test_error_stands_at_the_field(self, at_home: Browser) -> None:
        """A key without scopes is not made; the page says so and keeps the name."""
        answer = at_home.submit("/account", "/account/keys", name="nightly", days="30")
        assert answer.status_code == 422
        assert "A key without a scope can do nothing" in answer.text
        assert 'value="nightly"' in answer.text

    def test_revoking(self, at_home: Browser) -> None:
        """A revoked key is marked on the page and cannot be revoked again there."""
        at_home.submit("/account", "/account/keys", name="nightly", scopes="member")
        path = re.search(r"/account/keys/[a-z0-9]{8}/revoke", at_home.get("/account").text)
        assert path is not None
        assert at_home.submit("/account", path.group()).status_code == 303
        page = at_home.get("/account").text
        assert "Revoked" in page
        assert path.group() not in page

    def test_offers_only_useful_scopes(
        self, at_home: Browser, app: FastAPI, make_account: Callable[..., Account]
    ) -> None:
        """A member is offered what members' keys can do, an operator more."""
        assert 'value="operator"' not in at_home.get("/account").text
        other = Browser(TestClient(app, follow_redirects=False))
        other.sign_in(make_account("tom@example.org", role=Role.OPERATOR).email)
        assert 'value="operator"' in other.get("/account").text

    def test_strange_ids_are_not_found(self, at_home: Browser) -> None:
        """An id that no key can have is refused before the database is asked."""
        assert at_home.submit("/account", "/account/keys/%00/revoke").status_code == 422
        assert at_home.submit("/account", "/account/keys/aaaaaaaa/revoke").status_code == 404


class TestSessions:
    """One's sessions elsewhere."""

    def test_other_session_can_be_ended(self, at_home: Browser, app: FastAPI, mia: Account) -> None:
        """A session on another device is listed and can be ended from here; this one stays."""
        phone = Browser(TestClient(app, follow_redirects=False))
        phone.client.headers["User-Agent"] = "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0"
        phone.sign_in(mia.email)
        page = at_home.get("/account").text
        assert "Firefox on Android" in page
        path = re.search(r"/account/sessions/[0-9a-f-]{36}/end", page)
        assert path is not None
        at_home.submit("/account", path.group())
        assert phone.get("/probe/v1/anyone").json()["via"] == "anonymous"
        assert at_home.get("/probe/v1/anyone").json()["via"] == "session"

    def test_sessions_of_others_are_not_there(
        self, at_home: Browser, app: FastAPI, mia: Account, make_account: Callable[..., Account]
    ) -> None:
        """Nobody ends somebody else's session."""
        Browser(TestClient(app, follow_redirects=False)).sign_in(mia.email)
        path = re.search(r"/account/sessions/[0-9a-f-]{36}/end", at_home.get("/account").text)
        assert path is not None
        tom = Browser(TestClient(app, follow_redirects=False))
        tom.sign_in(make_account("tom@example.org").email)
        assert tom.submit("/account", path.group()).status_code == 404


class TestPassword:
    """Changing one's password."""

    def test_change(self, at_home: Browser, app: FastAPI, mia: Account) -> None:
        """With the present password a new one is set; this browser stays signed in, the old password is out."""
        phone = Browser(TestClient(app, follow_redirects=False))
        phone.sign_in(mia.email)
        answer = at_home.submit("/account", "/account/password", present=PASSWORD, password=NEW)
        assert answer.status_code == 303
        assert at_home.get("/probe/v1/anyone").json()["via"] == "session"
        assert phone.get("/probe/v1/anyone").json()["via"] == "anonymous"
        assert phone.sign_in(mia.email, PASSWORD).status_code == 422
        assert phone.sign_in(mia.email, NEW).status_code == 303

    def test_present_password_is_needed(self, at_home: Browser, mia: Account) -> None:
        """Who finds an open browser cannot take the account over."""
        answer = at_home.submit("/account", "/account/password", present="not the password", password=NEW)
        assert answer.status_code == 422
        assert "not your present password" in answer.text
        assert NEW not in answer.text

    def test_guessing_it_is_limited(self, at_home: Browser) -> None:
        """Nor can they guess it there."""
        for _ in range(5):
            at_home.submit("/account", "/account/password", present="not the password", password=NEW)
        answer = at_home.submit("/account", "/account/password", present=PASSWORD, password=NEW)
        assert answer.status_code == 429
        assert "Wait 15 minutes" in answer.text

    def test_new_one_must_be_long(self, at_home: Browser) -> None:
        """A short new password is refused at its field."""
        answer = at_home.submit("/account", "/account/password", present=PASSWORD, password="short")
        assert answer.status_code == 422
        assert "take 12 to 256" in answer.text
