"""Prometheus metrics.

Each process counts for itself and exposes its own figures: the web process at ``/metrics``, a separate worker
through ``serve_metrics``. Figures about the whole installation are read from the database at the moment of the
scrape, and only by the web process, so that nothing is counted twice and processes need not share files.

Labels come from small closed sets: route templates, methods, registered tasks, declared subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.events.subscriptions import LAG_BOUND, Subscription, lag
from bandmate.kernel.identity.access import Asker, Role, Scope, requires
from bandmate.kernel.telemetry.counters import registry
from bandmate.kernel.web.dependencies import database_of

MetricsRead = Annotated[Asker, Depends(requires(role=Role.OPERATOR, scope=Scope("metrics:read")))]
"""Operators, and API keys of theirs that a Prometheus server sends."""

log = structlog.get_logger(__name__)

_LOG_SIZE = text("""
    select greatest(reltuples, 0) as events, pg_total_relation_size(oid) as bytes
      from pg_class
     where oid = to_regclass('kernel.event')
""")

# Waiting and running jobs stand in a partial index; how many end and how, the workers count themselves.
_JOBS = text("""
    select task_name as task, cast(status as text) as status, count(*) as jobs
      from procrastinate.procrastinate_jobs
     where status in ('todo', 'doing')
     group by task_name, status
     order by task_name, status
""")

_STATUS = {"todo": "waiting", "doing": "running"}


Gauges = Callable[[Tx], Iterable[Metric]]
"""Reads a context's figures from the database, at the moment of a scrape."""


class Scrape(Collector):
    """What one scrape shows: this process, and the installation as its database tells it now."""

    def __init__(
        self, database: Database, subscriptions: Sequence[Subscription], gauges: Sequence[Gauges] = ()
    ) -> None:
        self._database = database
        self._subscriptions = subscriptions
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics; without a database, those of the process and that the database is down."""
        yield from registry.collect()
        families: list[Metric] = []
        up = 1.0
        try:
            with self._database.read() as tx:
                families = [*_log_families(tx), *_lag_families(tx, self._subscriptions), _job_family(tx)]
                families += [metric for gauges in self._gauges for metric in gauges(tx)]
        except SQLAlchemyError as error:
            log.warning("metrics_without_database", error=str(error))
            up = 0.0
        yield GaugeMetricFamily("bandmate_database_up", "Whether the database answers: 1 or 0.", value=up)
        yield from families


def _log_families(tx: Tx) -> Iterator[Metric]:
    size = tx.execute(_LOG_SIZE).one()
    yield GaugeMetricFamily(
        "bandmate_events", "Events in the log, as PostgreSQL estimates them.", value=size.events
    )
    yield GaugeMetricFamily("bandmate_events_bytes", "Size of the event log with its indexes.", value=size.bytes)


def _lag_families(tx: Tx, subscriptions: Sequence[Subscription]) -> Iterator[Metric]:
    label = ["subscription"]
    events = GaugeMetricFamily(
        "bandmate_subscription_events_behind",
        f"Events still to be heard, counted up to {LAG_BOUND}.",
        labels=label,
    )
    seconds = GaugeMetricFamily(
        "bandmate_subscription_seconds_behind", "Age of the oldest event still to be heard.", labels=label
    )
    failures = GaugeMetricFamily(
        "bandmate_subscription_failures", "Failed attempts in a row; above 0 it is stuck.", labels=label
    )
    for entry in lag(tx, subscriptions):
        events.add_metric([entry.name], entry.events_behind)
        seconds.add_metric([entry.name], entry.seconds_behind)
        failures.add_metric([entry.name], entry.failures)
    yield from (events, seconds, failures)


def _job_family(tx: Tx) -> Metric:
    jobs = GaugeMetricFamily("bandmate_jobs", "Background jobs, waiting or running.", labels=["task", "status"])
    for row in tx.execute(_JOBS):
        jobs.add_metric([row.task, _STATUS[row.status]], row.jobs)
    return jobs


def metrics_router(subscriptions: Sequence[Subscription], gauges: Sequence[Gauges] = ()) -> APIRouter:
    """Return the route ``GET /metrics``, for operators and API keys of theirs with the scope ``metrics:read``.

    ``gauges`` are the contexts' own figures about the installation.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/metrics")
    def metrics(asker: MetricsRead, request: Request) -> Response:  # noqa: ARG001 - says who may call
        """Give the figures in the format the scraper asks for."""
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        body = encode(Scrape(database_of(request), subscriptions, gauges))
        return Response(body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})

    return router


def serve_metrics(port: int, host: str = "127.0.0.1") -> Callable[[], None]:
    """Expose what this process counts on a port of its own, for a worker without web; return what closes it.

    Figures of the installation are the web process's to give. There is no sign-in: keep it on loopback or inside.
    """
    server, thread = start_http_server(port, host, registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close
