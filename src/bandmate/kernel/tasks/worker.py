"""Running jobs: retries, periodic work, recovery after a kill, graceful stop."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event as Stop
from typing import Any, LiteralString

import procrastinate
import psycopg
import structlog
from procrastinate.exceptions import ConnectorException, ProcrastinateException, UniqueViolation
from procrastinate.jobs import Job, Status
from sqlalchemy import text

from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.database.session import Database, conninfo
from bandmate.kernel.operations.failures import remember_failure
from bandmate.kernel.tasks.registry import Interrupted, Task, TaskContext, TaskRegistry, tasks
from bandmate.kernel.telemetry.counters import TASK_RUNS, TASK_SECONDS
from bandmate.kernel.telemetry.tracing import logged_span

KEEP_DONE_HOURS = 72
KEEP_FAILED_HOURS = 30 * 24
GRACE_SECONDS = 20.0
"""How long a stopping worker waits for running jobs before it asks them to break off."""

_STOP_CHECK_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 5.0
_AFTER_INTERRUPTION_SECONDS = 1
_STALLED_SECONDS = 30.0  # three missed heartbeats of a worker
_AGAIN_SECONDS = (0.2, 1.0, 5.0)
_STEADY_SECONDS = 60.0  # a worker that ran this long has got over its last trouble

log = structlog.get_logger(__name__)

# The lock only matters while a job waits. Kept on a running one it would clash with the next in the queue as soon
# as the running one is to be retried.
_RELEASE_QUEUEING_LOCK = text("update procrastinate.procrastinate_jobs set queueing_lock = null where id = :id")

_TAKE_RECOVERY = text("select pg_try_advisory_xact_lock(hashtext('bandmate.tasks.recover'))")


class PatientConnector(procrastinate.PsycopgConnector):
    """A connector that says again what a lost connection may have swallowed.

    procrastinate writes a job's outcome once. Were that lost while the worker lives on, the job would count as
    running, and keep its lock, until the worker ends. Said twice, an outcome is refused: it is no longer running.
    """

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        """Execute a statement; after a lost connection three times more, within about six seconds."""
        for pause in _AGAIN_SECONDS:
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.OperationalError):
                    raise
                log.warning("worker_connection_lost", error=str(error.__cause__), retry_seconds=pause)
                await asyncio.sleep(pause)
            else:
                return
        await super().execute_query_async(query, **arguments)


@dataclass(frozen=True, slots=True)
class _Retry(procrastinate.BaseRetryStrategy):
    """Pauses of 5 s, 20 s, 80 s ... up to an hour; work broken off by a stopping worker goes on at once.

    At once, but not before the worker that is stopping has noticed it: it would only fetch the job again.
    """

    attempts: int

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> procrastinate.RetryDecision | None:
        if isinstance(exception, Interrupted):
            return procrastinate.RetryDecision(retry_in={"seconds": _AFTER_INTERRUPTION_SECONDS})
        if job.attempts + 1 >= self.attempts:
            return None
        return procrastinate.RetryDecision(retry_in={"seconds": min(5 * 4**job.attempts, 3600)})


def create_task_app(
    database: Database, registry: TaskRegistry = tasks, clock: Clock = system_clock, stop: Stop | None = None
) -> procrastinate.App:
    """Return a procrastinate application that runs the registry's tasks and keeps its own tables tidy."""
    options = "-c search_path=procrastinate -c timezone=UTC -c application_name=bandmate-worker"
    app = procrastinate.App(
        connector=PatientConnector(
            conninfo=conninfo(database.engine),
            min_size=1,
            max_size=4,
            kwargs={"connect_timeout": 10, "options": options},
        )
    )
    stop = stop or Stop()
    for task in registry:
        _add_to(app, task, database, clock, stop)
    _add_housekeeping(app, database)
    return app


def _add_to(app: procrastinate.App, task: Task, database: Database, clock: Clock, stop: Stop) -> None:
    def run(job_context: procrastinate.JobContext, /, **arguments: Any) -> None:
        job = job_context.job
        due = arguments.pop("timestamp", None) if task.cron else None
        context = TaskContext(
            database,
            clock,
            attempt=job.attempts + 1,
            due_at=None if due is None else datetime.fromtimestamp(due, UTC),
            stopping=lambda: stop.is_set() or job_context.should_abort(),
        )
        if job.queueing_lock is not None:
            with database.begin() as tx:
                tx.execute(_RELEASE_QUEUEING_LOCK, {"id": job.id})
        attributes: dict[str, str | int] = {"bandmate.task": task.name, "bandmate.task.attempt": context.attempt}
        with (
            structlog.contextvars.bound_contextvars(task=task.name, job=job.id),
            logged_span(f"task {task.name}", attributes),
            _measured(task, job, database, clock),
        ):
            task.function(context, **arguments)

    registered = app.task(
        name=task.name,
        pass_context=True,
        retry=_Retry(task.attempts),
        lock=task.lock if task.cron else None,
        queueing_lock=task.queueing_lock if task.cron else None,
        priority=task.priority,
    )(run)
    if task.cron:
        # procrastinate adds the argument ``timestamp``, which ``run`` takes among the others.
        app.periodic(cron=task.cron)(registered)  # type: ignore[arg-type]


