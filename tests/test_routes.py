"""Who may call which route: the application, docs/routes.md and the answers of every route agree.

The table in the document is the expectation. It is read here by rules of its own, so that a fault in
``kernel.identity.access`` cannot make itself right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import anyio
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import text
from starlette.testclient import TestClient
from starlette.types import Message

from bandmate.app import create_app
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.identity.access import Role, access_of, scopes_for
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.keys import create_key
from bandmate.kernel.identity.persons import Account, create_account, create_person
from bandmate.kernel.identity.sessions import open_session

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "routes.md"

# Routes that are no functions of ours with a signature: they serve the same files and texts to everybody.
PLAIN = frozenset({"/static", "/openapi.json", "/problems/{slug}"})

_ROW = re.compile(r"^\| (?P<method>[A-Z]+) \| `(?P<path>[^`]+)` \| (?P<who>[^|]+?) \|$", re.MULTILINE)
_PARAMETER = re.compile(r"\{[^}]*\}")
_A_UUID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """A line of the table."""

    path: str
    method: str
    who: str

    def __str__(self) -> str:
        return f"| {self.method} | `{self.path}` | {self.who} |"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who tries every route."""

    role: Role | None
    scopes: str | None = None
    """None at a browser; else ``all`` scopes there are, or ``none`` of them."""

    def may(self, who: str) -> bool:
        """Read from the table whether they are admitted: by every statement of the route."""
        return all(self._may(statement) for statement in who.split(" and "))

    def _may(self, statement: str) -> bool:
        if statement == "anyone":
            return True
        needed, keys = statement.split(", ")
        order = ["member", "operator", "administrator"]
        high_enough = self.role is not None and order.index(self.role) >= order.index(needed)
        key_fits = self.scopes is None or (self.scopes == "all" and keys.startswith("keys with "))
        return high_enough and key_fits


CALLERS = {
    "anonymous": Caller(None),
    "member": Caller(Role.MEMBER),
    "operator": Caller(Role.OPERATOR),
    "administrator": Caller(Role.ADMINISTRATOR),
    "administrator's key without the scope": Caller(Role.ADMINISTRATOR, "none"),
    "administrator's key with every scope": Caller(Role.ADMINISTRATOR, "all"),
    "member's key with every scope": Caller(Role.MEMBER, "all"),
}


@pytest.fixture
def app(settings: Settings, database: Database) -> FastAPI:
    """The whole application."""
    return create_app(settings, database)


def present_rows(app: FastAPI) -> list[Row]:
    """Return the table as the application is."""
    return sorted(_rows(app))


def _rows(app: FastAPI) -> Iterator[Row]:
    for route in iter_route_contexts(app.routes):
        path = str(route.path)
        who = "anyone" if path in PLAIN else access_of(route)
        for method in (route.methods or {"GET"}) - {"HEAD"}:
            yield Row(path, method, who)


def documented_rows() -> list[Row]:
    """Return the table as the document has it, in its order."""
    return [Row(row["path"], row["method"], row["who"]) for row in _ROW.finditer(DOCUMENT.read_text())]


def test_every_route_says_who_may_call_it(app: FastAPI) -> None:
    """No route lacks a statement in its signature; the few that have no signature are known by name."""
    silent = []
    for route in iter_route_contexts(app.routes):
        if str(route.path) in PLAIN:
            continue
        try:
            access_of(route)
        except LookupError as error:
            silent.append(str(error))
    assert silent == []


def test_document_is_right(app: FastAPI) -> None:
    """docs/routes.md lists every route with who may call it, sorted, and nothing else."""
    wanted = present_rows(app)
    assert documented_rows() == wanted, "docs/routes.md should hold:\n" + "\n".join(map(str, wanted))


