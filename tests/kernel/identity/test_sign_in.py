"""Signing in and out, as browsers and attackers do it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select, text
from starlette.testclient import TestClient

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.cookies import Policy
from bandmate.kernel.identity.local_paths import local_path
from bandmate.kernel.identity.persons import Account
from bandmate.kernel.identity.tables import session
from bandmate.kernel.identity.tokens import token_hash

from .conftest import PASSWORD, Browser, MovableClock


class TestSession:
    """What a sign-in gives, and how it ends."""

    def test_sign_in_is_remembered(self, at_home: Browser) -> None:
        """After signing in, requests are answered to that person."""
        assert at_home.get("/probe/v1/anyone").json() == {"via": "session", "name": "Mia Kern"}

    def test_cookie_is_guarded(self, browser: Browser, mia: Account) -> None:
        """The session's cookie is HttpOnly, SameSite=Lax, for the whole site, and lives as long as its session."""
        cookie = browser.sign_in(mia.email).headers["Set-Cookie"].lower()
        assert cookie.startswith("bandmate_session=")
        attributes = {part.strip() for part in cookie.split(";")}
        assert {"httponly", "samesite=lax", "path=/", f"max-age={14 * 86_400}"} <= attributes
        assert "secure" not in attributes

    def test_https_cookie_is_bound_to_the_host(self, app: FastAPI, mia: Account) -> None:
        """Over https the cookie is Secure and has the prefix that no other host can write."""
        browser = Browser(TestClient(app, base_url="https://testserver", follow_redirects=False))
        browser.headers["Origin"] = "https://testserver"
        cookie = browser.sign_in(mia.email).headers["Set-Cookie"]
        assert cookie.startswith("__Host-bandmate_session=")
        assert "; Secure" in cookie
        assert "; Path=/" in cookie
        assert "domain" not in cookie.lower()
        assert browser.get("/probe/v1/anyone").json()["via"] == "session"

    def test_https_in_the_settings_is_enough(self, app: FastAPI, settings: Settings, mia: Account) -> None:
        """Behind a proxy that speaks http to us, the public address decides about the cookie."""
        app.state.identity = Policy.of(settings.model_copy(update={"public_url": "https://jobs.example.org"}))
        plain = TestClient(app).get("/sign-in").headers["Set-Cookie"]
        assert plain.startswith("__Host-bandmate_visit=")
        assert "; Secure" in plain

    def test_only_a_hash_is_stored(self, at_home: Browser, database: Database) -> None:
        """The database never holds what the cookie holds."""
        token = at_home.client.cookies["bandmate_session"]
        with database.read() as tx:
            row = tx.execute(select(session)).one()
        assert row.token_hash == token_hash(token)
        assert token not in str(row)

    def test_sign_in_renews_the_session(self, at_home: Browser, mia: Account, database: Database) -> None:
        """Signing in again gives a new token and ends the session before it."""
        before = at_home.client.cookies["bandmate_session"]
        token = at_home.token("/account")
        at_home.post("/sign-in", csrf_token=token, email=mia.email, password=PASSWORD)
        assert at_home.client.cookies["bandmate_session"] != before
        with database.read() as tx:
            assert before not in [row.token_hash for row in tx.execute(select(session))]
            assert len(tx.execute(select(session)).all()) == 1

    def test_planted_token_gains_nothing(self, browser: Browser, mia: Account, app: FastAPI) -> None:
        """A session token that an attacker planted is not the one that is signed in (no fixation)."""
        browser.client.cookies["bandmate_session"] = "planted"
        assert browser.sign_in(mia.email).status_code == 303
        attacker = Browser(TestClient(app))
        attacker.client.cookies["bandmate_session"] = "planted"
        assert attacker.get("/probe/v1/anyone").json()["via"] == "anonymous"

    def test_session_ends_by_itself(self, at_home: Browser, clock: MovableClock) -> None:
        """A session ends after the days of the settings, however busy it was."""
        clock.move(timedelta(days=14) - timedelta(seconds=1))
        assert at_home.get("/probe/v1/member").status_code == 200
        clock.move(timedelta(seconds=1))
        assert at_home.get("/probe/v1/member").status_code == 401

    def test_sign_out_ends_it_everywhere(self, at_home: Browser) -> None:
        """After signing out the old token opens nothing, even if somebody kept it."""
        kept = at_home.client.cookies["bandmate_session"]
        assert at_home.submit("/account", "/sign-out").status_code == 303
        assert "bandmate_session" not in at_home.client.cookies
        at_home.client.cookies["bandmate_session"] = kept
        assert at_home.get("/probe/v1/anyone").json()["via"] == "anonymous"

    def test_one_query_for_a_session_none_without(
        self, at_home: Browser, app: FastAPI, queries: list[str]
    ) -> None:
        """Knowing who asks costs one query where a cookie came, and none where none came or for a static file."""
        queries.clear()
        at_home.get("/probe/v1/anyone")
        assert len(queries) == 1
        TestClient(app).get("/probe/v1/anyone")
        at_home.get("/static/0/shell.css")
        assert len(queries) == 1


