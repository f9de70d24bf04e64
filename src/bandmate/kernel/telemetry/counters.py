"""What this process counts of its own work; ``metrics`` exposes it."""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

registry = CollectorRegistry(auto_describe=True)
"""What this process counts."""

ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
GCCollector(registry=registry)

HTTP_REQUESTS = Counter(
    "bandmate_http_requests", "Answered requests.", ["method", "route", "status"], registry=registry
)
HTTP_SECONDS = Histogram(
    "bandmate_http_request_seconds",
    "Time from a request's arrival to the end of its answer; event streams are not counted.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=registry,
)
TASK_RUNS = Counter("bandmate_task_runs", "Runs of background tasks.", ["task", "outcome"], registry=registry)
TASK_SECONDS = Histogram(
    "bandmate_task_seconds",
    "Duration of a run of a background task.",
    ["task"],
    buckets=(0.01, 0.05, 0.25, 1, 5, 30, 120, 600),
    registry=registry,
)
