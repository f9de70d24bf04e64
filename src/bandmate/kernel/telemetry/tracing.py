"""Traces by OpenTelemetry: where the time of a request, a task or a batch of events went.

Off unless ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set; the other standard variables (sampling, headers, resource) are
read by OpenTelemetry itself. Off, a span costs one look at a variable. On, spans are handed to a thread that
sends them; a collector that is slow, broken or gone costs spans and nothing else.

What a span may hold comes from small closed sets: route templates, never paths; hosts, never addresses; the first
word of a statement, never its values; the class of an error, never its message. So no trace can hold anything
about a person. Names follow OpenTelemetry's semantic conventions 1.23+ ("HTTP spans", "Database client spans").
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final

import structlog
from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from sqlalchemy import Engine, event

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

SERVER_ERROR: Final = 500
CLIENT_ERROR: Final = 400

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_OPERATIONS = frozenset(
    {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE", "COPY", "SET", "SHOW", "TRUNCATE"}
)
_BEGAN = "bandmate.statement_began"

# Trace context alone, without W3C baggage: whatever others put into that stays with them.
_propagator = TraceContextTextMapPropagator()

Opened = AbstractContextManager[Span | None]
"""A span that is open for a block; None where tracing is off."""

_tracer: Tracer | None = None


def is_wanted(endpoint: str | None) -> bool:
    """Say whether traces are to be sent: there is an endpoint, and no standard variable turns them off."""
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    return bool(endpoint) and not disabled and os.environ.get("OTEL_TRACES_EXPORTER", "otlp").strip() != "none"


@contextmanager
def tracing(
    endpoint: str | None, process: str, engine: Engine, *, processor: SpanProcessor | None = None
) -> Iterator[None]:
    """Trace this process while the block lasts, and send what is left at its end.

    Args:
        endpoint: the value of ``OTEL_EXPORTER_OTLP_ENDPOINT``; None leaves tracing off.
        process: which of the program's processes this is: ``web`` or ``worker``.
        engine: whose statements are to be traced.
        processor: takes the spans instead of a thread that sends them; for tests.
    """
    global _tracer  # noqa: PLW0603 - one look at a variable is all that tracing may cost where it is off
    if processor is None and not is_wanted(endpoint):
        yield
        return
    # Only here: the exporter with all it imports takes longer to load than many a command takes to run.
    from bandmate.kernel.telemetry.exporting import exporting  # noqa: PLC0415

    with exporting(process, processor) as tracer, _statements_of(engine):
        _tracer = tracer
        try:
            yield
        finally:
            _tracer = None


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, str | int] | None = None,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    parent: Mapping[str, str] | None = None,
) -> Iterator[Span | None]:
    """Open a span for the block, or nothing where tracing is off; an error is noted by its class alone.

    ``parent`` holds a caller's ``traceparent`` and ``tracestate`` (W3C Trace Context), where there is one.
    """
    if _tracer is None:
        yield None
        return
    with _tracer.start_as_current_span(
        name,
        _propagator.extract(parent) if parent else None,
        kind,
        attributes,
        record_exception=False,
        set_status_on_exception=False,
    ) as opened:
        try:
            yield opened
        except Exception as error:
            fail(opened, type(error).__name__)
            raise


@contextmanager
def logged_span(name: str, attributes: Mapping[str, str | int] | None = None) -> Iterator[Span | None]:
    """Open a span for a piece of background work; lines that it logs carry the trace's id."""
    with span(name, attributes, kind=SpanKind.CONSUMER) as opened:
        if opened is None:
            yield None
            return
        with structlog.contextvars.bound_contextvars(**trace_fields()):
            yield opened


def request_span(method: str, scheme: str, headers: Callable[[str], str | None]) -> Opened:
    """Open the span of a request that arrived; ``end_request`` names it once its route is known."""
    if _tracer is None:
        return span("")
    parent = {name: value for name in _propagator.fields if (value := headers(name))}
    attributes = {"http.request.method": known_method(method), "url.scheme": scheme}
    return span(known_method(method), attributes, kind=SpanKind.SERVER, parent=parent)


