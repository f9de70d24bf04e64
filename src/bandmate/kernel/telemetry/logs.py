"""Logs: one line per happening, on stderr, as text for people or JSON for machines, in UTC, without secrets."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping
from typing import TextIO, cast

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN = "[hidden]"
"""Stands where a secret would."""

_SECRET_NAME = re.compile(
    r"password|passwd|passphrase|secret|token|authorization|cookie|credential|api[-_]?key|private[-_]?key|session_id",
    re.IGNORECASE,
)

# Secrets inside text: the password of an address, the credentials of RFC 9110's Authorization header, and
# name=value pairs as in query strings and connection strings.
_SECRET_TEXT = (
    (re.compile(r"(?<=://)([^\s/:@]*):[^\s/@]+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(r"\b([\w-]*(?:password|secret|token|api[-_]?key))=(?!\[hidden\])[^\s&;,\"']+", re.IGNORECASE),
        rf"\1={HIDDEN}",
    ),
)


def hide_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace the values of fields that are named like secrets, however deep they stand."""
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: object, value: object) -> object:
    if isinstance(name, str) and _SECRET_NAME.search(name):
        return HIDDEN
    if isinstance(value, Mapping):
        return {key: _hidden(key, inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        # A pair as in lists of headers: (name, value).
        if len(value) == 2 and isinstance(value[0], str | bytes):  # noqa: PLR2004 - a pair
            first = value[0].decode("latin-1") if isinstance(value[0], bytes) else value[0]
            return [value[0], _hidden(first, value[1])]
        return [_hidden(None, inner) for inner in value]
    return value


def hide_secrets_in_text(_: WrappedLogger, __: str, line: str) -> str:
    """Replace what looks like a secret in a finished line: messages, tracebacks, addresses."""
    for pattern, replacement in _SECRET_TEXT:
        line = pattern.sub(replacement, line)
    return line


def configure_logging(log_format: str, log_level: str, stream: TextIO | None = None) -> None:
    """Send everything, ours and the libraries', through one formatter to ``stream`` (stderr unless given).

    ``log_format`` is ``text`` (coloured on a terminal, unless NO_COLOR is set; see no-color.org) or ``json``;
    ``log_level`` is the least severe level that is written. May be called again.
    """
    stream = stream or sys.stderr
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                hide_secrets,
                *_renderers(log_format, stream),
                # Behind a renderer stands its text, which structlog's type of a processor does not know.
                cast(Processor, hide_secrets_in_text),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=log_level, force=True)
    logging.captureWarnings(capture=True)
    _quieten()


def _renderers(log_format: str, stream: TextIO) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_json)]
    colours = stream.isatty() and not os.environ.get("NO_COLOR")
    plain = structlog.dev.plain_traceback  # the decorated one prints local variables, and with them secrets
    return [structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)]


def _json(event: EventDict, **_: object) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _quieten() -> None:
    """Keep libraries from saying what we say ourselves, or what nobody asked for."""
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):  # uvicorn brings handlers of its own
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.CRITICAL)  # telemetry.requests writes the access log
    for name in ("httpx", "httpcore", "procrastinate", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("procrastinate.worker").setLevel(logging.CRITICAL)  # kernel.tasks tells of failed jobs
    logging.getLogger("procrastinate.worker.worker").setLevel(logging.WARNING)
