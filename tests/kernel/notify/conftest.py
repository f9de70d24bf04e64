"""Planted templates and purposes, persons to write to, and ways out that keep what they are given."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.consent import Purpose, Through, declare_purpose, grant
from bandmate.kernel.database.session import Database
from bandmate.kernel.events.subscriptions import Runner
from bandmate.kernel.identity import passwords
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.ids import EventId, PersonId, new_id
from bandmate.kernel.notify import MessageRequest, MessageTemplate, Urgency, declare_template, request_message
from bandmate.kernel.notify.channels import Letter, Send
from bandmate.kernel.notify.delivery import deliveries
from bandmate.kernel.notify.rendering import Writer
from bandmate.kernel.notify.sending import send_due

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LETTERS = Path(__file__).parent / "letters"
NEWS = declare_template(MessageTemplate("tests.news", "News", LETTERS))
CODE = declare_template(MessageTemplate("tests.code", "Codes", LETTERS))
PURPOSE = declare_purpose(Purpose("tests.news", "News", "We may send you news.", 1, ("email",)))
VARIABLES: Mapping[str, Any] = {"who": "Mia", "at": "2026-11-20T23:30:00Z", "path": "/jobs"}


@dataclass
class MovableClock:
    """A clock that stands still until a test moves it."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        """Return the instant the test has set."""
        return self.now

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.now += by


@dataclass
class Kept:
    """A channel that keeps letters, and fails as a test says."""

    name: str = "kept"
    letters: list[Letter] = field(default_factory=list)
    fail: Callable[[Letter], None] = lambda _: None

    @contextmanager
    def opened(self) -> Iterator[Send]:
        """Return what keeps letters."""
        yield self.send

    def send(self, letter: Letter) -> None:
        """Fail if the test says so, else keep the letter."""
        self.fail(letter)
        self.letters.append(letter)


@dataclass
class House:
    """An installation: asks for messages, hears the requests, sends."""

    database: Database
    settings: Settings
    clock: MovableClock

    def person(self, name: str = "Mia Kern", email: str | None = "mia@example.org", **columns: str) -> PersonId:
        """Create a person, with an account unless ``email`` is None."""
        with self.database.begin() as tx:
            person = create_person(tx, name=name, now=NOON)
            if email is not None:
                create_account(tx, person, email=email, password="four tuned drums in a van", now=NOON)
            for column, value in columns.items():
                tx.execute(
                    text(f"update kernel.person set {column} = :value where person_id = :id"),
                    {"value": value, "id": person},
                )
        return person

    def allow(self, person: PersonId) -> None:
        """Let a person allow news by e-mail."""
        with self.database.begin() as tx:
            evidence = PURPOSE.shown(to=person, through=Through.PAGE)
            grant(tx, person, PURPOSE.name, "email", evidence=evidence, at=self.clock())

    def ask(self, person: PersonId, template: MessageTemplate = NEWS, **changes: Any) -> EventId:
        """Ask for a message and let the request be heard; return its id."""
        request_id = EventId(changes.pop("request_id", None) or new_id())
        values: dict[str, Any] = {
            "variables": VARIABLES,
            "purpose": None,
            "urgency": Urgency.SOON,
            "expires_at": None,
            "reason": "You asked for news.",
            **changes,
        }
        with self.database.begin() as tx:
            request = MessageRequest(request_id, person, template.name, **values)
            request_message(tx, request, now=self.clock())
        self.hear()
        return request_id

    def hear(self) -> None:
        """Let the subscription hear what was published."""
        Runner(self.database, [deliveries(self.clock)], self.clock).drain()

    def send(self, channel: Any) -> int:
        """Send what is due, once."""
        return send_due(self.database, channel, Writer(self.settings), self.clock)

    def row(self, request_id: UUID) -> Any:
        """Return the delivery of a request."""
        with self.database.read() as tx:
            found = tx.execute(text("select * from kernel.delivery where request_id = :id"), {"id": request_id})
            return found.one()

    def secrets(self) -> int:
        """Return how many secrets are kept."""
        with self.database.read() as tx:
            return int(tx.execute(text("select count(*) from kernel.message_secret")).scalar_one())


@pytest.fixture(autouse=True)
def _cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test here is about passwords."""
    monkeypatch.setattr("bandmate.kernel.identity.persons.hash_password", lambda _: passwords.PasswordHash("x"))


@pytest.fixture
def clock() -> MovableClock:
    """The installation's clock."""
    return MovableClock()


@pytest.fixture
def house(database: Database, settings: Settings, clock: MovableClock) -> House:
    """An installation people reach by https."""
    return House(database, settings.model_copy(update={"public_url": "https://band.example.org"}), clock)


class Mailbox:
    """What an SMTP server does with mails: keep them, unless a test gives it another answer."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.at_recipient = "250 OK"
        self.at_data = "250 taken over"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Answer as the test says."""
        if self.at_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_recipient

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        """Keep the mail, or answer as the test says."""
        if self.at_data.startswith("250"):
            self.mails.append(envelope.content)
        return self.at_data


@dataclass
class SmtpStandIn:
    """A mail server on loopback."""

    mailbox: Mailbox
    port: int

    @property
    def url(self) -> str:
        """How it is set."""
        return f"smtp://127.0.0.1:{self.port}?tls=none"


@pytest.fixture
def smtp() -> Iterator[SmtpStandIn]:
    """A mail server on loopback that keeps what it is given."""
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield SmtpStandIn(mailbox, port)
    controller.stop(no_assert=True)


class HookStandIn(ThreadingHTTPServer):
    """A receiver of messages on loopback whose answer a test sets."""

    status = 204

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Hook)
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.raw: list[bytes] = []

    @property
    def url(self) -> str:
        """How it is set."""
        return f"http://127.0.0.1:{self.server_port}/messages"


class _Hook(BaseHTTPRequestHandler):
    server: HookStandIn

    def do_POST(self) -> None:
        """Keep what comes, unless the test sets another answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status < 300:
            self.server.raw.append(body)
            self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, json.loads(body)))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def hook() -> Iterator[HookStandIn]:
    """A receiver of messages on loopback."""
    server = HookStandIn()
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def a_letter(**changes: Any) -> Letter:
    """Return a letter as a writer would write it."""
    values: dict[str, Any] = {
        "delivery_id": UUID("11111111-2222-4333-8444-555555555555"),
        "message_id": "<11111111-2222-4333-8444-555555555555@band.example.org>",
        "sender": "Bandmate <no-reply@band.example.org>",
        "name": "Mia Kern",
        "address": "mia@example.org",
        "subject": "Grüße aus dem Übungsraum",
        "text": "Hello\n",
        "html": "<p>Hello</p>",
        "locale": "en",
        "written_at": NOON,
        "stop_url": "https://band.example.org/messages/stop/token",
        **changes,
    }
    return Letter(**values)
