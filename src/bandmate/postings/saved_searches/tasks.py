"""Background work of saved searches: every minute, find what is news and tell whose time has come."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bandmate.engines.search import IndexUnusable, SearchIndex
from bandmate.kernel.clock import Clock
from bandmate.kernel.config import Settings, settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.postings.index_schema import SCHEMA
from bandmate.postings.indexing import index_folder
from bandmate.postings.saved_searches.alerting import evaluate
from bandmate.postings.saved_searches.digests import BATCH, send_due
from bandmate.postings.saved_searches.saving import tidy

log = structlog.get_logger(__name__)


@tasks.periodic(name="postings.job_alerts", cron="* * * * *")
def job_alerts(context: TaskContext) -> None:
    """Evaluate what came and ask for the digests that are due; done twice, it does nothing the second time."""
    run_alerts(context.database, settings(), context.clock, between=context.break_off_if_stopping)


@tasks.periodic(name="postings.forget_saved_searches", cron="40 3 * * *")
def forget_saved_searches(context: TaskContext) -> None:
    """Once a day, forget deleted searches for good; doing it again changes nothing."""
    with context.database.begin() as tx:
        tidy(tx, context.clock())


def _go_on() -> None:
    """Do not break off."""


def run_alerts(
    database: Database, chosen: Settings, clock: Clock, *, between: Callable[[], None] = _go_on
) -> None:
    """Do all there is to do now; without a usable index everything waits for the next time.

    Args:
        database: opened and migrated.
        chosen: where the index lies.
        clock: what time it is.
        between: called between transactions, to break off.
    """
    try:
        index = SearchIndex.open(index_folder(chosen), SCHEMA)
        while evaluate(database, index, now=clock()).candidates:
            between()
        _send(database, index, clock, between)
    except IndexUnusable as error:
        log.warning("job_alerts_wait_for_the_index", detail=error.detail)


def _send(database: Database, index: SearchIndex, clock: Clock, between: Callable[[], None]) -> None:
    while True:
        with database.begin() as tx:
            told = send_due(tx, index, now=clock())
        if told.searches < BATCH:
            return
        between()
