"""Traces: what spans say and never say, whose context they carry, and that no collector can disturb us."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from typing import Any

import pytest
import structlog
from fastapi import FastAPI, Request
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.testclient import TestClient

from bandmate.app import create_app
from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx, fetch_tuples
from bandmate.kernel.events import Event, StoredEvent, publish
from bandmate.kernel.events.subscriptions import Subscription, run_once
from bandmate.kernel.ids import EventId, new_id
from bandmate.kernel.outbound import Outbound
from bandmate.kernel.tasks import TaskContext, TaskRegistry, run_due
from bandmate.kernel.telemetry.exporting import FLUSH_SECONDS
from bandmate.kernel.telemetry.logs import configure_logging
from bandmate.kernel.telemetry.tracing import logged_span, span, tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"
"""The example of W3C Trace Context, section 3.2.2."""
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@dataclass
class Traced:
    """What was traced, in the order of ending."""

    exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """All of it."""
        return self.exporter.get_finished_spans()

    def one(self, kind: SpanKind) -> ReadableSpan:
        """Return the only span of this kind that is not a statement."""
        found = [
            each for each in self.spans if each.kind is kind and "db.system.name" not in (each.attributes or {})
        ]
        assert len(found) == 1, [each.name for each in self.spans]
        return found[0]

    @property
    def statements(self) -> list[ReadableSpan]:
        """Those of the database."""
        return [each for each in self.spans if "db.system.name" in (each.attributes or {})]

    def written(self) -> str:
        """Return everything that any span says."""
        return "\n".join(each.to_json() for each in self.spans)


@pytest.fixture
def traced(database: Database) -> Iterator[Traced]:
    """Tracing that is on."""
    kept = Traced()
    with tracing(None, "tests", database.engine, processor=SimpleSpanProcessor(kept.exporter)):
        yield kept


@pytest.fixture
def client(database: Database, settings: Settings) -> TestClient:
    """The whole application."""
    return TestClient(create_app(settings, database), raise_server_exceptions=False)


@pytest.fixture
def lines() -> Iterator[StringIO]:
    """What is logged, as JSON."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    stream = StringIO()
    configure_logging("json", "DEBUG", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


class TestRequests:
    """What arrives."""

    def test_span_follows_the_conventions(self, client: TestClient, traced: Traced) -> None:
        """Its name is method and route template; method, route, scheme and status are attributes."""
        client.get("/jobs?q=secret-words")
        request = traced.one(SpanKind.SERVER)
        assert request.name == "GET /jobs"
        assert dict(request.attributes or {}) == {
            "http.request.method": "GET",
            "http.route": "/jobs",
            "http.response.status_code": 200,
            "url.scheme": "http",
        }

    def test_nothing_personal_is_said(self, client: TestClient, traced: Traced) -> None:
        """Neither paths nor queries, addresses, agents, cookies or values of statements reach a trace."""
        client.get(
            "/companies/planted-token?q=planted-token",
            headers={
                "User-Agent": "planted-token",
                "Cookie": "planted=planted-token",
                "Referer": "/planted-token",
            },
        )
        client.get("/jobs?q=planted-token")
        client.get("/planted-token")
        client.request("PLANTED-TOKEN", "/jobs")
        assert len(traced.spans) > 4
        assert "planted-token" not in traced.written().lower()

    def test_unknown_path_has_no_route(self, client: TestClient, traced: Traced) -> None:
        """A path that nobody serves leaves the method alone as the name."""
        client.get("/no/such/page")
        request = traced.one(SpanKind.SERVER)
        assert (request.name, (request.attributes or {}).get("http.route")) == ("GET", None)

    def test_callers_trace_goes_on(self, client: TestClient, traced: Traced) -> None:
        """A ``traceparent`` (W3C Trace Context) makes the request a part of its trace."""
        client.get("/jobs", headers={"traceparent": PARENT})
        request = traced.one(SpanKind.SERVER)
        assert f"{request.context.trace_id:032x}" == TRACE
        assert request.parent is not None
        assert f"{request.parent.span_id:016x}" == "b7ad6b7169203331"

    @pytest.mark.parametrize("offered", ["", "00-0-0-01", "garbage", f"00-{'0' * 32}-{'0' * 16}-01", "x" * 9000])
    def test_broken_context_begins_a_new_trace(self, client: TestClient, traced: Traced, offered: str) -> None:
        """What is no trace context is passed over."""
        assert client.get("/jobs", headers={"traceparent": offered}).status_code == 200
        assert traced.one(SpanKind.SERVER).parent is None

    def test_statements_stand_below_their_request(self, client: TestClient, traced: Traced) -> None:
        """Each statement is a child that says its first word and that it was PostgreSQL."""
        client.get("/jobs", headers={"traceparent": PARENT})
        request = traced.one(SpanKind.SERVER)
        assert traced.statements
        for statement in traced.statements:
            assert statement.parent is not None
            assert statement.context.trace_id == request.context.trace_id
            assert dict(statement.attributes or {}) == {
                "db.system.name": "postgresql",
                "db.operation.name": statement.name,
            }

    def test_log_lines_carry_the_trace(self, client: TestClient, traced: Traced, lines: StringIO) -> None:
        """The lines of a request name its trace."""
        client.get("/jobs", headers={"traceparent": PARENT})
        logged = [json.loads(line) for line in lines.getvalue().splitlines()]
        assert [each["trace_id"] for each in logged if each["event"] == "request"] == [TRACE]

    def test_health_is_not_traced(self, client: TestClient, traced: Traced) -> None:
        """What is asked every few seconds by machines would bury the rest."""
        for path in ("/healthz", "/readyz", "/metrics"):
            client.get(path, follow_redirects=False)
        assert not traced.spans

    def test_error_is_named_by_status_alone(self, client: TestClient, database: Database, traced: Traced) -> None:
        """A failed request is an error of that status; no message and no traceback is handed out."""

        def fails(request: Request) -> None:
            raise LookupError("planted-token")

        assert isinstance(client.app, FastAPI)
        client.app.add_route("/tests/fails", fails)  # type: ignore[arg-type] # it never answers
        assert client.get("/tests/fails").status_code == 500
        request = traced.one(SpanKind.SERVER)
        assert request.status.status_code is StatusCode.ERROR
        assert (request.attributes or {})["error.type"] in {"500", "LookupError"}
        assert "planted-token" not in traced.written()


class TestStatements:
    """What the database is asked."""

    def test_outside_of_spans_nothing_is_said(self, database: Database, traced: Traced) -> None:
        """The worker's many looks for work leave no traces of their own."""
        with database.read() as tx:
            tx.execute(text("select 1"))
        assert not traced.spans

    def test_failed_statement_is_an_error(self, database: Database, traced: Traced) -> None:
        """A statement that fails is marked with the class of its error and no word of it."""
        with span("test"), pytest.raises(DBAPIError), database.begin() as tx:
            tx.execute(text("select 'planted-token' / 0"))
        assert [(each.name, each.status.status_code) for each in traced.statements] == [
            ("SELECT", StatusCode.ERROR)
        ]
        assert "planted-token" not in traced.written()

    def test_driver_is_traced_too(self, database: Database, traced: Traced) -> None:
        """Statements that go past SQLAlchemy are traced as well."""
        with span("test"), database.look() as tx:
            fetch_tuples(tx, "select %(word)s", {"word": "planted-token"})
        assert [each.name for each in traced.statements] == ["SELECT"]
        assert "planted-token" not in traced.written()


class TestBackground:
    """The worker's work."""

    def test_batch_of_a_subscription_is_a_span(self, database: Database, traced: Traced) -> None:
        """It says whose batch it was and how many events; statements of the handler stand below it."""

        def handle(tx: Tx, events: Sequence[StoredEvent]) -> None:
            tx.execute(text("select 1"))

        with database.begin() as tx:
            publish(tx, [Event(EventId(new_id()), "tests.song.written", 1, "x", datetime.now(UTC), {})])
        run_once(database, Subscription("tests.songs", None, handle), system_clock)
        run_once(database, Subscription("tests.songs", None, handle), system_clock)
        batch = traced.one(SpanKind.CONSUMER)
        assert (batch.name, dict(batch.attributes or {})) == ("subscription tests.songs", {"bandmate.events": 1})
        assert [each.parent and each.parent.span_id for each in traced.statements] == [batch.context.span_id]

    def test_task_is_a_span(self, database: Database, traced: Traced) -> None:
        """It says which task and which attempt; a failed one is an error, named by its class."""
        registry = TaskRegistry()

        @registry.register(name="tests.play", attempts=1)
        def play(context: TaskContext, song: str) -> None:
            raise LookupError(song)

        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="planted-token")
        run_due(database, registry=registry)
        task = traced.one(SpanKind.CONSUMER)
        assert (task.name, dict(task.attributes or {})) == (
            "task tests.play",
            {"bandmate.task": "tests.play", "bandmate.task.attempt": 1, "error.type": "LookupError"},
        )
        assert "planted-token" not in traced.written()

    def test_log_lines_carry_the_trace_and_lose_it(self, traced: Traced) -> None:
        """Inside a piece of work its trace is bound to log lines, afterwards no more."""
        with logged_span("test"):
            inside = structlog.contextvars.get_contextvars()
        assert inside["trace_id"] == f"{traced.one(SpanKind.CONSUMER).context.trace_id:032x}"
        assert "trace_id" not in structlog.contextvars.get_contextvars()


