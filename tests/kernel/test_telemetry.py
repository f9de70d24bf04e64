"""Logs without secrets, an id for every request, metrics with few labels, health that tells the truth."""

from __future__ import annotations

import io
import json
import logging
import socket
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import StreamingResponse
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text
from starlette.applications import Starlette
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import Response
from starlette.testclient import TestClient

from bandmate.kernel.clock import system_clock
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import BandmateError
from bandmate.kernel.events import Event, StoredEvent, publish
from bandmate.kernel.events.subscriptions import Subscription, run_once
from bandmate.kernel.identity.access import Asker, Role, Scope
from bandmate.kernel.ids import EventId, new_id
from bandmate.kernel.tasks import TaskContext, TaskRegistry
from bandmate.kernel.telemetry.health import health_router
from bandmate.kernel.telemetry.logs import configure_logging
from bandmate.kernel.telemetry.metrics import metrics_router, serve_metrics
from bandmate.kernel.telemetry.requests import RequestTelemetry

OPERATOR = Asker(None, "Olga", frozenset(Role.OPERATOR.included), frozenset(), "session")


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    """Leave logging as it was found."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


class Lines(io.StringIO):
    """A stream whose JSON lines can be read back."""

    def all(self) -> list[dict[str, object]]:
        """Return what was logged."""
        return [json.loads(line) for line in self.getvalue().splitlines()]

    def one(self, event: str) -> dict[str, object]:
        """Return the only line about ``event``."""
        (line,) = [line for line in self.all() if line["event"] == event]
        return line


@pytest.fixture
def lines() -> Lines:
    """What is logged, as JSON, from debug on."""
    stream = Lines()
    configure_logging("json", "DEBUG", stream)
    return stream


class TestLogs:
    """One format for everything."""

    def test_line_has_time_level_name_and_fields(self, lines: Lines) -> None:
        """A JSON line tells when (UTC), how severe, who, what, and every field given."""
        structlog.get_logger("tests.band").info("gig_played", songs=12)
        line = lines.one("gig_played")
        assert (line["level"], line["logger"], line["songs"]) == ("info", "tests.band", 12)
        assert str(line["timestamp"]).endswith("Z")
        assert datetime.fromisoformat(str(line["timestamp"])).tzinfo == UTC

    def test_libraries_use_the_same_format(self, lines: Lines) -> None:
        """A line of the standard library's logging comes out the same way, with its arguments put in."""
        logging.getLogger("some.library").warning("lost %s of %s", 2, 3)
        assert lines.one("lost 2 of 3")["level"] == "warning"

    def test_level_keeps_the_less_severe_out(self) -> None:
        """What is less severe than the level is not written."""
        stream = Lines()
        configure_logging("json", "WARNING", stream)
        structlog.get_logger().info("chatter")
        structlog.get_logger().warning("trouble")
        assert [line["event"] for line in stream.all()] == ["trouble"]

    def test_text_has_no_colours_off_a_terminal(self) -> None:
        """Text written to a file or a pipe holds no escape codes."""
        stream = Lines()
        configure_logging("text", "INFO", stream)
        structlog.get_logger().warning("trouble", songs=3)
        assert "trouble" in stream.getvalue()
        assert "songs=3" in stream.getvalue()
        assert "\x1b" not in stream.getvalue()

    def test_text_has_colours_on_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Text on a terminal is coloured, unless NO_COLOR asks for none."""

        class Terminal(Lines):
            def isatty(self) -> bool:
                return True

        coloured, plain = Terminal(), Terminal()
        monkeypatch.delenv("NO_COLOR", raising=False)
        configure_logging("text", "INFO", coloured)
        structlog.get_logger().warning("trouble")
        monkeypatch.setenv("NO_COLOR", "1")
        configure_logging("text", "INFO", plain)
        structlog.get_logger().warning("trouble")
        assert "\x1b[" in coloured.getvalue()
        assert "\x1b[" not in plain.getvalue()

    @pytest.mark.parametrize(
        "name", ["password", "api_key", "X-Api-Key", "Authorization", "set-cookie", "csrf_token"]
    )
    def test_secret_fields_are_hidden(self, lines: Lines, name: str) -> None:
        """Fields named like secrets are hidden at any depth, pairs as in headers included."""
        fields = {name: "hunter2", "deep": {"list": [{name: "hunter2"}]}, "headers": [(name, "hunter2")]}
        structlog.get_logger().info("signed_in", **fields, person="Olga")
        assert "hunter2" not in lines.getvalue()
        assert lines.one("signed_in")["person"] == "Olga"

    @pytest.mark.parametrize("format_", ["json", "text"])
    @pytest.mark.parametrize(
        "message",
        [
            "cannot reach postgresql://band:hunter2hunter2@localhost/band",
            "sent Authorization: Bearer hunter2hunter2",
            "GET /reset?token=hunter2hunter2&next=/",
            "host=localhost password=hunter2hunter2 dbname=band",
        ],
    )
    def test_secrets_in_text_are_hidden(self, format_: str, message: str) -> None:
        """Secrets inside messages and tracebacks are hidden in both formats."""
        stream = Lines()
        configure_logging(format_, "INFO", stream)
        structlog.get_logger().error(message, exc_info=BandmateError(message))
        assert "BandmateError" in stream.getvalue()
        assert "hunter2" not in stream.getvalue()


def song_app(
    database: Database, asker: Asker | None = None, subscriptions: Sequence[Subscription] = ()
) -> FastAPI:
    """Return a small application with all of the telemetry; every request comes from ``asker``."""
    app = FastAPI()
    app.state.database, app.state.clock = database, system_clock
    songs = APIRouter(prefix="/songs")

    @songs.get("/{song}")
    def song(song: str, request: Request) -> dict[str, str]:
        structlog.get_logger().info("song_looked_up")
        return {"song": song, "request_id": request.state.request_id}

    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError

    @app.get("/stream")
    def stream() -> StreamingResponse:
        return StreamingResponse(iter(["data: 1\n\n"]), media_type="text/event-stream")

    @app.middleware("http")
    async def sign_in(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if asker is not None:
            request.state.asker = asker
        return await call_next(request)

    app.include_router(songs, prefix="/v1")
    app.include_router(health_router())
    app.include_router(metrics_router(subscriptions))
    app.mount("/static", Starlette())
    app.add_middleware(RequestTelemetry)
    return app


@pytest.fixture
def client(database: Database) -> TestClient:
    """A client of the small application, signed in as an operator."""
    return TestClient(song_app(database, OPERATOR), raise_server_exceptions=False)


def figure(client: TestClient, name: str, **labels: str) -> float:
    """Return one figure from /metrics; 0 when it is not there."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    return 0.0


