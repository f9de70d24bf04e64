"""Figures of postings for Prometheus, read at the moment of a scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import text

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.postings.indexing import STEP_EVENTS, index_lag


def gauges(settings: Settings) -> Callable[[Tx], Iterator[Metric]]:
    """Return the reader of this context's figures for an installation."""

    def read(tx: Tx) -> Iterator[Metric]:
        behind = index_lag(tx, settings)
        yield GaugeMetricFamily(
            "bandmate_index_up", "Whether the search index can be used: 1 or 0.", behind is not None
        )
        yield GaugeMetricFamily(
            "bandmate_index_events_behind",
            f"Events the search index has still to take in, counted up to {STEP_EVENTS}.",
            behind or 0,
        )
        row = tx.execute(
            text("""
                select count(*) filter (where unconfirmed_since is not null) as silent, count(*) as boards
                  from postings.board
            """)
        ).one()
        yield GaugeMetricFamily("bandmate_boards", "Boards that are known.", row.boards)
        yield GaugeMetricFamily(
            "bandmate_boards_unconfirmed", "Boards that have stopped answering or answer empty.", row.silent
        )

    return read
