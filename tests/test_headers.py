"""What stock scanners look for, on every route there is: headers, cookies, forms from elsewhere, telling answers.

The rules are those of OWASP ZAP's baseline scan and of the OWASP Secure Headers Project, said here as code. Every
route of the application is called, as a stranger and as a member, so a new route is held to them without being
named here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import Response
from sqlalchemy import text
from starlette.testclient import TestClient
from tests.busy_site import AUDITION, EMAILS, NOW, PASSWORD, account_of, audition

from bandmate.app import create_app
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.decisions import declare_rule, record, rules
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.access import Role
from bandmate.kernel.identity.csrf import csrf_token_for

HERE = "https://jobs.bandmate.example"
ELSEWHERE = "https://elsewhere.example"
SESSION = "__Host-bandmate_session"
NOBODY = UUID("00000000-0000-4000-8000-000000000000")

# Forms that need no token of ours, and why.
SPEAKING = {
    "/messages/stop/{token}": "a mail client sends it without a cookie; its last part is the authority (RFC 8058)",
}
# The same for everybody, read by programs.
FOR_PROGRAMS = frozenset({"/static", "/openapi.json", "/healthz", "/readyz", "/metrics", "/jobs/feed.atom"})
# Routes by which anybody asks, with nothing to change: they read a query from the body.
ASKING = {"/job-postings/v1/jobs/search"}

_API = re.compile(r"^/[a-z-]+/v[1-9]/")
_PARAMETER = re.compile(r"\{[^}]*\}")
_TRACE = re.compile(r"Traceback|File \"|site-packages|sqlalchemy|psycopg", re.IGNORECASE)


@dataclass(frozen=True)
class Called:
    """A route, how it was asked and what it answered."""

    method: str
    path: str
    who: str
    answer: Response

    def __str__(self) -> str:
        return f"{self.method} {self.path} as {self.who} ({self.answer.status_code})"

    @property
    def header(self) -> Mapping[str, str]:
        """Headers of the answer."""
        return self.answer.headers

    @property
    def cookies(self) -> list[str]:
        """The Set-Cookie lines."""
        return list(self.answer.headers.get_list("set-cookie"))

    @property
    def is_for_programs(self) -> bool:
        """Whether it is of the API, or a file, or a probe."""
        return bool(_API.match(self.path)) or self.path in {*FOR_PROGRAMS}


@pytest.fixture
def app(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The application behind https, with a member, and an administrator about whom something was decided."""
    monkeypatch.setattr(rules, "_declared", dict(rules._declared))
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobodys_hash.cache_clear()
    declare_rule(AUDITION)
    people = {role: account_of(database, role) for role in (Role.MEMBER, Role.ADMINISTRATOR)}
    with database.begin() as tx:
        record(tx, [audition(people[Role.ADMINISTRATOR], 4, NOW)])
    return create_app(settings.model_copy(update={"public_url": HERE}), database, clock=lambda: NOW)


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route."""
    for route in iter_route_contexts(app.routes):
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            yield method, str(route.path)


def address(path: str) -> str:
    """Return an address of a route; its parameters name nothing that is there."""
    return _PARAMETER.sub(str(NOBODY), "/static/nothing.css" if path == "/static" else path)


def client_of(app: FastAPI) -> TestClient:
    """Return a browser that keeps cookies and follows nothing."""
    return TestClient(app, base_url=HERE, raise_server_exceptions=False, follow_redirects=False)


def member_of(app: FastAPI) -> TestClient:
    """Return the browser of a member who is signed in."""
    client = client_of(app)
    token = _token(client.get("/sign-in", headers={"Accept": "text/html"}).text)
    fields = {"csrf_token": token, "email": EMAILS[Role.MEMBER], "password": PASSWORD}
    answer = client.post("/sign-in", data=fields, headers={"Origin": HERE})
    assert answer.status_code == 303, answer.text
    return client


def _token(markup: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', markup)
    assert found is not None
    return found[1]


def read_all(app: FastAPI) -> Iterator[Called]:
    """Read every GET route as a stranger and as a member; each call has cookies of its own."""
    session = member_of(app).cookies[SESSION]
    for method, path in routes(app):
        if method != "GET" or path.endswith("/stream"):
            continue
        for who, cookies in (("a stranger", {}), ("a member", {SESSION: session})):
            client = client_of(app)
            client.cookies.update(cookies)
            accept = "application/json" if _API.match(path) else "text/html"
            yield Called(method, path, who, client.get(address(path), headers={"Accept": accept}))


def breaches(called: Called) -> Iterator[str]:
    """Yield the rules that an answer breaks."""
    yield from _headers(called)
    yield from _cookies(called)
    if called.answer.status_code >= 500 and called.path != "/readyz":
        yield "a fault"
    if called.answer.status_code >= 400 and _TRACE.search(called.answer.text):
        yield "an error tells of the inside"


def _headers(called: Called) -> Iterator[str]:
    header = called.header
    policy = header.get("content-security-policy", "")
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())
    if "unsafe" in policy or "*" in policy or "http" in policy:
        yield "the policy allows what is unsafe"
    for name in ("default-src", "frame-ancestors", "form-action", "base-uri"):
        if parts.get(name) not in {"'none'", "'self'"}:
            yield f"the policy leaves {name} open"
    wanted = {
        "x-content-type-options": "nosniff",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    yield from (f"{name} is {header.get(name)}" for name, value in wanted.items() if header.get(name) != value)
    if header.get("referrer-policy") not in {"strict-origin-when-cross-origin", "strict-origin", "no-referrer"}:
        yield f"the address goes along to others: {header.get('referrer-policy')}"
    if "permissions-policy" not in header:
        yield "no permissions policy"
    if int(header.get("strict-transport-security", "max-age=0").partition("=")[2].partition(";")[0]) < 31_536_000:
        yield "https is not remembered for a year"
    yield from (
        f"it tells its {name}" for name in ("server", "x-powered-by", "x-aspnet-version") if name in header
    )
    yield from (f"it sends {name}" for name in header if name.startswith("access-control-"))
    kind = header.get("content-type", "")
    if called.answer.content and not kind:
        yield "no content type"
    if kind.startswith("text/") and "charset=utf-8" not in kind.lower():
        yield f"no charset in {kind}"
    if (
        called.who == "a member"
        and not called.is_for_programs
        and "no-store" not in header.get("cache-control", "")
    ):
        yield f"a member's page may be stored: {header.get('cache-control')}"


def _cookies(called: Called) -> Iterator[str]:
    for line in called.cookies:
        name = line.partition("=")[0]
        flags = {part.strip().lower() for part in line.split(";")[1:]}
        if (
            not name.startswith("__Host-")
            or "path=/" not in flags
            or any(flag.startswith("domain") for flag in flags)
        ):
            yield f"the cookie {name} is not bound to this host"
        yield from (f"the cookie {name} lacks {flag}" for flag in ("secure", "httponly") if flag not in flags)
        if not flags & {"samesite=lax", "samesite=strict"}:
            yield f"the cookie {name} goes along from elsewhere"
    if called.cookies and called.is_for_programs:
        yield "a cookie for a program"


def test_every_answer_keeps_the_rules_of_stock_scanners(app: FastAPI) -> None:
    """Headers and cookies of every page, file and API answer, errors among them."""
    found = [f"{called}: {breach}" for called in read_all(app) for breach in breaches(called)]
    assert found == []


def test_files_are_served_without_cookies(app: FastAPI) -> None:
    """A style sheet that is there sets no cookie, has its charset, and may be kept."""
    client = client_of(app)
    sheet = re.search(r'href="(/static/[^"]+tokens\.css)"', client.get("/", headers={"Accept": "text/html"}).text)
    assert sheet is not None
    called = Called("GET", "/static", "a stranger", client_of(app).get(sheet[1]))
    assert called.answer.status_code == 200
    assert list(breaches(called)) == []
    assert "max-age" in called.header["cache-control"]


def test_http_is_told_nothing_of_https(app: FastAPI) -> None:
    """Strict-Transport-Security is sent over https only (RFC 6797, 7.2)."""
    assert "strict-transport-security" not in TestClient(app, base_url="http://testserver").get("/jobs").headers


def changing(app: FastAPI) -> list[tuple[str, str]]:
    """Return every route by which something is changed."""
    return [(method, path) for method, path in routes(app) if method != "GET" and path not in SPEAKING]


def test_every_change_needs_its_token(app: FastAPI) -> None:
    """A member's browser that sends a form or JSON without the token of its session is refused everywhere."""
    client = member_of(app)
    session = client.cookies[SESSION]
    passed = []
    for method, path in changing(app):
        bodies: tuple[dict[str, Any], ...] = ({"data": {"words": "x"}}, {"json": {}})
        for body in bodies:
            client.cookies.set(SESSION, session)
            answer = client.request(method, address(path), headers={"Origin": HERE}, **body)
            if answer.status_code != 403:
                passed.append(f"{method} {path} answered {answer.status_code} to {body}")
    assert passed == []
    assert client.get("/account", headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://jobs.bandmate.example", f"{HERE}.evil.example"])
def test_no_change_comes_from_elsewhere(app: FastAPI, origin: str) -> None:
    """Another site's form is refused everywhere, even with the right token: by Origin, and by Fetch Metadata."""
    client = member_of(app)
    token = csrf_token_for(client.cookies[SESSION])
    passed = []
    for headers in ({"Origin": origin}, {"Sec-Fetch-Site": "cross-site"}):
        for method, path in changing(app):
            answer = client.request(method, address(path), headers=headers, data={"csrf_token": token})
            if answer.status_code != 403:
                passed.append(f"{method} {path} answered {answer.status_code} to {headers}")
    assert passed == []


def test_strangers_forms_need_a_token_too(app: FastAPI) -> None:
    """Without any cookie no form is taken: nobody is signed in to an account by another site."""
    passed = []
    for method, path in changing(app):
        if path in ASKING:
            continue
        answer = client_of(app).request(method, address(path), headers={"Origin": HERE}, data={"words": "x"})
        if answer.status_code not in {401, 403}:
            passed.append(f"{method} {path} answered {answer.status_code}")
    assert passed == []


def test_routes_that_speak_for_themselves_take_no_account_of_the_session(app: FastAPI) -> None:
    """What needs no token changes nothing that a cookie has authority over: an unknown token leads nowhere."""
    client = member_of(app)
    assert [client.post(address(path)).status_code for path in SPEAKING] == [404] * len(SPEAKING)


def test_signing_in_changes_the_session(app: FastAPI) -> None:
    """A cookie planted before the sign-in is worth nothing after it (session fixation)."""
    client = client_of(app)
    planted = "p" * 43
    client.cookies.set(SESSION, planted)
    token = _token(client.get("/sign-in", headers={"Accept": "text/html"}).text)
    fields = {"csrf_token": token, "email": EMAILS[Role.MEMBER], "password": PASSWORD}
    client.post("/sign-in", data=fields, headers={"Origin": HERE})
    stranger = client_of(app)
    stranger.cookies.set(SESSION, planted)
    assert stranger.get("/account", headers={"Accept": "text/html"}).status_code in {303, 401}


def _plain(answer: Response, *secrets: str) -> tuple[int, str]:
    """Return what can be told from an answer: tokens and what was typed left out."""
    told = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
    told = re.sub(r"\b[0-9a-f]{32}\b|\b[0-9a-f-]{36}\b", "", told)
    for secret in secrets:
        told = told.replace(secret, "")
    return answer.status_code, told


@pytest.mark.parametrize(("page", "more"), [("/sign-in", {"password": "not the password"}), ("/recover", {})])
def test_forms_do_not_tell_who_has_an_account(app: FastAPI, page: str, more: dict[str, str]) -> None:
    """Signing in with a wrong password and asking for a way back read alike for members and for nobody."""
    answers = []
    for email in (EMAILS[Role.MEMBER], "nobody@bandmate.example"):
        client = client_of(app)
        fields = {
            "csrf_token": _token(client.get(page, headers={"Accept": "text/html"}).text),
            "email": email,
            **more,
        }
        answers.append(
            _plain(client.post(page, data=fields, headers={"Origin": HERE, "Accept": "text/html"}), email)
        )
    assert answers[0] == answers[1]


def test_what_is_anothers_answers_as_what_is_not_there(app: FastAPI, database: Database) -> None:
    """A member cannot tell another person's decision from one that does not exist, on the page or by the API."""
    with database.read() as tx:
        other = tx.execute(text("select decision_id from kernel.decision")).scalar_one()
    client = member_of(app)
    for path in ("/decisions/{}", "/decisions/v1/decisions/{}"):
        there, missing = (client.get(path.format(each)) for each in (other, NOBODY))
        assert there.status_code == missing.status_code == 404
        assert _plain(there, str(other)) == _plain(missing, str(NOBODY))


def test_a_demo_button_is_not_there_outside_the_demo(app: FastAPI) -> None:
    """Nobody becomes a persona by knowing the address."""
    client = client_of(app)
    token = _token(client.get("/sign-in", headers={"Accept": "text/html"}).text)
    answer = client.post("/sign-in/as/ada", data={"csrf_token": token}, headers={"Origin": HERE})
    assert answer.status_code == 404


def test_the_rules_catch_what_they_forbid() -> None:
    """An answer without protection breaks each of them."""
    bare = Response(
        200, text="x", headers={"server": "x", "access-control-allow-origin": "*", "set-cookie": "a=b"}
    )
    found = list(breaches(Called("GET", "/x", "a member", bare)))
    assert len(found) >= 15
