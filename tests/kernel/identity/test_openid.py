"""Signing in by OpenID Connect: the way there and back, against a real provider on loopback and hostile ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from httpx import Response
from joserfc.jwk import RSAKey
from sqlalchemy import func, select
from starlette.responses import JSONResponse, RedirectResponse
from starlette.responses import Response as Answer
from starlette.testclient import TestClient
from tests.kernel.identity.conftest import PASSWORD, Browser, MovableClock
from tests.kernel.identity.provider import CLIENT, SECRET, Claims, OpenidProvider, huge, running, slow

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.openid_calls import ProviderCalls
from bandmate.kernel.identity.openid_provider import Provider
from bandmate.kernel.identity.persons import Account, account_by_email, create_account, create_person
from bandmate.kernel.identity.tables import account, openid_attempt, openid_identity, person, session
from bandmate.kernel.openid_settings import OpenidSettings

START = "/sign-in/openid/acme"


@pytest.fixture
def provider(clock: MovableClock) -> Iterator[OpenidProvider]:
    """A provider on loopback; its clock is the application's."""
    with running(lambda: clock().timestamp()) as started:
        yield started


@pytest.fixture
def settings(settings: Settings, provider: OpenidProvider) -> Settings:
    """Settings with that provider, called Acme."""
    acme = OpenidSettings(
        issuer=provider.issuer, client_id=CLIENT, client_secret=SECRET, title="Acme", domains="example.org"
    )
    return settings.model_copy(update={"openid": {"acme": acme}})


def go(browser: Browser, path: str = START) -> str:
    """Begin a sign-in; return where the browser is sent."""
    answer = browser.get(path)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def back(browser: Browser, address: str) -> Response:
    """Come back from the provider."""
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def sign_in(browser: Browser, provider: OpenidProvider, path: str = START) -> Response:
    """Do the whole way."""
    return back(browser, provider.authorize(go(browser, path)))


def who(browser: Browser) -> str:
    """Return who is signed in; empty for nobody."""
    return str(browser.get("/probe/v1/anyone").json()["name"])


def refused(answer: Response, browser: Browser) -> str:
    """Check that nobody was let in and that the sign-in page says so; return the page."""
    assert answer.status_code in {403, 409, 429, 502}, answer.headers
    assert who(browser) == ""
    assert 'action="/sign-in"' in answer.text
    assert "no-store" in answer.headers["cache-control"]
    return answer.text


