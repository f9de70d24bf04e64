"""Background jobs as operators see them: how many wait, which gave up and why; running again, discarding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text

from bandmate.kernel import audit
from bandmate.kernel.audit import declare_action
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, NotFound
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.operations import tables as _tables  # noqa: F401 - known to the metadata
from bandmate.kernel.tasks.registry import _SEE_PROCRASTINATE, TaskRegistry, tasks

A_PAGE = 100
AT_ONCE = 1_000
"""Jobs that one press of a button runs again or discards, at most."""

RAN_AGAIN, DISCARDED = "operations.job.ran_again", "operations.job.discarded"


@dataclass(frozen=True, slots=True)
class QueueTotals:
    """How many jobs there are."""

    waiting: int
    """With those whose time has not come."""
    due: int
    """Of these, those that a worker could take now."""
    running: int
    failed: int
    oldest_due: datetime | None
    """Since when the oldest of the due ones could have run."""


@dataclass(frozen=True, slots=True)
class TaskState:
    """The jobs of one task."""

    task: str
    waiting: int
    running: int
    failed: int
    oldest: datetime | None
    """Since when the oldest waiting one could have run, or will run."""


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that gave up."""

    job_id: int
    task: str
    arguments: str
    """As JSON."""
    attempts: int
    failed_at: datetime | None
    error: str | None
    """The class of the error and where it was raised; None where it failed before that was remembered."""


# A job without a time of its own could run since it was deferred, or since it came back to the queue.
_SINCE = """
    coalesce(job.scheduled_at,
             (select max(at) from procrastinate.procrastinate_events where job_id = job.id))
"""
_TOTALS = text(f"""
    select count(*) filter (where status = 'todo') as waiting,
           count(*) filter (where status = 'todo' and (scheduled_at is null or scheduled_at <= now())) as due,
           count(*) filter (where status = 'doing') as running,
           count(*) filter (where status = 'failed') as failed,
           min(case when status = 'todo' and (scheduled_at is null or scheduled_at <= now()) then {_SINCE} end)
               as oldest_due
      from procrastinate.procrastinate_jobs as job
     where status in ('todo', 'doing', 'failed')
""")  # noqa: S608 - our own expression
_BY_TASK = text(f"""
    select task_name as task, count(*) filter (where status = 'todo') as waiting,
           count(*) filter (where status = 'doing') as running,
           count(*) filter (where status = 'failed') as failed,
           min(case when status = 'todo' then {_SINCE} end) as oldest
      from procrastinate.procrastinate_jobs as job
     where status in ('todo', 'doing', 'failed')
     group by task_name order by failed desc, task_name
""")  # noqa: S608 - our own expression
_FAILED = text("""
    select job.id as job_id, job.task_name as task, job.args as arguments, job.attempts,
           (select max(at) from procrastinate.procrastinate_events as each
             where each.job_id = job.id and each.type = 'failed') as failed_at,
           failure.error
      from procrastinate.procrastinate_jobs as job
      left join kernel.task_failure as failure on failure.job_id = job.id
     where job.status = 'failed'
     order by job.id desc limit :limit
""")
_TAKE = text("""
    delete from procrastinate.procrastinate_jobs
     where id in (select id from procrastinate.procrastinate_jobs
                   where status = 'failed' and (id = cast(:job_id as bigint) or task_name = cast(:task as text))
                   order by id limit :limit for update skip locked)
    returning id, task_name as task, args as arguments
""")

declare_action(RAN_AGAIN, lambda: _("{by} ran failed jobs of {task} again: {count}"))
declare_action(DISCARDED, lambda: _("{by} discarded failed jobs of {task}: {count}"))


def queue_totals(tx: Tx) -> QueueTotals:
    """Return how many jobs wait, run and failed."""
    return QueueTotals(*tx.execute(_TOTALS).one())


def tasks_by_name(tx: Tx) -> tuple[TaskState, ...]:
    """Return every task that has jobs, those with failed ones first."""
    return tuple(TaskState(*row) for row in tx.execute(_BY_TASK))


def failed_jobs(tx: Tx, *, limit: int = A_PAGE) -> tuple[FailedJob, ...]:
    """Return jobs that gave up, the newest first."""
    return tuple(
        FailedJob(
            row.job_id, row.task, orjson.dumps(row.arguments).decode(), row.attempts, row.failed_at, row.error
        )
        for row in tx.execute(_FAILED, {"limit": limit})
    )


def run_again(
    tx: Tx,
    *,
    by: PersonId | str,
    now: datetime,
    job_id: int | None = None,
    task: str | None = None,
    registry: TaskRegistry = tasks,
    address: str = "",
) -> int:
    """Replace failed jobs, one or all of a task, by new ones with the same arguments; return how many.

    Idempotent: what was run again is no longer failed. Where the same work waits already (its queueing lock), the
    failed job is only taken away.

    Raises:
        NotFound: when no such job has failed; somebody may have run it again just now.
        Conflict: when this program no longer knows the task.
    """
    rows = _take(tx, job_id, task)
    known = {each.name for each in registry}
    for name, several in _by_task(rows):
        if name not in known:
            raise Conflict(
                _("This version knows no task {task}, so nobody could run it. Discard the job.").format(task=name)
            )
        # A periodic task is told its time; a run outside its schedule has none.
        plain = [{key: value for key, value in each.items() if key != "timestamp"} for each in several]
        registry.defer_many(tx, name, plain)
        _note(tx, RAN_AGAIN, name, len(several), by, now, address)
    return len(rows)


def discard(
    tx: Tx,
    *,
    by: PersonId | str,
    now: datetime,
    job_id: int | None = None,
    task: str | None = None,
    address: str = "",
) -> int:
    """Delete failed jobs, one or all of a task; return how many. Idempotent as ``run_again`` is.

    Raises:
        NotFound: when no such job has failed.
    """
    rows = _take(tx, job_id, task)
    for name, several in _by_task(rows):
        _note(tx, DISCARDED, name, len(several), by, now, address)
    return len(rows)


def _take(tx: Tx, job_id: int | None, task: str | None) -> Sequence[Any]:
    tx.execute(_SEE_PROCRASTINATE)  # its trigger on deleted jobs names tables without a schema
    rows = tx.execute(_TAKE, {"job_id": job_id, "task": task, "limit": AT_ONCE}).all()
    if not rows:
        raise NotFound(_("No such job has failed; somebody may have run or discarded it just now."))
    return rows


def _by_task(rows: Iterable[Any]) -> Iterable[tuple[str, list[dict[str, Any]]]]:
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row.task, []).append(row.arguments)
    return grouped.items()


def _note(tx: Tx, action: str, task: str, count: int, by: PersonId | str, now: datetime, address: str) -> None:
    details = {"task": task, "count": str(count)}
    audit.note(tx, by=by, action=action, subject=f"task:{task}", at=now, address=address, details=details)
