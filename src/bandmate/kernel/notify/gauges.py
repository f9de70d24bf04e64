"""Figures of messages for Prometheus, read at the moment of a scrape."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import text

from bandmate.kernel.database.session import Tx

_COUNTS = text("""
    select count(*) filter (where state = 'waiting') as waiting,
           count(*) filter (where state = 'waiting' and attempts > 0 and why is not null) as retrying,
           count(*) filter (where state = 'failed') as failed
      from kernel.delivery
     where state in ('waiting', 'failed')
""")


def message_gauges(tx: Tx) -> Iterator[Metric]:
    """Yield how many messages wait, how many of these failed at least once, and how many were put aside."""
    row = tx.execute(_COUNTS).one()
    messages = GaugeMetricFamily(
        "bandmate_messages", "Messages that wait, that wait after a failure, or that failed.", labels=["state"]
    )
    messages.add_metric(["waiting"], row.waiting)
    messages.add_metric(["retrying"], row.retrying)
    messages.add_metric(["failed"], row.failed)
    yield messages