class Server(ThreadingHTTPServer):
    """A stand-in on loopback that keeps what it is sent: another server, or a collector of traces."""

    def __init__(self, status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Keep)
        self.status = status
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Keep(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Keep the request."""
        assert isinstance(self.server, Server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """Keep the request."""
        self.do_POST()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def listening(status: int = 200) -> Iterator[Server]:
    """Run a stand-in."""
    with Server(status) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class TestOutbound:
    """Calls to other servers."""

    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize("status", [204, 404])
    def test_span_and_context(self, settings: Settings, traced: Traced, method: str, status: int) -> None:
        """The call is a span without path and query, and hands its context to the other server."""
        with listening(status) as server:

            async def call() -> None:
                async with Outbound(settings.model_copy(update={"outbound_allow_private": True})) as outbound:
                    address = f"{server.url}/planted-token?q=planted-token"
                    if method == "GET":
                        await outbound.get(address)
                    else:
                        await outbound.post(address, b"{}", headers={}, seconds=5, most=100)

            asyncio.run(call())
            call_span = traced.one(SpanKind.CLIENT)
            _, headers, _ = server.got[0]
        here = call_span.context
        assert headers["traceparent"].startswith(f"00-{here.trace_id:032x}-{here.span_id:016x}-")
        told = dict(call_span.attributes or {})
        assert (told["http.request.method"], told["server.address"]) == (method, "127.0.0.1")
        assert told["http.response.status_code"] == status
        assert (call_span.status.status_code is StatusCode.ERROR) == (status == 404)
        assert "planted-token" not in traced.written()

    def test_off_sends_no_context(self, settings: Settings) -> None:
        """Without tracing other servers hear nothing of traces."""
        with listening() as server:

            async def call() -> None:
                async with Outbound(settings.model_copy(update={"outbound_allow_private": True})) as outbound:
                    await outbound.get(server.url)

            asyncio.run(call())
            assert "traceparent" not in server.got[0][1]


@pytest.fixture
def fast_export(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spans are sent soon, and a try takes no longer than a second."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")


@pytest.mark.usefixtures("fast_export")
class TestCollector:
    """Where traces go."""

    def test_what_is_left_is_sent_at_the_stop(
        self, client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A collector gets protobuf over HTTP with service, process and every span, at the end at the latest."""
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "600000")
        with listening() as collector:
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
            with tracing(collector.url, "web", database.engine):
                client.get("/jobs")
                assert not collector.got
            path, headers, body = collector.got[0]
        assert (path, headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
        sent = ExportTraceServiceRequest.FromString(body).resource_spans[0]
        described = {each.key: each.value.string_value for each in sent.resource.attributes}
        assert (described["service.name"], described["bandmate.process"]) == ("bandmate", "web")
        assert "GET /jobs" in {each.name for each in sent.scope_spans[0].spans}

    def test_service_may_be_named_otherwise(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """``OTEL_SERVICE_NAME`` names the service."""
        monkeypatch.setenv("OTEL_SERVICE_NAME", "jobs")
        kept = Traced()
        with tracing(None, "web", database.engine, processor=SimpleSpanProcessor(kept.exporter)), span("test"):
            pass
        assert kept.spans[0].resource.attributes["service.name"] == "jobs"

    def test_sampling_is_the_standards(
        self, client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The standard variables decide what is sampled; what is not leaves nothing, its statements neither."""
        monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
        kept = Traced()
        with tracing(None, "web", database.engine, processor=SimpleSpanProcessor(kept.exporter)):
            client.get("/jobs")
            assert not kept.spans
            client.get("/jobs", headers={"traceparent": PARENT})
            assert kept.spans

    @pytest.mark.parametrize("kind", ["refuses", "fails", "hangs"])
    def test_broken_collector_disturbs_nobody(
        self, client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        """Requests are answered while the collector is gone, broken or silent, and the stop waits only so long."""
        with listening(503) as failing, socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            if kind == "hangs":
                silent.listen(100)
            url = failing.url if kind == "fails" else f"http://127.0.0.1:{silent.getsockname()[1]}"
            monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
            with tracing(url, "web", database.engine):
                answers = [client.get("/jobs").status_code for _ in range(5)]
                stopping = time.monotonic()
            took = time.monotonic() - stopping
        assert answers == [200] * 5
        assert took < FLUSH_SECONDS + 2

    @pytest.mark.parametrize(("name", "value"), [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")])
    def test_standard_switches_turn_it_off(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, name: str, value: str
    ) -> None:
        """An endpoint alone does not turn traces on where a standard variable turns them off."""
        monkeypatch.setenv(name, value)
        with tracing("http://127.0.0.1:9", "web", database.engine), span("test") as opened:
            assert opened is None


def test_off_loads_no_exporter() -> None:
    """Where traces are off neither the SDK nor the exporter is even loaded."""
    loaded = (
        "import sys, bandmate.cli\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