class TestFirstSignIn:
    def test_person_and_account_are_made(
        self, browser: Browser, provider: OpenidProvider, database: Database
    ) -> None:
        """Somebody of a domain in the settings gets person and account, a member without password."""
        answer = sign_in(browser, provider, f"{START}?next=/jobs%3Fq%3Ddrums")
        assert (answer.status_code, answer.headers["location"]) == (303, "/jobs?q=drums")
        assert who(browser) == "Mia Kern"
        with database.read() as tx:
            made = account_by_email(tx, "mia@example.org")
            assert tx.execute(select(account.c.password_hash)).scalar_one() is None
        assert (made.role, made.password_changed_at) == (Role.MEMBER, None)

    def test_second_sign_in_finds_it_again_whatever_address_is_told(
        self, browser: Browser, provider: OpenidProvider, app: FastAPI, database: Database
    ) -> None:
        """Issuer and subject name the person: a changed address leads to the same account."""
        sign_in(browser, provider)
        provider.person |= {"email": "mia.new@example.org", "name": "Other"}
        second = Browser(TestClient(app, follow_redirects=False))
        assert sign_in(second, provider).status_code == 303
        assert who(second) == "Mia Kern"
        with database.read() as tx:
            assert tx.execute(select(func.count()).select_from(account)).scalar_one() == 1

    def test_foreign_domain_gets_no_account(
        self, browser: Browser, provider: OpenidProvider, database: Database
    ) -> None:
        """Whoever is known there but not of a named domain is told to ask for an account; nothing is made."""
        provider.person |= {"email": "eve@example.org.evil.example"}
        page = refused(sign_in(browser, provider), browser)
        assert "There is no account for eve@example.org.evil.example yet" in page
        with database.read() as tx:
            assert tx.execute(select(func.count()).select_from(person)).scalar_one() == 0

    @pytest.mark.parametrize(
        "told",
        [{}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": True, "email": ""}],
        ids=["unsaid", "false", "text", "no address"],
    )
    def test_unverified_address_gets_no_account(
        self, browser: Browser, provider: OpenidProvider, told: Claims
    ) -> None:
        """Only an address that the provider says it has verified (the value true) counts."""
        del provider.person["email_verified"]
        provider.person |= told
        assert "does not confirm an e-mail address" in refused(sign_in(browser, provider), browser)

    def test_address_may_come_from_userinfo(self, browser: Browser, provider: OpenidProvider) -> None:
        """A provider that tells the address only when asked is asked."""
        provider.userinfo = {"sub": "abc-1", "email": "mia@example.org", "email_verified": True}
        provider.person = {"sub": "abc-1", "name": "Mia Kern"}
        assert sign_in(browser, provider).status_code == 303
        assert who(browser) == "Mia Kern"

    def test_userinfo_about_somebody_else_is_refused(self, browser: Browser, provider: OpenidProvider) -> None:
        """An answer about another subject than the ID token's is not used (OpenID Connect Core, 5.3.2)."""
        provider.userinfo = {"sub": "other", "email": "mia@example.org", "email_verified": True}
        provider.person = {"sub": "abc-1"}
        refused(sign_in(browser, provider), browser)

    def test_hostile_name_is_made_harmless(self, browser: Browser, provider: OpenidProvider) -> None:
        """A name with control characters or without end is cut to what a name may be."""
        provider.person |= {"name": "Mia\u202e\x00\n" + "x" * 999}
        assert sign_in(browser, provider).status_code == 303
        assert who(browser).startswith("Mia")
        assert len(who(browser)) <= 200


class TestExistingAccount:
    def test_address_alone_opens_no_account(
        self, browser: Browser, provider: OpenidProvider, mia: Account, database: Database
    ) -> None:
        """A verified address that an account has leads to the question for its password, and to no session."""
        answer = sign_in(browser, provider)
        assert answer.headers["location"] == "/sign-in/connect"
        assert who(browser) == ""
        assert mia.email in browser.get("/sign-in/connect").text
        with database.read() as tx:
            assert tx.execute(select(func.count()).select_from(openid_identity)).scalar_one() == 0

    def test_password_links_once_and_for_all(
        self, browser: Browser, provider: OpenidProvider, mia: Account, app: FastAPI, database: Database
    ) -> None:
        """Who knows the password is linked and signed in; the next time nobody asks."""
        sign_in(browser, provider, f"{START}?next=/jobs")
        answer = browser.submit("/sign-in/connect", "/sign-in/connect", password=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
        assert who(browser) == mia.name
        second = Browser(TestClient(app, follow_redirects=False))
        assert sign_in(second, provider).headers["location"] == "/"
        assert who(second) == mia.name
        with database.read() as tx:
            assert tx.execute(select(openid_identity.c.account_id)).scalar_one() == mia.account_id

    def test_wrong_password_links_nothing_and_is_limited(
        self, browser: Browser, provider: OpenidProvider, mia: Account, database: Database
    ) -> None:
        """The question takes no more guesses than the sign-in form."""
        sign_in(browser, provider)
        statuses = [
            browser.submit("/sign-in/connect", "/sign-in/connect", password=f"guess {n}").status_code
            for n in range(7)
        ]
        assert statuses[0] == 422
        assert statuses[-1] == 429
        assert browser.submit("/sign-in/connect", "/sign-in/connect", password=PASSWORD).status_code == 429
        assert who(browser) == ""
        with database.read() as tx:
            assert tx.execute(select(func.count()).select_from(openid_identity)).scalar_one() == 0

    def test_offer_belongs_to_one_browser(
        self, browser: Browser, provider: OpenidProvider, mia: Account, app: FastAPI
    ) -> None:
        """Another browser has nothing to agree to, even with the right password."""
        sign_in(browser, provider)
        other = Browser(TestClient(app, follow_redirects=False))
        token = other.token("/sign-in")
        answer = other.post("/sign-in/connect", csrf_token=token, password=PASSWORD)
        assert answer.status_code == 409
        assert who(other) == ""
        assert mia.name not in answer.text

    def test_offer_grows_old(
        self, browser: Browser, provider: OpenidProvider, mia: Account, clock: MovableClock
    ) -> None:
        """After ten minutes the way has to be gone again."""
        sign_in(browser, provider)
        token = browser.token("/sign-in/connect")
        clock.move(timedelta(minutes=10))
        answer = browser.post("/sign-in/connect", csrf_token=token, password=PASSWORD)
        assert answer.status_code == 409
        assert mia.name not in answer.text

    def test_account_of_another_provider_is_not_taken_over(
        self, browser: Browser, provider: OpenidProvider, database: Database, clock: MovableClock
    ) -> None:
        """An account without a password is never offered to who merely has its address."""
        with database.begin() as tx:
            person_id = create_person(tx, name="Mia", now=clock.now)
            create_account(tx, person_id, email="mia@example.org", password=None, now=clock.now)
        assert "signs in another way" in refused(sign_in(browser, provider), browser)

    def test_disabled_account_stays_closed(
        self, browser: Browser, provider: OpenidProvider, database: Database, clock: MovableClock
    ) -> None:
        """A linked account that was disabled is not entered by the provider either."""
        sign_in(browser, provider)
        browser.submit("/account", "/sign-out")
        with database.begin() as tx:
            tx.execute(account.update().values(disabled_at=clock.now))
        assert "disabled" in refused(sign_in(browser, provider), browser)


class TestRoles:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Acme's groups stand for roles."""
        acme = settings.openid["acme"]
        told = OpenidSettings(**{**acme.model_dump(), "roles": "staff=operator, owners=administrator"})
        return settings.model_copy(update={"openid": {"acme": told}})

    def test_groups_give_and_take_roles(
        self, browser: Browser, provider: OpenidProvider, database: Database, make_account: Callable[..., Account]
    ) -> None:
        """The highest role of the groups holds from the sign-in on, and goes with them."""
        make_account("boss@example.org", role=Role.ADMINISTRATOR)
        for groups, role in ((["staff", "owners"], "administrator"), (["staff"], "operator"), ([], "member")):
            provider.person["groups"] = groups
            sign_in(browser, provider)
            with database.read() as tx:
                assert account_by_email(tx, "mia@example.org").role == role
            browser.submit("/account", "/sign-out")

    def test_last_administrator_stays(
        self, browser: Browser, provider: OpenidProvider, database: Database
    ) -> None:
        """A provider cannot leave the installation without an administrator."""
        provider.person["groups"] = ["owners"]
        sign_in(browser, provider)
        browser.submit("/account", "/sign-out")
        provider.person["groups"] = []
        assert sign_in(browser, provider).status_code == 303
        with database.read() as tx:
            assert account_by_email(tx, "mia@example.org").role is Role.ADMINISTRATOR


class TestBrowser:
    def test_session_is_new(self, browser: Browser, provider: OpenidProvider, database: Database) -> None:
        """A session cookie that was in the browser before is worth nothing afterwards (session fixation)."""
        browser.client.cookies.set("bandmate_session", "planted" * 6, domain="testserver.local")
        sign_in(browser, provider)
        assert browser.client.cookies["bandmate_session"] != "planted" * 6
        assert who(browser) == "Mia Kern"
        with database.read() as tx:
            assert tx.execute(select(func.count()).select_from(session)).scalar_one() == 1

    def test_state_of_another_browser_is_refused(
        self, browser: Browser, provider: OpenidProvider, app: FastAPI
    ) -> None:
        """An attacker's answer does not sign a victim in as the attacker (login CSRF)."""
        victim = Browser(TestClient(app, follow_redirects=False))
        go(victim)
        attackers = provider.authorize(go(browser))
        assert "began in another browser" in refused(back(victim, attackers), victim)
        assert back(browser, attackers).status_code == 303

    def test_answer_without_our_cookie_is_refused(self, provider: OpenidProvider, app: FastAPI) -> None:
        """A browser that never began a sign-in ends none."""
        one, other = (Browser(TestClient(app, follow_redirects=False)) for _ in range(2))
        refused(back(other, provider.authorize(go(one))), other)

    def test_answer_works_once(self, browser: Browser, provider: OpenidProvider) -> None:
        """The same answer again is refused, and the provider is not asked again."""
        address = provider.authorize(go(browser))
        back(browser, address)
        browser.submit("/account", "/sign-out")
        asked = len(provider.asked)
        refused(back(browser, address), browser)
        assert len(provider.asked) == asked

    def test_replayed_code_is_refused(self, browser: Browser, provider: OpenidProvider) -> None:
        """A code that was used before, sent into a fresh attempt, opens nothing."""
        used = parse_qs(urlsplit(provider.authorize(go(browser))).query)["code"][0]
        fresh = provider.authorize(go(browser), code=used)
        refused(back(browser, fresh), browser)

    def test_attempt_grows_old(self, browser: Browser, provider: OpenidProvider, clock: MovableClock) -> None:
        """Ten minutes at the provider are too many."""
        address = provider.authorize(go(browser))
        clock.move(timedelta(minutes=10))
        refused(back(browser, address), browser)

    def test_two_tabs_both_work(self, browser: Browser, provider: OpenidProvider) -> None:
        """A second tab does not break the first."""
        first, second = go(browser), go(browser)
        assert back(browser, provider.authorize(first)).status_code == 303
        assert parse_qs(urlsplit(second).query)["state"] != parse_qs(urlsplit(first).query)["state"]

    @pytest.mark.parametrize("way", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
    def test_never_leads_elsewhere(self, browser: Browser, provider: OpenidProvider, way: str) -> None:
        """A link cannot make the sign-in end on another site."""
        assert sign_in(browser, provider, f"{START}?next={way}").headers["location"] == "/"

    def test_cookie_is_guarded(self, app: FastAPI, provider: OpenidProvider) -> None:
        """Over https the cookie that binds the attempt is out of reach of scripts, subdomains and plain http."""
        client = TestClient(app, base_url="https://testserver", follow_redirects=False)
        cookie = client.get(START).headers["set-cookie"]
        assert cookie.startswith("__Host-bandmate_openid=")
        assert all(part in cookie for part in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"))

    def test_flood_of_attempts_is_stopped(
        self, browser: Browser, database: Database, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One network cannot fill the table; what has grown old is forgotten."""
        monkeypatch.setattr("bandmate.kernel.identity.openid_attempts.UNFINISHED_PER_NETWORK", 3)
        assert [browser.get(START).status_code for _ in range(4)] == [303, 303, 303, 429]
        clock.move(timedelta(minutes=11))
        assert browser.get(START).status_code == 303
        with database.read() as tx:
            assert tx.execute(select(func.count()).select_from(openid_attempt)).scalar_one() == 1


def _with(**claims: object) -> Callable[[OpenidProvider, Claims], str]:
    """Return a forger who changes claims and signs them rightly."""
    return lambda provider, right: provider.sign({**right, **claims})


def _without(name: str) -> Callable[[OpenidProvider, Claims], str]:
    return lambda provider, right: provider.sign({key: value for key, value in right.items() if key != name})


def _with_foreign_key(provider: OpenidProvider, right: Claims) -> str:
    own = replace(provider, keys=[RSAKey.generate_key(2048, {"kid": "one"})])
    return own.sign(right)


FORGED: dict[str, Callable[[OpenidProvider, Claims], str]] = {
    "wrong nonce": _with(nonce="other"),
    "no nonce": _without("nonce"),
    "other audience": _with(aud="another-client"),
    "no audience": _without("aud"),
    "two audiences, authorised for the other": _with(aud=[CLIENT, "other"], azp="other"),
    "two audiences, authorised for nobody": _with(aud=[CLIENT, "other"]),
    "authorised for another": _with(azp="other"),
    "other issuer": _with(iss="https://evil.example"),
    "no issuer": _without("iss"),
    "expired": lambda provider, right: provider.sign({**right, "exp": right["iat"] - 61}),
    "no expiry": _without("exp"),
    "expiry is no number": _with(exp="never"),
    "issued in the future": lambda provider, right: provider.sign({**right, "iat": right["iat"] + 61}),
    "no time of issue": _without("iat"),
    "no subject": _without("sub"),
    "empty subject": _with(sub=""),
    "subject is a number": _with(sub=7),
    "not yet valid": lambda provider, right: provider.sign({**right, "nbf": right["iat"] + 61}),
    "alg none": lambda provider, right: provider.unsigned(right),
    "alg HS256 with the public key": lambda provider, right: provider.hmac_with_public_key(right),
    "another's key under the same name": _with_foreign_key,
    "another key's name": lambda provider, right: provider.sign(right, kid="two"),
    "wrong access token hash": _with(at_hash="AAAA"),
    "no token": lambda _, __: "x",
    "three dots": lambda _, __: "...",
}


class TestForgedTokens:
    @pytest.mark.parametrize("name", FORGED)
    def test_is_refused(self, browser: Browser, provider: OpenidProvider, database: Database, name: str) -> None:
        """An ID token with this fault lets nobody in, and the page tells nothing of it."""
        provider.forge = lambda right: FORGED[name](provider, right)
        page = refused(sign_in(browser, provider), browser)
        assert "Acme could not tell us who you are" in page
        with database.read() as tx:
            assert tx.execute(select(func.count()).select_from(person)).scalar_one() == 0

    @pytest.mark.parametrize("seconds", [-59, 59])
    def test_clocks_may_differ_by_a_minute(self, browser: Browser, provider: OpenidProvider, seconds: int) -> None:
        """A token that expired 59 seconds ago, or is issued 59 seconds ahead, is taken."""
        at = "exp" if seconds < 0 else "iat"
        provider.forge = lambda right: provider.sign({**right, at: right["iat"] + seconds})
        assert sign_in(browser, provider).status_code == 303
        assert who(browser) == "Mia Kern"

    def test_several_audiences_with_us_authorised(self, browser: Browser, provider: OpenidProvider) -> None:
        """A token for several is ours when we are the party it was issued to."""
        provider.forge = lambda right: provider.sign({**right, "aud": [CLIENT, "other"], "azp": CLIENT})
        assert sign_in(browser, provider).status_code == 303
        assert who(browser) == "Mia Kern"

    def test_other_sound_signature(self, browser: Browser, provider: OpenidProvider) -> None:
        """Any algorithm of the list is taken, not RS256 alone."""
        provider.forge = lambda right: provider.sign(right, alg="PS256")
        assert sign_in(browser, provider).status_code == 303


class TestProvider:
    def test_document_and_keys_are_kept(self, browser: Browser, provider: OpenidProvider, app: FastAPI) -> None:
        """Discovery and keys are asked for once, not at each sign-in."""
        sign_in(browser, provider)
        sign_in(Browser(TestClient(app, follow_redirects=False)), provider)
        assert provider.asked.count("/keys") == 1
        assert provider.asked.count("/.well-known/openid-configuration") == 1

    def test_new_key_is_found(
        self, browser: Browser, provider: OpenidProvider, app: FastAPI, clock: MovableClock
    ) -> None:
        """A provider that changes its keys goes on working at once."""
        sign_in(browser, provider)
        provider.keys = [RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})]
        clock.move(timedelta(seconds=30))
        second = Browser(TestClient(app, follow_redirects=False))
        assert sign_in(second, provider).status_code == 303
        assert who(second) == "Mia Kern"

    def test_unknown_keys_are_not_looked_for_all_the_time(
        self, browser: Browser, provider: OpenidProvider, clock: MovableClock
    ) -> None:
        """Tokens with made-up key names make us ask for the keys once in a while, not each time."""
        provider.forge = lambda right: provider.sign(right, kid="made up")
        for _ in range(3):
            sign_in(browser, provider)
        assert provider.asked.count("/keys") == 1
        clock.move(timedelta(seconds=21))
        sign_in(browser, provider)
        assert provider.asked.count("/keys") == 2

    @pytest.mark.parametrize(
        "faulty",
        [
            {"issuer": "https://evil.example"},
            {"token_endpoint": "http://evil.example/token"},
            {"token_endpoint": "http://127.0.0.1:1/token"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"authorization_endpoint": None},
            {"jwks_uri": "file:///etc/passwd"},
            {"jwks_uri": "https://user:secret@127.0.0.1/keys"},
            {"jwks_uri": "https://127.0.0.1:1/keys"},
        ],
        ids=str,
    )
    def test_faulty_document_is_refused(self, browser: Browser, provider: OpenidProvider, faulty: Claims) -> None:
        """A document of another issuer, or with addresses that are not to be called, stops the sign-in."""
        provider.metadata = faulty
        assert "does not answer at the moment" in refused(browser.get(START), browser)

    @pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys"])
    @pytest.mark.parametrize(
        "answer",
        [
            huge,
            lambda: JSONResponse([]),
            lambda: JSONResponse({"keys": "none", "issuer": 7}),
            lambda: JSONResponse({}, 500),
            lambda: RedirectResponse("http://169.254.169.254/"),
        ],
        ids=["huge", "a list", "wrong kinds", "failing", "redirecting"],
    )
    def test_broken_answers_are_refused(
        self, browser: Browser, provider: OpenidProvider, path: str, answer: Callable[[], Answer]
    ) -> None:
        """Huge, wrong, failing and redirecting answers stop the sign-in with a sentence."""
        provider.answers[path] = answer
        refused(browser.get(START), browser)

    @pytest.mark.parametrize(
        "answer",
        [huge, lambda: JSONResponse({}), lambda: JSONResponse({"error": "invalid_grant"}, 400)],
        ids=["huge", "empty", "refusing"],
    )
    def test_broken_token_answers_are_refused(
        self, browser: Browser, provider: OpenidProvider, answer: Callable[[], Answer]
    ) -> None:
        """The same at the token endpoint: nobody is let in."""
        provider.answers["/token"] = answer
        refused(sign_in(browser, provider), browser)

    def test_slow_provider_is_given_up(self, provider: OpenidProvider, settings: Settings) -> None:
        """A drip that never ends is cut off by the time-out for the whole answer."""
        provider.answers["/keys"] = slow(5)
        calls = ProviderCalls(settings, provider.issuer, longest_seconds=0.3)
        with pytest.raises(Exception, match="no whole answer within"):
            calls.get_json(f"{provider.issuer}/keys")

    def test_provider_that_is_down_is_left_alone_a_moment(
        self, browser: Browser, provider: OpenidProvider, clock: MovableClock
    ) -> None:
        """One failed call is enough for twenty seconds; then it is asked again, and works."""
        provider.answers["/keys"] = lambda: JSONResponse({}, 503)
        for _ in range(3):
            refused(browser.get(START), browser)
        assert provider.asked.count("/keys") == 1
        del provider.answers["/keys"]
        clock.move(timedelta(seconds=21))
        assert sign_in(browser, provider).status_code == 303

    def test_what_was_known_is_used_on(
        self, browser: Browser, provider: OpenidProvider, clock: MovableClock
    ) -> None:
        """When only its document fails after an hour, people still sign in."""
        go(browser)
        provider.answers["/.well-known/openid-configuration"] = lambda: JSONResponse({}, 503)
        clock.move(timedelta(hours=2))
        assert sign_in(browser, provider).status_code == 303

    @pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>alert(1)</script>"])
    def test_error_leads_back(self, browser: Browser, provider: OpenidProvider, error: str) -> None:
        """An error is a sentence of ours on the sign-in page; the provider's own text is not shown."""
        address = provider.authorize(go(browser), error=error, error_description="Call 555-0100 now", code="")
        page = refused(back(browser, address), browser)
        assert "555-0100" not in page
        assert "<script>alert" not in page

    def test_answer_of_another_provider_is_refused(self, browser: Browser, provider: OpenidProvider) -> None:
        """An answer that names another issuer is not this provider's (RFC 9207, mix-up)."""
        address = provider.authorize(go(browser), iss="https://other.example")
        refused(back(browser, address), browser)
        assert "/token" not in provider.asked

    def test_promised_issuer_must_come(self, browser: Browser, provider: OpenidProvider) -> None:
        """A provider that says its answers name it must do so."""
        provider.metadata = {"authorization_response_iss_parameter_supported": True}
        refused(sign_in(browser, provider), browser)
        assert back(browser, provider.authorize(go(browser), iss=provider.issuer)).status_code == 303

    def test_attempt_belongs_to_one_provider(
        self, provider: OpenidProvider, app: FastAPI, settings: Settings, browser: Browser
    ) -> None:
        """An answer at another provider's callback is refused: the attempt knows where it went."""
        other = Provider("other", settings.openid["acme"], settings)
        app.state.openid.all = (*app.state.openid.all, other)
        address = provider.authorize(go(browser)).replace("/acme/", "/other/")
        refused(back(browser, address), browser)

    def test_unknown_provider_is_not_found(self, browser: Browser) -> None:
        """A name nobody configured is a missing page."""
        assert browser.get("/sign-in/openid/nobody").status_code == 404
        assert browser.get("/sign-in/openid/nobody/callback?state=x&code=y").status_code == 404

    def test_page_offers_it(self, browser: Browser) -> None:
        """The sign-in page has a way for each provider, which keeps where one wanted to go."""
        page = browser.get("/sign-in?next=/jobs%3Fq%3Da%26b").text
        assert "Continue with Acme" in page
        assert 'href="/sign-in/openid/acme?next=/jobs%3Fq%3Da%26b"' in page
