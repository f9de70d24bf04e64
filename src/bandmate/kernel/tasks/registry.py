"""Declaring tasks, and deferring jobs of them inside the business transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Concatenate, ParamSpec

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Job
from procrastinate.manager import JobManager
from procrastinate.types import JSONValue
from sqlalchemy import text

from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Database, Tx

P = ParamSpec("P")


class Interrupted(Exception):
    """The worker is stopping and the task broke off; it runs again from the start, soon."""


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What a task gets beside its arguments. It opens and commits its own transactions."""

    database: Database
    clock: Clock
    attempt: int
    """1 at the first run."""
    due_at: datetime | None
    """The instant of its schedule a periodic run belongs to; None for deferred jobs."""
    stopping: Callable[[], bool]
    """Whether the worker wants to stop."""

    def break_off_if_stopping(self) -> None:
        """Call this between the parts of long work, outside transactions.

        Raises:
            Interrupted: when the worker is stopping; let it pass.
        """
        if self.stopping():
            raise Interrupted


@dataclass(frozen=True, slots=True)
class Task:
    """A function that jobs name."""

    name: str
    function: Callable[..., None]
    attempts: int
    """Runs in all before a job counts as failed; pauses between them grow from 5 s to 1 h."""
    lock: str | None
    """Jobs with the same lock run one after another. ``{argument}`` stands for an argument's value."""
    queueing_lock: str | None
    """Of jobs with the same queueing lock only one waits; further ones are not deferred. Written as ``lock``."""
    priority: int
    """Higher runs earlier."""
    cron: str | None
    """When it runs by itself, in UTC."""

    def job(self, arguments: Mapping[str, JSONValue], at: datetime | None = None) -> Job:
        """Return a job of this task that is not stored yet."""
        return Job(
            queue="default",
            task_name=self.name,
            task_kwargs=dict(arguments),
            lock=self.lock and self.lock.format_map(arguments),
            queueing_lock=self.queueing_lock and self.queueing_lock.format_map(arguments),
            priority=self.priority,
            scheduled_at=at,
        )


class TaskRegistry:
    """The tasks that can be deferred and run."""

    def __init__(self) -> None:
        self._tasks: dict[str, Task] = {}

    def __iter__(self) -> Iterator[Task]:
        return iter(self._tasks.values())

    def register(
        self,
        *,
        name: str,
        attempts: int = 5,
        lock: str | None = None,
        queueing_lock: str | None = None,
        priority: int = 0,
    ) -> Callable[[Callable[Concatenate[TaskContext, P], None]], Callable[Concatenate[TaskContext, P], None]]:
        """Make a function deferrable under ``name``; see ``Task`` for the options.

        Raises:
            ValueError: when another function has the name.
        """

        def add(
            function: Callable[Concatenate[TaskContext, P], None],
        ) -> Callable[Concatenate[TaskContext, P], None]:
            self._add(Task(name, function, attempts, lock, queueing_lock, priority, cron=None))
            return function

        return add

    def periodic(
        self, *, name: str, cron: str, attempts: int = 1
    ) -> Callable[[Callable[[TaskContext], None]], Callable[[TaskContext], None]]:
        """Run a function at the times of ``cron`` (five fields, UTC): once in all processes, never beside itself.

        A run missed by more than ten minutes, because no worker ran, is left out.
        """

        def add(function: Callable[[TaskContext], None]) -> Callable[[TaskContext], None]:
            self._add(Task(name, function, attempts, lock=name, queueing_lock=name, priority=0, cron=cron))
            return function

        return add

    def _add(self, task: Task) -> None:
        if task.name in self._tasks:
            raise ValueError(f"There are two tasks named {task.name!r}.")
        self._tasks[task.name] = task

    def defer(self, tx: Tx, name: str, /, **arguments: JSONValue) -> int | None:
        """Store one job; return its id, or None when one with the same queueing lock waits already."""
        return next(iter(self.defer_many(tx, name, [arguments])), None)

    def defer_many(
        self, tx: Tx, name: str, /, each: Iterable[Mapping[str, JSONValue]], *, at: datetime | None = None
    ) -> tuple[int, ...]:
        """Store one job for each set of arguments, to run when ``tx`` has committed and ``at`` has come.

        Jobs whose queueing lock is taken are left out; where another transaction is just deferring the same, this
        one waits for its end. Returns the ids of the jobs stored.

        Raises:
            LookupError: when no task has the name.
            TypeError: when an argument cannot be written as JSON.
        """
        if name not in self._tasks:
            raise LookupError(f"There is no task {name!r}. Is the tasks.py that registers it imported?")
        jobs = [self._tasks[name].job(arguments, at) for arguments in each]
        if self._tasks[name].queueing_lock is not None:
            jobs = _without_waiting(tx, jobs)
        if not jobs:
            return ()
        tx.execute(_SEE_PROCRASTINATE)
        return _store(tx, jobs)


tasks = TaskRegistry()
"""The registry that every ``tasks.py`` adds to."""

defer = tasks.defer

# Only ever used with the connection of a business transaction, hence never opened.
_manager = JobManager(procrastinate.SyncPsycopgConnector())

# procrastinate's functions name their tables without a schema. Ours stay first, and the setting ends with the
# transaction.
_SEE_PROCRASTINATE = text("""
    select set_config('search_path', concat_ws(', ', nullif(path, ''), 'procrastinate'), true)
      from current_setting('search_path') as path
     where path not like '%procrastinate%'
""")

_LOCKS_WAITING = text("""
    select queueing_lock
      from procrastinate.procrastinate_jobs
     where status = 'todo' and queueing_lock = any(:locks)
""")


def _without_waiting(tx: Tx, jobs: Iterable[Job]) -> list[Job]:
    """Leave out jobs whose queueing lock another one holds; the rest come in an order that cannot deadlock."""
    by_lock = {job.queueing_lock: job for job in jobs}
    waiting = set(tx.execute(_LOCKS_WAITING, {"locks": list(by_lock)}).scalars())
    return [job for lock, job in sorted(by_lock.items(), key=lambda item: str(item[0])) if lock not in waiting]


def _store(tx: Tx, jobs: list[Job]) -> tuple[int, ...]:
    """Store jobs; where one was deferred elsewhere in the same moment, store the others one by one."""
    try:
        with tx.begin_nested():
            stored = _manager.batch_defer_jobs(jobs, connection=tx.connection.driver_connection)
    except AlreadyEnqueued:
        return () if len(jobs) == 1 else tuple(stored for job in jobs for stored in _store(tx, [job]))
    return tuple(job.id for job in stored if job.id is not None)
