"""The database goes away under the whole program: clear answers meanwhile, back within seconds, all done once."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from tests.failures.programs import OwnServer, Program, count, eventually, own_server, serving
from tests.postings.boards_in_shape import lever_board, lever_posting

from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, connect
from bandmate.kernel.identity.cookies import SESSION
from bandmate.kernel.identity.letters import PASSWORD_CHANGED
from bandmate.kernel.identity.persons import create_account, create_person
from bandmate.kernel.ids import EventId, PersonId, derived_id
from bandmate.kernel.notify import MessageRequest, Urgency, request_message
from bandmate.kernel.tasks import tasks
from bandmate.kernel.webhooks.endpoints import register
from bandmate.postings.events import JOB_CREATED
from bandmate.postings.tasks import CRAWL_BOARDS

WEBHOOK_KEY = "tests-only-tests-only-tests-only-tests-only"


@dataclass
class Outside:
    """The world the program talks to: boards that it reads, and a receiver of webhooks."""

    url: str
    jobs: list[str] = field(default_factory=list)
    arrived: list[str] = field(default_factory=list)
    """The ``webhook-id`` of each request."""


@pytest.fixture
def outside() -> Iterator[Outside]:
    """Boards of one job each, named like their board, and a receiver, on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            board = self.path.partition("?")[0].rpartition("/")[2]
            self._answer(lever_board(lever_posting(board)))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            there.arrived.append(self.headers["webhook-id"])
            self._answer(b"")

        def _answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Outside(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield there
    server.shutdown()
    server.server_close()


@dataclass
class World:
    """A running program whose every duty has something to do."""

    server: OwnServer
    database: Database
    program: Program
    outside: Outside
    home: Path
    person: PersonId

    def ask_for_all(self, name: str) -> None:
        """Have a board crawled whose job webhooks and index hear of, and a message sent."""
        self.outside.jobs.append(name)
        now = system_clock()
        with self.database.begin() as tx:
            tasks.defer(tx, CRAWL_BOARDS, boards=[f"lever:{name}"])
            message = MessageRequest(
                request_id=EventId(derived_id("failures", name)),
                recipient=self.person,
                template=PASSWORD_CHANGED,
                variables={"at": "2026-06-10T12:00:00Z"},
                purpose=None,
                urgency=Urgency.NOW,
                expires_at=None,
                reason="A test asks for it.",
            )
            request_message(tx, message, now=now)

    def is_all_done(self) -> bool:
        """Whether every job was crawled, indexed and told of, and every message written."""
        wanted = len(self.outside.jobs)
        return (
            count(self.database, "select count(*) from postings.job") == wanted
            and self.found() == wanted
            and len(set(self.outside.arrived)) == wanted
            and len(list(self.home.glob("outbox/*.eml"))) == wanted
            and count(self.database, "select count(*) from kernel.webhook_delivery where state = 'waiting'") == 0
            and count(self.database, "select count(*) from kernel.delivery where state <> 'sent'") == 0
        )

    def found(self) -> int:
        """Return how many jobs the index finds by a word."""
        answer = self.program.get("/job-postings/v1/jobs/search?q=engineer&limit=50", accept="application/json")
        return int(answer.json()["meta"]["total"]) if answer.status_code == 200 else -1

    def state(self) -> str:
        """Say what was reached, for a test that failed."""
        with self.database.read() as tx:
            rows = [
                *tx.execute(text("select type, count(*) from kernel.event group by type")),
                *tx.execute(text("select state, attempts, due_at, why from kernel.delivery")),
                *tx.execute(text("select state, attempts, due_at from kernel.webhook_delivery")),
            ]
        lines = [line for line in self.program.said.splitlines() if '"request"' not in line]
        return (
            f"{self.outside.jobs=} {self.found()=} {self.outside.arrived=} {list(self.home.glob('outbox/*'))}\n"
            + "\n".join(map(str, [*rows, *lines[-40:]]))
        )


@pytest.fixture
def world(outside: Outside, tmp_path: Path) -> Iterator[World]:
    """The program at work; the first round of everything is done."""
    home = tmp_path / "home"
    home.mkdir()
    with own_server() as server:
        database = connect(server.url)
        settings = Settings(
            home=home, database_url=server.url, outbound_allow_private=True, webhook_key=WEBHOOK_KEY
        )
        now = system_clock()
        with database.begin() as tx:
            person = create_person(tx, name="Ada", now=now)
            create_account(tx, person, email="ada@example.org", password=None, now=now)
            hook = f"{outside.url}/hook"
            register(tx, settings, url=hook, description="", types=(JOB_CREATED,), by=None, now=now)
        environment = {
            "DATABASE_URL": server.url,
            "BANDMATE_OUTBOUND_ALLOW_PRIVATE": "true",
            "BANDMATE_OUTBOUND_REQUESTS_PER_SECOND": "100",
            "BANDMATE_PROVIDER_URLS__LEVER": outside.url,
            "BANDMATE_WEBHOOK_KEY": WEBHOOK_KEY,
        }
        with serving(home, **environment) as program:
            made = World(server, database, program, outside, home, person)
            made.ask_for_all("first")
            assert eventually(made.is_all_done, 60), made.state()
            yield made
        database.close()


def test_outage(world: World) -> None:
    """Connections are cut, then the server is gone: 503 in plain words meanwhile, then all goes on by itself.

    What was asked for before, between and after is done: each job stands once, its event was told under one id,
    and each message was written once.
    """
    for number in range(3):
        world.ask_for_all(f"cut-{number}")
        world.server.end_connections()
    world.ask_for_all("before")
    world.server.stop()

    page = world.program.get("/jobs")
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "5"
    assert "The database is not available" in page.text
    assert "Everything stored before is safe." in page.text
    document = world.program.get("/job-postings/v1/jobs/search?q=engineer", accept="application/json")
    assert document.status_code == 503
    assert document.json()["type"] == "/problems/database-unavailable"
    assert world.program.get("/readyz").status_code == 503
    assert world.program.get("/healthz").status_code == 200

    world.server.start()
    assert eventually(lambda: world.program.get("/jobs").status_code == 200, 5)
    world.ask_for_all("after")
    assert eventually(world.is_all_done, 60), world.state()
    created = count(world.database, "select count(*) from kernel.event where type = 'postings.job.created'")
    assert created == len(world.outside.jobs)
    assert max(Counter(world.outside.arrived).values()) <= 2
    assert world.program.process.poll() is None


def test_signed_in_readers_are_told_as_well(world: World) -> None:
    """A request whose session cannot be looked up is answered 503, not 500 and not as a stranger's."""
    world.server.stop()
    try:
        answer = httpx.get(f"{world.program.url}/problems/conflict", cookies={SESSION: "x" * 43}, timeout=20)
    finally:
        world.server.start()
    assert answer.status_code == 503
