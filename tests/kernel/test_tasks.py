"""Background work: deferred with the business transaction, run at least once, retried, stopped gracefully."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import pytest
from procrastinate.periodic import PeriodicDeferrer
from sqlalchemy import text

from bandmate.kernel.clock import system_clock
from bandmate.kernel.database.session import Database
from bandmate.kernel.tasks import TaskContext, TaskRegistry, create_task_app, run_due, run_worker


@pytest.fixture
def registry() -> TaskRegistry:
    """A registry of the test's own."""
    return TaskRegistry()


@pytest.fixture
def played(registry: TaskRegistry) -> list[str]:
    """The songs played by the task ``tests.play``."""
    songs: list[str] = []

    @registry.register(name="tests.play", queueing_lock="play:{song}", lock="stage")
    def play(context: TaskContext, song: str) -> None:
        songs.append(song)

    return songs


def jobs(database: Database) -> list[dict[str, Any]]:
    """Return the tests' stored jobs, oldest first; the worker's own are left out."""
    with database.read() as tx:
        rows = tx.execute(
            text("select * from procrastinate.procrastinate_jobs where task_name like 'tests.%' order by id")
        )
        return [dict(row) for row in rows.mappings()]


def mark_as_running(database: Database) -> None:
    """Let every waiting job look as if a worker had taken it and was killed."""
    with database.begin() as tx:
        tx.execute(text("set local search_path to procrastinate"))
        tx.execute(text("update procrastinate_jobs set status = 'doing' where status = 'todo'"))


def make_due(database: Database) -> None:
    """Let every waiting job be due now."""
    with database.begin() as tx:
        tx.execute(text("update procrastinate.procrastinate_jobs set scheduled_at = null where status = 'todo'"))


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until something holds; False when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return holds()


class Worker:
    """A worker in a thread, stopped at the end of the block."""

    def __init__(self, database: Database, registry: TaskRegistry) -> None:
        self.stop = threading.Event()
        self.thread = threading.Thread(
            target=run_worker, args=(database, self.stop), kwargs={"registry": registry}
        )

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(20)
        assert not self.thread.is_alive()


class TestDefer:
    """Storing jobs."""

    def test_commit_leaves_a_job(self, database: Database, registry: TaskRegistry, played: list[str]) -> None:
        """A job exists once its transaction has committed."""
        with database.begin() as tx:
            job = registry.defer(tx, "tests.play", song="Anthem")
        (stored,) = jobs(database)
        assert (stored["id"], stored["args"], stored["status"]) == (job, {"song": "Anthem"}, "todo")

    def test_rollback_leaves_none(self, database: Database, registry: TaskRegistry, played: list[str]) -> None:
        """A job of a transaction that fails was never there."""

        def fail() -> None:
            with database.begin() as tx:
                registry.defer(tx, "tests.play", song="Anthem")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert jobs(database) == []

    def test_taken_queueing_lock_defers_nothing(
        self, database: Database, registry: TaskRegistry, played: list[str]
    ) -> None:
        """While a job with the same queueing lock waits no second one is stored, and the transaction goes on."""
        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="Anthem")
        with database.begin() as tx:
            assert registry.defer(tx, "tests.play", song="Anthem") is None
            assert registry.defer(tx, "tests.play", song="Ballad") is not None
        assert [job["queueing_lock"] for job in jobs(database)] == ["play:Anthem", "play:Ballad"]

    def test_many_at_once_skip_what_waits(
        self, database: Database, registry: TaskRegistry, played: list[str]
    ) -> None:
        """Of many jobs deferred at once those that wait already, or come twice, are left out."""
        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="Ballad")
            each = [{"song": song} for song in ("Anthem", "Ballad", "Chorale", "Chorale")]
            assert len(registry.defer_many(tx, "tests.play", each)) == 2
        assert sorted(job["args"]["song"] for job in jobs(database)) == ["Anthem", "Ballad", "Chorale"]

    def test_race_for_a_lock_spoils_neither_transaction(
        self, database: Database, registry: TaskRegistry, played: list[str]
    ) -> None:
        """Where another transaction defers the same work at the same time, the slower one stores only the rest."""
        slower: list[tuple[int, ...]] = []

        def defer_too() -> None:
            with database.begin() as tx:
                slower.append(registry.defer_many(tx, "tests.play", [{"song": "Anthem"}, {"song": "Ballad"}]))

        beside = threading.Thread(target=defer_too)
        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="Anthem")
            beside.start()
            assert eventually(lambda: _waits_for_a_lock(database))
        beside.join(10)
        assert len(slower[0]) == 1
        assert sorted(job["args"]["song"] for job in jobs(database)) == ["Anthem", "Ballad"]

    def test_waits_until_its_time(self, database: Database, registry: TaskRegistry, played: list[str]) -> None:
        """A job deferred for later is not run before."""
        with database.begin() as tx:
            later = system_clock() + timedelta(hours=1)
            registry.defer_many(tx, "tests.play", [{"song": "Anthem"}], at=later)
        run_due(database, registry=registry)
        assert played == []
        make_due(database)
        run_due(database, registry=registry)
        assert played == ["Anthem"]

    def test_unknown_task_is_refused(self, database: Database, registry: TaskRegistry) -> None:
        """Deferring what nobody registered is an error at once, not in the worker."""
        with database.begin() as tx, pytest.raises(LookupError, match=r"tests\.nothing"):
            registry.defer(tx, "tests.nothing")

    def test_name_belongs_to_one_function(self, registry: TaskRegistry, played: list[str]) -> None:
        """A second task under the same name is refused when it is declared."""
        with pytest.raises(ValueError, match=r"two tasks named 'tests\.play'"):
            registry.register(name="tests.play")(lambda context: None)