@contextlib.contextmanager
def _measured(task: Task, job: Job, database: Database, clock: Clock) -> Iterator[None]:
    """Log one line and count one run, however it ends."""
    start = time.perf_counter()
    outcome = "failed"
    try:
        yield
        outcome = "done"
    except Interrupted:
        outcome = "interrupted"
        raise
    except Exception as error:
        outcome = "failed" if job.attempts + 1 >= task.attempts else "retried"
        log.exception("task_failed", attempt=job.attempts + 1, attempts=task.attempts)
        if job.id is not None:
            remember_failure(database, job.id, job.attempts + 1, error, at=clock())
        raise
    finally:
        seconds = time.perf_counter() - start
        TASK_RUNS.labels(task.name, outcome).inc()
        TASK_SECONDS.labels(task.name).observe(seconds)
        log.info("task", outcome=outcome, ms=round(1000 * seconds, 1))


def _add_housekeeping(app: procrastinate.App, database: Database) -> None:
    manager = app.job_manager

    async def recover(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
        """Give jobs back to the queue whose worker was killed; while another worker is at it, do nothing.

        Two at once would both give back the same job, the second when it runs already: it would run twice.
        """
        with database.begin() as turn:
            if turn.execute(_TAKE_RECOVERY).scalar_one():
                await give_back()

    async def give_back() -> None:
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=_STALLED_SECONDS):
            try:
                await manager.retry_job(job)
            except UniqueViolation:  # the same work waits already
                await manager.finish_job(job, Status.ABORTED, delete_job=True)
            log.warning("task_recovered", task=job.task_name, job=job.id)

    async def tidy(timestamp: int) -> None:  # noqa: ARG001 - procrastinate passes it
        """Delete finished jobs: a worker's start slows down with their number."""
        await manager.delete_old_jobs(nb_hours=KEEP_DONE_HOURS)
        await manager.delete_old_jobs(
            nb_hours=KEEP_FAILED_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )

    for cron, function in (("* * * * *", recover), ("17 * * * *", tidy)):
        name = f"kernel.tasks.{function.__name__}"
        app.periodic(cron=cron)(app.task(name=name, queueing_lock=name)(function))


def run_worker(
    database: Database,
    stop: Stop,
    *,
    registry: TaskRegistry = tasks,
    clock: Clock = system_clock,
    concurrency: int = 4,
) -> None:
    """Run jobs, ``concurrency`` at a time in threads, until ``stop`` is set; then finish what is running.

    A lost connection is logged and taken up again after up to 5 s.
    """
    app = create_task_app(database, registry, clock, stop)
    failures = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            asyncio.run(_work(app, stop, concurrency))
            reason = "the worker ended by itself"
        except (ProcrastinateException, psycopg.Error) as error:
            reason = f"{type(error).__name__}: {error.__cause__ or error}"
        if stop.is_set():
            return
        failures = 0 if time.monotonic() - started > _STEADY_SECONDS else failures + 1
        pause = min(0.5 * 2 ** min(failures, 16), _LONGEST_PAUSE_SECONDS)
        log.warning("worker_interrupted", error=reason, retry_seconds=pause)
        stop.wait(pause)


def run_due(database: Database, *, registry: TaskRegistry = tasks, clock: Clock = system_clock) -> None:
    """Run the jobs that are due now, then return."""

    async def work() -> None:
        app = create_task_app(database, registry, clock)
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    asyncio.run(work())


async def _work(app: procrastinate.App, stop: Stop, concurrency: int) -> None:
    async with app.open_async():
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                stalled_worker_timeout=_STALLED_SECONDS,
            )
        )
        while not stop.is_set() and not worker.done():
            await asyncio.wait({worker}, timeout=_STOP_CHECK_SECONDS)
        if not worker.done():
            worker.cancel()  # which asks it to finish what is running
        with contextlib.suppress(asyncio.CancelledError):
            await worker
