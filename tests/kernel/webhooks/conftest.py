"""A receiver on loopback that can be told to misbehave, endpoints that lead to it, and events to tell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.events import Event, publish
from bandmate.kernel.events.subscriptions import Runner
from bandmate.kernel.identity.persons import create_person
from bandmate.kernel.ids import EventId, PersonId, derived_id
from bandmate.kernel.webhooks import SUBSCRIPTION
from bandmate.kernel.webhooks.endpoints import Registered, register
from bandmate.kernel.webhooks.queries import Delivery, Health, deliveries_of, health_of
from bandmate.kernel.webhooks.sending import send_due
from bandmate.postings.events import JOB_CREATED


@dataclass(frozen=True)
class Got:
    """A request as it came over the wire."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message_id(self) -> str:
        """The ``webhook-id``."""
        return self.headers["webhook-id"]


Behaviour = Callable[[BaseHTTPRequestHandler], None]


def answering(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer so."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def held(receiver: Receiver) -> Behaviour:
    """Answer only when the test lets go."""

    def wait(handler: BaseHTTPRequestHandler) -> None:
        receiver.released.wait(20)
        answering(204)(handler)

    return wait


@dataclass
class Receiver:
    """Somebody else's server."""

    url: str
    got: list[Got] = field(default_factory=list)
    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    """By path; others answer 204."""
    released: threading.Event = field(default_factory=threading.Event)
    """Lets slow paths go on."""

    def ids(self, path: str | None = None) -> list[str]:
        """Return the ``webhook-id`` of each request, in order."""
        return [got.message_id for got in self.got if path is None or got.path == path]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server on loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            there.behaviours.get(self.path, answering(204))(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing: tests break connections on purpose."""

    server = Server(("127.0.0.1", 0), Handler)
    there = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield there
    there.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings that let us call the receiver on loopback."""
    return Settings(home=tmp_path / "home", database_url=database_url, outbound_allow_private=True)


@dataclass
class ShiftedClock:
    """The machine's clock, shifted by tests; it runs, for the log's own times are the database's."""

    shift: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        """Return the present instant as this world has it."""
        return system_clock() + self.shift

    def move(self, by: timedelta) -> None:
        """Let time pass."""
        self.shift += by

    def reach(self, instant: datetime) -> None:
        """Let time pass until then."""
        self.shift += max(timedelta(0), instant - self())


@pytest.fixture
def clock() -> ShiftedClock:
    """The clock of this world."""
    return ShiftedClock()


@dataclass
class World:
    """Webhooks at work, step by step."""

    database: Database
    settings: Settings
    clock: ShiftedClock
    receiver: Receiver

    def register(
        self, path: str = "/hook", *, types: tuple[str, ...] = ("postings.*",), **more: Any
    ) -> Registered:
        """Register an endpoint at the receiver; from now on it hears."""
        values = {"url": self.receiver.url + path, "description": "", "by": None, **more}
        with self.database.begin() as tx:
            return register(tx, self.settings, types=types, now=self.clock(), **values)

    def tell(self, *names: str, kind: str = JOB_CREATED) -> list[str]:
        """Publish events and return their ids; the same name is the same event."""
        events = [
            Event(
                EventId(derived_id("webhook tests", kind, name)),
                kind,
                1,
                f"job {name}",
                datetime.fromisoformat("2026-11-01T08:30:00+00:00"),
                {"provider": "lever", "board": "halfnote", "note": f"Größe {name}"},
            )
            for name in names
        ]
        with self.database.begin() as tx:
            publish(tx, events)
        return [str(event.event_id) for event in events]

    def hear(self) -> int:
        """Let the subscription hear everything."""
        return Runner(self.database, [SUBSCRIPTION], self.clock).drain()

    def send(self, **options: Any) -> int:
        """Send what is due; return how many attempts were made."""
        return send_due(self.database, self.settings, self.clock, **options)

    def tell_and_send(self, *names: str) -> list[str]:
        """Publish, hear, send."""
        ids = self.tell(*names)
        self.hear()
        self.send()
        return ids

    def health(self, made: Registered) -> Health:
        """Return an endpoint as operators see it."""
        with self.database.read() as tx:
            return health_of(tx, made.endpoint_id)

    def deliveries(self, made: Registered) -> list[Delivery]:
        """Return an endpoint's deliveries, the oldest first."""
        with self.database.read() as tx:
            page = deliveries_of(tx, health_of(tx, made.endpoint_id), limit=10_000)
        return list(page.items)[::-1]

    def verify(self, made: Registered, got: Got) -> Any:
        """Have the independent library check a request; return the payload."""
        return Webhook(made.secret.written).verify(got.body, got.headers)


@pytest.fixture
def world(database: Database, settings: Settings, clock: ShiftedClock, receiver: Receiver) -> World:
    """Webhooks at work."""
    return World(database, settings, clock, receiver)


@pytest.fixture
def mia(database: Database, clock: ShiftedClock) -> PersonId:
    """A person who registers endpoints."""
    with database.begin() as tx:
        return create_person(tx, name="Mia Kern", now=clock())