def _waits_for_a_lock(database: Database) -> bool:
    with database.read() as tx:
        return bool(tx.execute(text("select count(*) from pg_locks where not granted")).scalar_one())


class TestRun:
    """Running jobs."""

    def test_runs_with_arguments_and_context(self, database: Database, registry: TaskRegistry) -> None:
        """A task gets its arguments, a database it can write to, and the number of its attempt."""
        seen: list[tuple[int, str, str, bool]] = []

        @registry.register(name="tests.look")
        def look(context: TaskContext, *, song: str) -> None:
            with context.database.begin() as tx:
                name = tx.execute(text("select current_database()")).scalar_one()
            seen.append((context.attempt, song, name, context.stopping()))

        with database.begin() as tx:
            registry.defer(tx, "tests.look", song="Anthem")
        run_due(database, registry=registry)
        assert seen == [(1, "Anthem", database.engine.url.database, False)]
        assert [job["status"] for job in jobs(database)] == ["succeeded"]

    def test_retries_until_attempts_are_used_up(self, database: Database, registry: TaskRegistry) -> None:
        """A failing task comes again after a pause, then counts as failed."""
        attempts: list[int] = []

        @registry.register(name="tests.fail", attempts=3)
        def fail(context: TaskContext) -> None:
            attempts.append(context.attempt)
            raise LookupError("no such song")

        with database.begin() as tx:
            registry.defer(tx, "tests.fail")
        run_due(database, registry=registry)
        (waiting,) = jobs(database)
        assert waiting["status"] == "todo"
        assert timedelta(seconds=3) < waiting["scheduled_at"] - datetime.now(UTC) <= timedelta(seconds=5)
        for _ in range(3):
            make_due(database)
            run_due(database, registry=registry)
        assert attempts == [1, 2, 3]
        assert [job["status"] for job in jobs(database)] == ["failed"]

    def test_retry_does_not_clash_with_the_next_in_the_queue(
        self, database: Database, registry: TaskRegistry
    ) -> None:
        """A failing job whose queueing lock was taken by a newer one meanwhile is retried all the same."""

        @registry.register(name="tests.again", queueing_lock="again")
        def again(context: TaskContext) -> None:
            if context.attempt == 1:
                with context.database.begin() as tx:
                    registry.defer(tx, "tests.again")
                raise LookupError("no such song")

        with database.begin() as tx:
            first = registry.defer(tx, "tests.again")
        with Worker(database, registry):
            assert eventually(lambda: len(jobs(database)) > 1)
            assert eventually(lambda: all(job["status"] == "todo" for job in jobs(database) if job["id"] == first))

    def test_running_worker_is_woken_by_the_commit(
        self, database: Database, registry: TaskRegistry, played: list[str]
    ) -> None:
        """A waiting worker starts a job within a second of its commit."""
        with Worker(database, registry):
            time.sleep(1)  # it has found nothing and listens
            with database.begin() as tx:
                registry.defer(tx, "tests.play", song="Anthem")
            committed = time.monotonic()
            assert eventually(lambda: played == ["Anthem"])
            assert time.monotonic() - committed < 1

    def test_stop_finishes_what_is_running(self, database: Database, registry: TaskRegistry) -> None:
        """A worker told to stop waits for its running job, which ends as done."""
        started, finish = threading.Event(), threading.Event()

        @registry.register(name="tests.slow")
        def slow(context: TaskContext) -> None:
            started.set()
            finish.wait(10)

        with database.begin() as tx:
            registry.defer(tx, "tests.slow")
        with Worker(database, registry) as worker:
            assert started.wait(10)
            worker.stop.set()
            worker.thread.join(0.5)
            assert worker.thread.is_alive()
            finish.set()
        assert [job["status"] for job in jobs(database)] == ["succeeded"]

    def test_long_work_breaks_off_and_comes_again(self, database: Database, registry: TaskRegistry) -> None:
        """A task that looks whether the worker stops breaks off, and its job waits for the next worker."""
        started = threading.Event()

        @registry.register(name="tests.endless", attempts=1)
        def endless(context: TaskContext) -> None:
            started.set()
            while True:
                context.break_off_if_stopping()
                time.sleep(0.01)

        with database.begin() as tx:
            registry.defer(tx, "tests.endless")
        with Worker(database, registry):
            assert started.wait(10)
        assert [(job["status"], job["attempts"]) for job in jobs(database)] == [("todo", 1)]

    def test_lost_connections_are_survived(
        self, database: Database, registry: TaskRegistry, played: list[str]
    ) -> None:
        """When the server ends every connection the worker comes back and runs what was deferred since."""
        with Worker(database, registry):
            with database.begin() as tx:
                registry.defer(tx, "tests.play", song="Anthem")
            assert eventually(lambda: [job["status"] for job in jobs(database)] == ["succeeded"])
            with database.begin() as tx:
                tx.execute(
                    text("""
                        select pg_terminate_backend(pid) from pg_stat_activity
                         where datname = current_database() and pid <> pg_backend_pid()
                    """)
                )
            with database.begin() as tx:
                registry.defer(tx, "tests.play", song="Ballad")
            assert eventually(lambda: played == ["Anthem", "Ballad"], seconds=20)

    def test_outcome_is_written_again_after_a_lost_connection(
        self, database: Database, registry: TaskRegistry
    ) -> None:
        """A statement whose connection is lost on the way is said again on another one."""

        async def write() -> None:
            async with create_task_app(database, registry).open_async() as app:
                await app.connector.execute_query_async(
                    "select case when nextval('public.tries') = 1 then pg_terminate_backend(pg_backend_pid()) end"
                )

        with database.begin() as tx:
            tx.execute(text("create sequence public.tries"))
        asyncio.run(write())
        with database.begin() as tx:
            assert tx.execute(text("select last_value from public.tries")).scalar_one() == 2
            tx.execute(text("drop sequence public.tries"))