class TestRequests:
    """An id, a log line, figures."""

    def test_valid_id_is_kept(self, client: TestClient, lines: Lines) -> None:
        """An asker's id is in the answer, in the request's state and in every line logged while it is served."""
        answer = client.get("/v1/songs/anthem", headers={"X-Request-ID": "tour-2026_06.10"})
        assert answer.headers["X-Request-ID"] == "tour-2026_06.10"
        assert answer.json()["request_id"] == "tour-2026_06.10"
        assert lines.one("song_looked_up")["request_id"] == "tour-2026_06.10"
        assert lines.one("request")["request_id"] == "tour-2026_06.10"

    @pytest.mark.parametrize("offered", ["", "a b", "x" * 65, "é", "<script>", 'a"b'])
    def test_other_ids_are_replaced(self, client: TestClient, offered: str) -> None:
        """Anything but 1 to 64 safe characters is replaced by an id of ours."""
        answer = client.get("/v1/songs/anthem", headers={"X-Request-ID": offered.encode()})
        assert answer.headers["X-Request-ID"] != offered
        assert len(answer.headers["X-Request-ID"]) == 32

    def test_each_request_has_its_own_id(self, client: TestClient) -> None:
        """Two requests without ids get two."""
        ids = {client.get("/v1/songs/anthem").headers["X-Request-ID"] for _ in range(2)}
        assert len(ids) == 2

    def test_log_line_names_the_route_not_the_path(self, client: TestClient, lines: Lines) -> None:
        """The access line holds method, route template with all prefixes, status and milliseconds; no path."""
        client.get("/v1/songs/secret-song?q=private")
        line = lines.one("request")
        assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/songs/{song}", 200)
        assert isinstance(line["ms"], float)
        assert "secret-song" not in lines.getvalue()

    def test_health_is_logged_at_debug(self, client: TestClient, lines: Lines) -> None:
        """Probes do not fill the log."""
        client.get("/healthz")
        assert lines.one("request")["level"] == "debug"

    def test_uncaught_error_is_a_500(self, client: TestClient, lines: Lines) -> None:
        """A request that fails is logged as an error and counted as 500."""
        before = figure(client, "bandmate_http_requests_total", route="/broken", status="500")
        client.get("/broken")
        line = next(line for line in lines.all() if line.get("route") == "/broken")
        assert (line["level"], line["status"]) == ("error", 500)
        assert figure(client, "bandmate_http_requests_total", route="/broken", status="500") == before + 1

    def test_unknown_paths_share_one_label(self, client: TestClient) -> None:
        """Paths and methods that askers invent make no new labels."""
        for number in range(5):
            client.request("BREW", f"/teapot/{number}")
        client.get("/static/x")
        text_ = client.get("/metrics").text
        assert figure(client, "bandmate_http_requests_total", method="OTHER", route="(none)", status="404") >= 5
        assert figure(client, "bandmate_http_requests_total", route="/static/*", status="404") >= 1
        assert "teapot" not in text_
        assert "BREW" not in text_

    def test_latency_is_measured_but_not_of_streams(self, client: TestClient) -> None:
        """A request counts in its route's histogram; an event stream, which lasts as it likes, does not."""
        before = figure(client, "bandmate_http_request_seconds_count", route="/v1/songs/{song}")
        client.get("/v1/songs/anthem")
        client.get("/stream")
        assert figure(client, "bandmate_http_request_seconds_count", route="/v1/songs/{song}") == before + 1
        assert figure(client, "bandmate_http_requests_total", route="/stream", status="200") >= 1
        assert figure(client, "bandmate_http_request_seconds_count", route="/stream") == 0


