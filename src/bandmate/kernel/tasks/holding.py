"""The arguments of jobs as a holding: jobs name persons by their ids, and finished ones are kept for some days."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings.registry import Holding, Json, Moved, declare_holding
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later
from bandmate.kernel.tasks.registry import _SEE_PROCRASTINATE

# Finished jobs are deleted after days, so the table stays small enough to be looked through.
_OF = text("""
    select task_name, cast(status as text) as status, scheduled_at, args
      from procrastinate.procrastinate_jobs where cast(args as text) like :naming order by id
""")

# One that runs at this moment is left to its end; the erasure looks again some minutes later.
_ERASE = text("""
    delete from procrastinate.procrastinate_jobs where cast(args as text) like :naming and status <> 'doing'
""")


def _naming(person: PersonId) -> dict[str, str]:
    return {"naming": f"%{person}%"}


def _export(tx: Tx, person: PersonId) -> Json:
    return [
        {
            "task": row.task_name,
            "status": row.status,
            "scheduled_at": None if row.scheduled_at is None else rfc3339(row.scheduled_at),
            "arguments": row.args,
        }
        for row in tx.execute(_OF, _naming(person))
    ]


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    tx.execute(_SEE_PROCRASTINATE)  # its trigger on deleted jobs names tables without a schema
    tx.execute(_ERASE, _naming(person))


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    """Leave waiting work alone: its task finds out whom an id means by then."""
    return {}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:
    """Nothing moved."""


HOLDING = declare_holding(
    Holding(
        name="jobs",
        title=later("Work the program has to do for you"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        tables=("procrastinate.procrastinate_jobs",),
    )
)
