"""Sending spans by OTLP over HTTP; imported only where traces are wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Tracer

from bandmate import __version__

FLUSH_SECONDS = 3.0
"""How long a stopping process waits for a collector to take what is left."""


@contextmanager
def exporting(process: str, processor: SpanProcessor | None = None) -> Iterator[Tracer]:
    """Yield a tracer whose spans are sent by a thread of its own, and have the rest sent at the end."""
    provider = TracerProvider(resource=_resource(process), shutdown_on_exit=False)
    taker = processor or BatchSpanProcessor(OTLPSpanExporter())
    provider.add_span_processor(taker)
    try:
        yield provider.get_tracer("bandmate", __version__)
    finally:
        # In a thread that nobody waits for for ever: a collector that hangs would hold us for half a minute.
        flushing = threading.Thread(target=taker.shutdown, name="trace-flush", daemon=True)
        flushing.start()
        flushing.join(FLUSH_SECONDS)


def _resource(process: str) -> Resource:
    """Describe this process; ``OTEL_SERVICE_NAME`` and ``OTEL_RESOURCE_ATTRIBUTES`` may name it otherwise."""
    stated = Resource.create({SERVICE_VERSION: __version__, "bandmate.process": process})
    if str(stated.attributes[SERVICE_NAME]).startswith("unknown_service"):
        return stated.merge(Resource({SERVICE_NAME: "bandmate"}))
    return stated
