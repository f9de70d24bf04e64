"""What went wrong in requests, for the operators' page: a small table, counted by kind and route.

The logs know everything; this only says that there is something to look for, and under which code. It holds no
message, no path and nobody's data: the class of the error and the template of the route come from the program.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from starlette.requests import Request

from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import BandmateError, DatabaseUnavailable
from bandmate.kernel.operations import tables as _tables  # noqa: F401 - known to the metadata
from bandmate.kernel.operations.failures import forget_old_failures
from bandmate.kernel.tasks import TaskContext, tasks
from bandmate.kernel.telemetry.requests import route_template
from bandmate.kernel.web.reader import request_id_of

KEPT = timedelta(days=30)
MOST = 200
"""Kinds kept; kinds and routes are closed sets, so this bounds what a faulty release could write."""
PATIENCE = "1s"

log = structlog.get_logger(__name__)

Fault = Callable[[Request, Exception], None]
"""Hears of an error that is our fault, after the answer is settled and before it is sent."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A kind of error at a route."""

    kind: str
    place: str
    status: int
    count: int
    first_at: datetime
    last_at: datetime
    request_id: str
    """Of the last time."""


_COUNT = text("""
    insert into kernel.problem as problem (kind, place, status, count, first_at, last_at, request_id)
    values (:kind, :place, :status, 1, :now, :now, :request_id)
    on conflict (kind, place) do update
       set count = problem.count + 1, last_at = excluded.last_at, status = excluded.status,
           request_id = excluded.request_id
""")
_LIST = text("""
    select kind, place, status, count, first_at, last_at, request_id
      from kernel.problem order by last_at desc limit :limit
""")
_PRUNE = text("""
    delete from kernel.problem
     where last_at < :before
        or (kind, place) in (select kind, place from kernel.problem order by last_at desc offset :most)
""")


def noting_faults(database: Database, clock: Clock) -> Fault:
    """Return what the error pages call with every error of 500 and above."""

    def note(request: Request, error: Exception) -> None:
        # Whoever could not reach the database would only wait for it again.
        if isinstance(error, OperationalError | DatabaseUnavailable):
            return
        values = {
            "kind": type(error).__name__,
            "place": f"{request.method if request.method.isalpha() else '?'} {route_template(request.scope)}"[
                :200
            ],
            "status": error.status if isinstance(error, BandmateError) else BandmateError.status,
            "now": clock(),
            "request_id": request_id_of(request),
        }
        try:
            with database.begin() as tx:
                tx.execute(text(f"set local lock_timeout = '{PATIENCE}'"))
                tx.execute(text(f"set local statement_timeout = '{PATIENCE}'"))
                tx.execute(_COUNT, values)
        except SQLAlchemyError as trouble:
            log.warning("problem_not_counted", error=type(trouble).__name__)

    return note


def problems(tx: Tx, *, limit: int = 50) -> tuple[Problem, ...]:
    """Return what went wrong, the latest first."""
    return tuple(Problem(*row) for row in tx.execute(_LIST, {"limit": limit}))


def prune(tx: Tx, now: datetime) -> None:
    """Forget what has not happened for ``KEPT``, and all but the latest ``MOST`` kinds."""
    tx.execute(_PRUNE, {"before": now - KEPT, "most": MOST})


@tasks.periodic(name="kernel.operations.prune", cron="41 3 * * *")
def prune_daily(context: TaskContext) -> None:
    """Forget old errors of requests and jobs."""
    with context.database.begin() as tx:
        prune(tx, context.clock())
        forget_old_failures(tx, context.clock())
