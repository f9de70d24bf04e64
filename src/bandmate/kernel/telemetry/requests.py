"""Every HTTP request gets an id, one line in the log and its place in the metrics."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any, Final

import structlog
from opentelemetry.trace import Span
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bandmate.kernel.telemetry.counters import HTTP_REQUESTS, HTTP_SECONDS
from bandmate.kernel.telemetry.tracing import end_request, request_span, trace_fields

HEADER: Final = "X-Request-ID"
NO_ROUTE: Final = "(none)"
"""Route label of requests that no route serves: their paths are the askers' invention."""

_ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_SERVER_ERROR = 500

log = structlog.get_logger(__name__)


class RequestTelemetry:
    """ASGI middleware; the outermost, so that it sees the final status.

    The id is the asker's ``X-Request-ID`` when that is at most 64 letters, digits, dots, dashes and underscores,
    else a new one. It stands in the answer's header, in every log line of the request, and in
    ``request.state.request_id``. The log and the metrics name routes (``/jobs/{job_id}``), never paths.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or pass anything else on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if scope["path"] in _QUIET:
            await self._serve(scope, receive, send, None)
            return
        with request_span(scope["method"], scope.get("scheme", "http"), Headers(scope=scope).get) as span:
            structlog.contextvars.bind_contextvars(**trace_fields())
            await self._serve(scope, receive, send, span)

    async def _serve(self, scope: Scope, receive: Receive, send: Send, span: Span | None) -> None:
        request_id = scope["state"]["request_id"]
        answer = _Answer(scope.get("root_path", ""))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                answer.status = message["status"]
                answer.is_stream = headers.get("content-type", "").startswith("text/event-stream")
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            # An error that nobody caught leaves here without a status; the server answers it with 500.
            _report(scope, answer, span)


class _Answer:
    """What we learn of the answer while it is sent."""

    def __init__(self, root_path: str) -> None:
        self.root_path = root_path
        self.started = time.perf_counter()
        self.status = _SERVER_ERROR
        self.is_stream = False


def _request_id(scope: Scope) -> str:
    offered = Headers(scope=scope).get(HEADER, "")
    return offered if _ACCEPTED_ID.fullmatch(offered) else uuid.uuid4().hex


def _report(scope: Scope, answer: _Answer, span: Span | None) -> None:
    seconds = time.perf_counter() - answer.started
    method = scope["method"] if scope["method"] in _METHODS else "OTHER"
    route = route_template(scope, answer.root_path)
    end_request(span, scope["method"], None if route == NO_ROUTE else route, answer.status)
    HTTP_REQUESTS.labels(method, route, str(answer.status)).inc()
    if not answer.is_stream:
        HTTP_SECONDS.labels(method, route).observe(seconds)
    level = "debug" if route in _QUIET else "error" if answer.status >= _SERVER_ERROR else "info"
    getattr(log, level)("request", method=method, route=route, status=answer.status, ms=round(1000 * seconds, 1))


def route_template(scope: Scope, root_path: str = "") -> str:
    """Return the template of the route that served a request: ``/jobs/{job_id}``, or ``/static/*`` for a mount.

    ``root_path`` is what the scope's root path was when the request arrived: routing adds a mount's path to it.
    """
    route: Any = scope.get("route")
    if route is None:
        mount = scope.get("root_path", "").removeprefix(root_path)
        return f"{mount}/*" if mount else NO_ROUTE
    # FastAPI keeps an included router's routes as they are, and the whole path beside them.
    included = scope.get("fastapi", {}).get("effective_route_context")
    return str(getattr(included, "path_format", None) or getattr(route, "path", None) or NO_ROUTE)