def fail(tx: Tx, events: Sequence[StoredEvent]) -> None:
    """Fail, as a handler."""
    raise LookupError("no such song")


class TestMetrics:
    """What a scrape shows."""

    def test_lag_of_subscriptions_is_read_at_the_scrape(self, database: Database) -> None:
        """Events published and failures recorded since the last scrape are in the next one."""
        stuck = Subscription("tests.stuck", None, fail)
        client = TestClient(song_app(database, OPERATOR, [stuck]))
        assert figure(client, "bandmate_subscription_events_behind", subscription="tests.stuck") == 0
        with database.begin() as tx:
            publish(tx, [Event(EventId(new_id()), "tests.gig.played", 1, "gig", datetime.now(UTC), {})])
        run_once(database, stuck, system_clock)
        assert figure(client, "bandmate_subscription_events_behind", subscription="tests.stuck") == 1
        assert figure(client, "bandmate_subscription_failures", subscription="tests.stuck") == 1
        assert figure(client, "bandmate_subscription_seconds_behind", subscription="tests.stuck") > 0
        assert figure(client, "bandmate_events_bytes") > 0

    def test_waiting_jobs_are_counted(self, client: TestClient, database: Database) -> None:
        """The queue shows jobs by task and whether they wait or run."""
        registry = TaskRegistry()

        @registry.register(name="tests.play")
        def play(context: TaskContext, song: str) -> None:
            """Play a song."""

        with database.begin() as tx:
            registry.defer_many(tx, "tests.play", [{"song": song} for song in "abc"])
        assert figure(client, "bandmate_jobs", task="tests.play", status="waiting") == 3

    def test_process_is_shown_without_a_database(self, database: Database) -> None:
        """Without a database the scrape still gives the process's own figures, and says that it is down."""
        client = TestClient(song_app(unreachable(database), OPERATOR))
        assert figure(client, "bandmate_database_up") == 0
        assert figure(client, "process_resident_memory_bytes") > 0

    def test_database_that_answers_is_up(self, client: TestClient) -> None:
        """With a database, it is up."""
        assert figure(client, "bandmate_database_up") == 1

    def test_scraper_chooses_the_format(self, client: TestClient) -> None:
        """A scraper that asks for OpenMetrics gets it."""
        answer = client.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        assert answer.headers["content-type"].startswith("application/openmetrics-text")
        assert answer.text.endswith("# EOF\n")

    def test_worker_exposes_its_own(self) -> None:
        """A process without web gives its figures on a port of its own until closed."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        close = serve_metrics(port)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                assert b"process_resident_memory_bytes" in answer.read()
        finally:
            close()


class TestMetricsAccess:
    """Who may scrape."""

    @pytest.mark.parametrize(
        ("asker", "admitted"),
        [
            (None, False),
            (replace(OPERATOR, roles=frozenset({Role.MEMBER})), False),
            (replace(OPERATOR, via="api_key"), False),
            (replace(OPERATOR, via="api_key", scopes=frozenset({Scope("metrics:read")})), True),
            (OPERATOR, True),
        ],
        ids=["anonymous", "member", "key without scope", "key with scope", "operator"],
    )
    def test_operators_and_their_keys_only(self, database: Database, asker: Asker | None, admitted: bool) -> None:
        """Operators are admitted, and API keys of theirs that hold the scope; nobody else."""
        client = TestClient(song_app(database, asker), raise_server_exceptions=False)
        assert (client.get("/metrics").status_code == 200) is admitted


def unreachable(database: Database) -> Database:
    """Return a database at a socket that does not exist."""
    return Database(create_engine("postgresql+psycopg://nobody@/nothing?host=/nonexistent"), "")


class TestHealth:
    """Alive, and able to serve."""

    def test_alive_needs_nothing(self, database: Database) -> None:
        """/healthz answers even when the database does not."""
        answer = TestClient(song_app(unreachable(database))).get("/healthz")
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})

    def test_ready_with_a_current_database(self, client: TestClient) -> None:
        """/readyz is 200 and lists each check as passed."""
        answer = client.get("/readyz")
        checks = answer.json()["checks"]
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        assert {name: check["ok"] for name, check in checks.items()} == {"database": True, "schema": True}

    def test_not_ready_without_a_database(self, database: Database) -> None:
        """/readyz is 503 when the database does not answer, and names no address."""
        answer = TestClient(song_app(unreachable(database))).get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"]["detail"] == "The database does not answer."
        assert "nonexistent" not in answer.text

    def test_not_ready_with_another_schema(self, client: TestClient, database: Database) -> None:
        """/readyz is 503 when the schema is not the program's, and says what mends it."""
        with database.begin() as tx:
            before = tx.execute(text("select version_num from alembic_version")).scalar_one()
            tx.execute(text("update alembic_version set version_num = '0001_kernel'"))
        try:
            answer = client.get("/readyz")
        finally:
            with database.begin() as tx:
                tx.execute(text("update alembic_version set version_num = :before"), {"before": before})
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"]["ok"] is True
        assert "run `bandmate migrate`" in answer.json()["checks"]["schema"]["detail"]