@pytest.mark.parametrize("name", CALLERS)
def test_routes_answer_as_documented(app: FastAPI, database: Database, name: str) -> None:
    """Each route admits and refuses this caller as the document says."""
    caller = CALLERS[name]
    credentials = _credentials(app, database, caller)
    wrong = []
    for row in documented_rows():
        if row.path in PLAIN:
            continue
        status, headers = call(app, row.method, row.path, next(credentials))
        led_away = headers.get("location", "").startswith("/sign-in?next=")
        refused = status in {401, 403} or led_away
        if refused is caller.may(row.who):
            wrong.append(f"{row} answered {status} to {name}")
    assert wrong == []


def _credentials(app: FastAPI, database: Database, caller: Caller) -> Iterator[Mapping[str, str]]:
    """Return headers for one call after another; each has its own session, for some calls end theirs."""
    if caller.role is None:
        while True:
            yield {}
    with database.begin() as tx:
        account = _account(tx, caller.role)
    useful = scopes_for(Role, iter_route_contexts(app.routes)) if caller.scopes == "all" else ()
    scopes = (*useful, "nothing:here")
    while True:
        with database.begin() as tx:
            headers = _session_of(tx, account) if caller.scopes is None else _key_of(tx, account, scopes)
        yield headers


# The marketplace is for those whom the company's directory knows.
_EMPLOYEE = text("""
    insert into marketplace.employee (person_id, user_name, display_name, active, source, created_at, changed_at)
    values (:person_id, 'mia', 'Mia', true, 'test', :now, :now)
""")
# What programme leads are for is asked of the database, not said in a signature: it must not hide what is.
_LEAD = text("""
    insert into marketplace.programme_lead (person_id, granted_by, granted_at)
    values (:person_id, :person_id, :now)
""")


def _account(tx: Tx, role: Role) -> Account:
    now = system_clock()
    person_id = create_person(tx, name="Mia", now=now)
    for statement in (_EMPLOYEE, _LEAD):
        tx.execute(statement, {"person_id": person_id, "now": now})
    return create_account(
        tx, person_id, email="mia@example.org", password="four tuned drums in a van", role=role, now=now
    )


def _session_of(tx: Tx, account: Account) -> Mapping[str, str]:
    opened = open_session(
        tx, account.account_id, lifetime=timedelta(hours=1), address="", user_agent="", now=system_clock()
    )
    return {
        "cookie": f"bandmate_session={opened.token}",
        "x-csrf-token": csrf_token_for(opened.token),
        "sec-fetch-site": "same-origin",
    }


def _key_of(tx: Tx, account: Account, scopes: Sequence[str]) -> Mapping[str, str]:
    key = create_key(tx, account.account_id, name="x", scopes=scopes, expires_at=None, now=system_clock())
    return {"authorization": f"Bearer {key.text}"}


def call(app: FastAPI, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """Call a route until its answer begins (a stream of events would never end); return status and headers."""
    started: list[Message] = []
    asked = path.replace("{session_id}", _A_UUID)
    asked = _PARAMETER.sub("1", asked)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": asked,
        "raw_path": asked.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in {"host": "test", **headers}.items()],
        "client": ("127.0.0.1", 1),
        "server": ("test", 80),
        "state": {},
    }

    async def run() -> None:
        with anyio.CancelScope() as calling:
            sent: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

            async def receive() -> Message:
                if not sent:
                    await anyio.sleep_forever()  # a stream listens until its reader goes away
                return sent.pop()

            async def send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    started.append(message)
                    calling.cancel()

            await app(scope, receive, send)

    # What a route raises after its answer has begun is another test's matter.
    with suppress(Exception):
        anyio.run(run)
    assert started, f"{method} {path} did not answer"
    answer = started[0]
    return answer["status"], {name.decode().lower(): value.decode() for name, value in answer["headers"]}


@pytest.mark.parametrize(
    "path", ["/jobs", "/job-postings/v1/jobs/search", "/healthz", "/openapi.json", "/nothing"]
)
def test_head_answers_as_get_without_a_body(app: FastAPI, path: str) -> None:
    """HEAD gives the status and headers of GET on pages, API and plain routes alike (RFC 9110, 9.3.2)."""
    client = TestClient(app)
    got, head = client.get(path), client.head(path)
    assert head.status_code == got.status_code
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]
    assert "Content-Security-Policy" in head.headers