def end_request(opened: Span | None, method: str, route: str | None, status: int) -> None:
    """Say what a request came to; ``route`` is a template, None where no route serves the path."""
    if opened is None:
        return
    opened.set_attribute("http.response.status_code", status)
    if route is not None:
        opened.update_name(f"{known_method(method)} {route}")
        opened.set_attribute("http.route", route)
    if status >= SERVER_ERROR:
        fail(opened, str(status))


def outbound_span(method: str, scheme: str, host: str, port: int) -> Opened:
    """Open the span of a call to another server; ``hand_on`` gives that server the trace's context."""
    if _tracer is None:
        return span("")
    attributes: dict[str, str | int] = {
        "http.request.method": method,
        "server.address": host,
        "server.port": port,
        "url.scheme": scheme,
    }
    return span(method, attributes, kind=SpanKind.CLIENT)


def hand_on(headers: MutableMapping[str, str]) -> None:
    """Write the present trace's context into the headers of a call (W3C Trace Context), where there is a trace."""
    if _tracer is not None:
        _propagator.inject(headers)


def end_outbound(opened: Span | None, status: int) -> None:
    """Say what a call came to."""
    if opened is None:
        return
    opened.set_attribute("http.response.status_code", status)
    if status >= CLIENT_ERROR:
        fail(opened, str(status))


@contextmanager
def statement_span(statement: str) -> Iterator[None]:
    """Trace a statement that goes to the driver directly, past the engine whose statements are traced anyway."""
    if not _is_followed():
        yield
        return
    began = time.time_ns()
    error: str | None = None
    try:
        yield
    except Exception as raised:
        error = type(raised).__name__
        raise
    finally:
        _note_statement(statement, began, error)


def fail(opened: Span, kind: str) -> None:
    """Mark a span as failed; ``kind`` is the class of an error or an HTTP status."""
    opened.set_attribute("error.type", kind)
    opened.set_status(Status(StatusCode.ERROR))


def trace_fields() -> dict[str, str]:
    """Return what log lines say of the present trace: its id as 32 hexadecimal digits, or nothing."""
    if _tracer is None:
        return {}
    context = trace.get_current_span().get_span_context()
    return {"trace_id": trace.format_trace_id(context.trace_id)} if context.is_valid else {}


def known_method(method: str) -> str:
    """Return the method, or ``_OTHER`` for one that somebody made up."""
    return method if method in _METHODS else "_OTHER"


def _is_followed() -> bool:
    """Whether something is traced here: statements of the worker's many looks for work would only be noise."""
    return _tracer is not None and trace.get_current_span().is_recording()


@contextmanager
def _statements_of(engine: Engine) -> Iterator[None]:
    listeners: dict[str, Callable[..., None]] = {
        "before_cursor_execute": _before,
        "after_cursor_execute": _after,
        "handle_error": _broken,
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


def _before(connection: Any, *_: object) -> None:
    if _is_followed():
        connection.info[_BEGAN] = time.time_ns()


def _after(connection: Any, _: object, statement: str, *__: object) -> None:
    began = connection.info.pop(_BEGAN, None)
    if began is not None:
        _note_statement(statement, began, None)


def _broken(context: Any) -> None:
    if context.connection is None or context.connection.closed or context.statement is None:
        return
    began = context.connection.info.pop(_BEGAN, None)
    if began is not None:
        _note_statement(context.statement, began, type(context.original_exception).__name__)


def _note_statement(statement: str, began: int, error: str | None) -> None:
    """Write one finished statement down: its first word and how long it took."""
    if _tracer is None:
        return
    first = statement.split(None, 1)[0].upper() if statement.strip() else ""
    operation = first if first in _OPERATIONS else "_OTHER"
    noted = _tracer.start_span(
        operation,
        kind=SpanKind.CLIENT,
        attributes={"db.system.name": "postgresql", "db.operation.name": operation},
        start_time=began,
    )
    if error is not None:
        fail(noted, error)
    noted.end()
