"""Prometheus metrics.

Each process counts for itself and exposes its own figures: the web process at ``/metrics``, a separate worker through
``serve_metrics``. Figures about the whole installation are read from the database at the moment of the scrape, and
only by the web process, so that nothing is counted twice and nothing needs shared files between processes.

Labels come from small closed sets: route templates, methods, registered tasks, declared subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

import structlog
from fastapi import APIRouter, Request, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.events.subscriptions import Subscription, lag

log = structlog.get_logger(__name__)

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

_LOG_SIZE = text("""
    select greatest(reltuples, 0) as events, pg_total_relation_size(oid) as bytes
      from pg_class
     where oid = to_regclass('kernel.event')
""")

# Waiting and running jobs stand in partial indexes; how many are done or failed, the workers count themselves.
_JOBS = text("""
    select task_name, cast(status as text) as status, count(*) as jobs,
           coalesce(extract(epoch from max(now() - coalesce(scheduled_at, deferred_at))), 0) as seconds
      from procrastinate.procrastinate_jobs as job
      left join lateral (
           select max(at) as deferred_at from procrastinate.procrastinate_events where job_id = job.id
           ) as event on true
     where status in ('todo', 'doing') and (scheduled_at is null or scheduled_at <= now())
     group by task_name, status
""")


class Scrape(Collector):
    """What one scrape shows: this process, and the installation as its database tells it now."""

    def __init__(self, database: Database, subscriptions: Sequence[Subscription]) -> None:
        self._database = database
        self._subscriptions = subscriptions

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; without a database, those of the process and that the database is down."""
        up = GaugeMetricFamily("bandmate_database_up", "Whether the database answers: 1 or 0.")
        try:
            with self._database.read() as tx:
                families = list(chain(_log_families(tx), _lag_families(tx, self._subscriptions), _job_families(tx)))
        except SQLAlchemyError as error:
            log.warning("metrics_without_database", error=str(error))
            families = []
        up.add_metric([], float(bool(families)))
        return chain(registry.collect(), [up], families)
