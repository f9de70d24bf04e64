"""Requests that another site makes a browser send are not carried out."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from bandmate.kernel.identity.csrf import csrf_token_for

from .conftest import PASSWORD, Browser

WRITE = "/probe/v1/write"


def test_form_with_its_token_reaches_the_route(at_home: Browser) -> None:
    """A form of ours is accepted, and the route still reads its fields."""
    answer = at_home.submit("/account", WRITE, word="drums")
    assert answer.json() == {"via": "session", "word": "drums"}


def test_multipart_form_reaches_the_route(at_home: Browser) -> None:
    """The token is found in a multipart form as well, and the route reads the form after us."""
    fields = {"word": (None, "drums"), "csrf_token": (None, at_home.token("/account"))}
    answer = at_home.client.post(WRITE, files=fields, headers=at_home.headers)
    assert answer.json() == {"via": "session", "word": "drums"}


def test_large_body_arrives_whole(at_home: Browser) -> None:
    """A form of many network chunks is given to the route complete."""
    answer = at_home.submit("/account", WRITE, word="drum" * 200_000)
    assert len(answer.json()["word"]) == 800_000


def test_enormous_form_is_refused(at_home: Browser) -> None:
    """A form that is too large to be searched for the token is refused as that."""
    assert at_home.submit("/account", WRITE, word="x" * 2_000_001).status_code == 413


def test_header_stands_for_the_field(at_home: Browser) -> None:
    """Scripts of our pages send the token as a header, with any body."""
    headers = {**at_home.headers, "X-CSRF-Token": at_home.token("/account")}
    answer = at_home.client.post("/probe/v1/ask", json=["drums"], headers=headers)
    assert answer.json() == {"via": "session", "words": ["drums"]}


@pytest.mark.parametrize("token", [None, "", "wrong", csrf_token_for("another session"), "\N{SNOWMAN}"])
def test_missing_or_wrong_token_is_refused(at_home: Browser, token: str | None) -> None:
    """Without the token of this very session a form is refused, also with another session's."""
    fields = {"word": "drums"} if token is None else {"word": "drums", "csrf_token": token}
    answer = at_home.post(WRITE, **fields)
    assert answer.status_code == 403
    assert answer.json()["type"] == "/problems/csrf-failed"


def test_json_with_a_cookie_needs_the_token(at_home: Browser) -> None:
    """Also what is no form is refused when a session's cookie comes with it."""
    answer = at_home.client.post("/probe/v1/ask", json=["drums"], headers=at_home.headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])
def test_every_unsafe_method_is_covered(at_home: Browser, method: str) -> None:
    """A route needs no statement of its own: unsafe methods are checked before any route is looked for."""
    assert at_home.client.request(method, "/no/such/route", headers=at_home.headers).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://testserver.evil.example"},
        {"Origin": "http://testserver:81"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {},
    ],
    ids=str,
)
def test_foreign_origin_is_refused(at_home: Browser, headers: dict[str, str]) -> None:
    """Even with the right token a request from elsewhere, or from nowhere, is refused."""
    token = at_home.token("/account")
    at_home.headers = headers
    assert at_home.post(WRITE, word="drums", csrf_token=token).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://testserver"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://testserver"},
    ],
    ids=str,
)
def test_own_origin_is_accepted(at_home: Browser, headers: dict[str, str]) -> None:
    """The host that was asked, the settings' public address, and what the browser calls so are our own."""
    token = at_home.token("/account")
    at_home.headers = headers
    assert at_home.post(WRITE, word="drums", csrf_token=token).status_code == 200


class TestSignInForm:
    """The form that stands before there is a session."""

    def test_needs_the_visit_cookie(self, browser: Browser, app: FastAPI) -> None:
        """A token without its cookie is refused: nobody can be signed in to a stranger's account."""
        token = browser.token("/sign-in")
        stranger = Browser(TestClient(app))
        answer = stranger.post("/sign-in", csrf_token=token, email="mia@example.org", password=PASSWORD)
        assert answer.status_code == 403

    def test_needs_its_token(self, browser: Browser) -> None:
        """A sign-in with the cookie but without the token is refused."""
        browser.get("/sign-in")
        assert browser.post("/sign-in", email="mia@example.org", password=PASSWORD).status_code == 403

    def test_needs_our_origin(self, browser: Browser) -> None:
        """A sign-in from a foreign page is refused."""
        browser.headers = {"Origin": "https://evil.example"}
        assert browser.sign_in("mia@example.org").status_code == 403

    def test_refusal_is_a_page(self, browser: Browser) -> None:
        """A person sees what happened and what to do, with all security headers."""
        answer = browser.post("/sign-in", email="mia@example.org", password=PASSWORD)
        assert "This form has expired" in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    def test_json_cannot_sign_in(self, browser: Browser) -> None:
        """The sign-in takes a form only, so that no other kind of body goes around the check."""
        body = {"email": "mia@example.org", "password": PASSWORD}
        answer = browser.client.post("/sign-in", json=body)
        assert "Set-Cookie" not in answer.headers or "bandmate_session" not in answer.headers["Set-Cookie"]

    def test_broken_multipart_is_refused(self, browser: Browser) -> None:
        """A form that cannot be read has no token, and is refused as that."""
        browser.get("/sign-in")
        headers = {**browser.headers, "Content-Type": "multipart/form-data; boundary=x"}
        assert browser.client.post("/sign-in", content=b"--y\r\nbroken", headers=headers).status_code == 403


def test_anonymous_programs_may_post_json(browser: Browser) -> None:
    """A public route that takes JSON works for programs without cookies and without keys."""
    assert browser.client.post("/probe/v1/ask", json=["drums"]).json() == {"via": "anonymous", "words": ["drums"]}


def test_ended_session_leads_to_sign_in(at_home: Browser) -> None:
    """A form sent after its session ended is not called forged: its sender is asked to sign in again."""
    token = at_home.token("/account")
    kept = at_home.client.cookies["bandmate_session"]
    at_home.post("/sign-out", csrf_token=token)
    at_home.client.cookies["bandmate_session"] = kept
    answer = at_home.post("/account/password", csrf_token=token, present="a", password="b")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/sign-in")