class TestPeriodic:
    """Work by the clock."""

    def test_runs_once_for_each_time(self, database: Database, registry: TaskRegistry) -> None:
        """However many workers defer it, a periodic task runs once per time of its schedule, and knows it."""
        due: list[datetime | None] = []

        @registry.periodic(name="tests.toll", cron="* * * * *")
        def toll(context: TaskContext) -> None:
            due.append(context.due_at)

        with Worker(database, registry), Worker(database, registry):
            assert eventually(lambda: len(due) >= 1)
        assert len(due) == len(set(due))
        assert due[0] is not None
        assert (due[0].second, due[0].tzinfo) == (0, UTC)

    def test_schedule_is_that_of_its_cron(self, database: Database, registry: TaskRegistry) -> None:
        """The cron expression is read in UTC."""
        registry.periodic(name="tests.toll", cron="30 4 * * *")(lambda context: None)
        app = create_task_app(database, registry)
        deferrer = PeriodicDeferrer(app.periodic_registry)
        at = datetime(2026, 6, 10, 4, 31, tzinfo=UTC).timestamp()
        planned = {task.task.name: when for task, when in deferrer.get_previous_tasks(at=at)}
        assert planned["tests.toll"] == datetime(2026, 6, 10, 4, 30, tzinfo=UTC).timestamp()


class TestHousekeeping:
    """What the worker does for itself."""

    def run(self, database: Database, registry: TaskRegistry, name: str) -> None:
        """Run one of the housekeeping tasks now."""
        with database.begin() as tx:
            tx.execute(text("set local search_path to procrastinate"))
            tx.execute(
                text("""
                    insert into procrastinate_jobs (queue_name, task_name, args)
                    values ('default', :name, '{"timestamp": 0}')
                """),
                {"name": f"kernel.tasks.{name}"},
            )
        run_due(database, registry=registry)

    def test_jobs_of_killed_workers_run_again(
        self, database: Database, registry: TaskRegistry, played: list[str]
    ) -> None:
        """A job left behind by a worker without a heartbeat goes back into the queue."""
        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="Anthem")
        mark_as_running(database)
        self.run(database, registry, "recover")
        run_due(database, registry=registry)
        assert played == ["Anthem"]

    def test_killed_job_gives_way_to_the_same_work_waiting(
        self, database: Database, registry: TaskRegistry, played: list[str]
    ) -> None:
        """Where the same work waits already the job left behind is dropped."""
        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="Anthem")
        mark_as_running(database)
        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="Anthem")
        self.run(database, registry, "recover")
        run_due(database, registry=registry)
        assert played == ["Anthem"]

    def test_old_jobs_are_deleted(self, database: Database, registry: TaskRegistry, played: list[str]) -> None:
        """Finished jobs are kept three days, failed ones thirty."""

        @registry.register(name="tests.fail", attempts=1)
        def fail(context: TaskContext) -> None:
            raise LookupError("no such song")

        def age(days: int) -> None:
            with database.begin() as tx:
                tx.execute(
                    text("update procrastinate.procrastinate_events set at = at - make_interval(days => :days)"),
                    {"days": days},
                )

        with database.begin() as tx:
            registry.defer(tx, "tests.play", song="Anthem")
            registry.defer(tx, "tests.fail")
        run_due(database, registry=registry)
        age(4)
        self.run(database, registry, "tidy")
        assert "tests.play" not in {job["task_name"] for job in jobs(database)}
        assert "tests.fail" in {job["task_name"] for job in jobs(database)}
        age(30)
        self.run(database, registry, "tidy")
        assert "tests.fail" not in {job["task_name"] for job in jobs(database)}