class TestRefusal:
    """What somebody learns who does not know the password."""

    def test_wrong_password_and_no_account_look_alike(self, browser: Browser, mia: Account) -> None:
        """Nothing in the answer tells whether an account exists."""
        wrong = browser.sign_in(mia.email, "not the password at all")
        nobody = browser.sign_in("nobody@example.org", "not the password at all")
        assert wrong.status_code == nobody.status_code == 422
        assert wrong.text.replace(mia.email, "") == nobody.text.replace("nobody@example.org", "")

    def test_both_do_the_same_work(self, browser: Browser, mia: Account, monkeypatch: pytest.MonkeyPatch) -> None:
        """argon2 verifies once, with equal parameters, whether or not the account exists."""
        verified: list[str] = []
        hasher = passwords._hasher

        class Watched:
            check_needs_rehash = hasher.check_needs_rehash
            hash = hasher.hash

            def verify(self, stored: str, password: str) -> bool:
                verified.append(stored.split("$")[3])
                return hasher.verify(stored, password)

        monkeypatch.setattr(passwords, "_hasher", Watched())
        browser.sign_in(mia.email, "not the password at all")
        browser.sign_in("nobody@example.org", "not the password at all")
        assert len(verified) == 2
        assert verified[0] == verified[1]

    def test_password_is_not_repeated(
        self, browser: Browser, mia: Account, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A wrong password stands neither in the page nor in the logs, the address not in the logs."""
        with caplog.at_level(logging.DEBUG):
            answer = browser.sign_in(mia.email, "a password for another site")
        assert "a password for another site" not in answer.text + caplog.text
        assert mia.email not in caplog.text

    @pytest.mark.parametrize("email", ["", "a\0b@example.org", "x" * 5000, "\N{SNOWMAN}", "'; drop table person"])
    def test_strange_addresses_are_only_wrong(self, browser: Browser, email: str) -> None:
        """Whatever is typed as an address is refused in the same words."""
        answer = browser.sign_in(email)
        assert answer.status_code == 422
        assert "do not belong together" in answer.text

    def test_unicode_and_case_do_not_matter(self, browser: Browser, mia: Account) -> None:
        """An address signs in however it is typed."""
        assert browser.sign_in("  MIA@Example.ORG ").status_code == 303


class TestLimit:
    """How fast passwords can be guessed."""

    def _fail(self, browser: Browser, email: str, times: int) -> None:
        for _ in range(times):
            assert browser.sign_in(email, "not the password at all").status_code == 422

    def test_five_failures_then_wait(self, browser: Browser, mia: Account) -> None:
        """After five failures even the right password has to wait, and the answer says how long."""
        self._fail(browser, mia.email, 5)
        answer = browser.sign_in(mia.email)
        assert answer.status_code == 429
        assert "Wait 15 minutes" in answer.text
        assert answer.headers["Retry-After"] == "900"

    def test_waiting_helps(self, browser: Browser, mia: Account, clock: MovableClock) -> None:
        """A quarter of an hour after the failures the account opens again."""
        self._fail(browser, mia.email, 5)
        clock.move(timedelta(minutes=15))
        assert browser.sign_in(mia.email).status_code == 303

    def test_unknown_accounts_are_limited_alike(self, browser: Browser) -> None:
        """The limit does not tell which accounts exist either."""
        self._fail(browser, "nobody@example.org", 5)
        assert browser.sign_in("nobody@example.org").status_code == 429

    def test_other_address_is_not_locked_out(self, app: FastAPI, browser: Browser, mia: Account) -> None:
        """Somebody elsewhere who guesses does not lock out the owner."""
        attacker = Browser(TestClient(app, client=("203.0.113.9", 1), follow_redirects=False))
        self._fail(attacker, mia.email, 5)
        assert browser.sign_in(mia.email).status_code == 303

    def test_one_ipv6_network_is_one_party(self, app: FastAPI, mia: Account) -> None:
        """Changing the address inside one /64 does not help."""
        for host in range(1, 6):
            client = TestClient(app, client=(f"2001:db8::{host}", 1), follow_redirects=False)
            self._fail(Browser(client), mia.email, 1)
        other = Browser(TestClient(app, client=("2001:db8::99", 1), follow_redirects=False))
        assert other.sign_in(mia.email).status_code == 429

    def test_success_forgets_failures(self, browser: Browser, mia: Account) -> None:
        """Four typing errors are forgotten once the right password came."""
        self._fail(browser, mia.email, 4)
        assert browser.sign_in(mia.email).status_code == 303
        browser.client.cookies.clear()
        self._fail(browser, mia.email, 4)
        assert browser.sign_in(mia.email).status_code == 303

    def test_spraying_is_limited(self, browser: Browser, mia: Account) -> None:
        """One address that tries many accounts has to wait as well."""
        for number in range(50):
            self._fail(browser, f"person{number}@example.org", 1)
        assert browser.sign_in(mia.email).status_code == 429

    def test_successes_do_not_count(self, browser: Browser, mia: Account, database: Database) -> None:
        """An office that signs in from one address leaves no count behind."""
        browser.sign_in(mia.email)
        with database.read() as tx:
            assert tx.execute(text("select count(*) from kernel.sign_in_attempt")).scalar_one() == 0


class TestWayBack:
    """Where a sign-in leads."""

    def test_page_leads_to_sign_in_and_back(self, browser: Browser, mia: Account) -> None:
        """A page that needs somebody sends to the sign-in page, which leads back to it with its query."""
        first = browser.get("/probe/page?a=1&b=%20")
        assert first.status_code == 303
        assert first.headers["Location"] == "/sign-in?next=/probe/page%3Fa%3D1%26b%3D%2520"
        assert 'name="next" value="/probe/page?a=1&amp;b=%20"' in browser.get(first.headers["Location"]).text
        done = browser.sign_in(mia.email, next="/probe/page?a=1&b=%20")
        assert done.headers["Location"] == "/probe/page?a=1&b=%20"

    @pytest.mark.parametrize(
        "evil",
        [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "javascript:alert(1)",
            "\\\\evil.example",
            "evil.example",
            " //evil.example",
            "/x\r\nSet-Cookie: a=b",
            "",
            "/" * 3000,
        ],
    )
    def test_never_leaves_the_site(self, browser: Browser, mia: Account, evil: str) -> None:
        """A prepared link cannot send people elsewhere after they signed in."""
        assert local_path(evil) == "/"
        assert browser.sign_in(mia.email, next=evil).headers["Location"] == "/"

    def test_api_is_told_401(self, browser: Browser) -> None:
        """A program gets a problem document that says how to authenticate."""
        answer = browser.client.get("/probe/v1/member")
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    def test_fragment_leads_the_whole_page(self, browser: Browser) -> None:
        """A fragment that needs somebody leads the page it stands on to the sign-in and back to that page."""
        answer = browser.get("/probe/page", **{"HX-Request": "true", "Referer": "http://testserver/jobs?q=drums"})
        assert answer.headers["HX-Redirect"] == "/sign-in?next=/jobs%3Fq%3Ddrums"

    def test_signed_in_people_see_no_form(self, at_home: Browser) -> None:
        """Who is signed in already is led on."""
        assert at_home.get("/sign-in?next=/jobs").headers["Location"] == "/jobs"


def test_pages_of_people_are_not_stored(at_home: Browser, make_account: Callable[..., Account]) -> None:
    """Neither the sign-in form nor an account page is kept by browsers or proxies."""
    assert at_home.get("/account").headers["Cache-Control"] == "no-store"
    headers: Mapping[str, str] = Browser(TestClient(at_home.client.app)).get("/sign-in").headers
    assert headers["Cache-Control"] == "no-store"
