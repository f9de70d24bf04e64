"""Processes that die without a word (SIGKILL), or are asked to end (SIGTERM) while they are needed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import text
from tests.failures.programs import eventually, is_alive, new_home, serving

from bandmate.kernel.clock import system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.embedded import start_embedded
from bandmate.kernel.database.privileges import find_place
from bandmate.kernel.database.server import find_server
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.events import Event, StoredEvent, publish
from bandmate.kernel.events.subscriptions import Runner, Subscription, lag, run_once
from bandmate.kernel.ids import EventId, derived_id
from bandmate.kernel.tasks import tasks

WORKER = """
import sys, threading, time
from sqlalchemy import text
from bandmate.kernel.database.session import connect
from bandmate.kernel.events.subscriptions import Runner, Subscription
from bandmate.kernel.clock import system_clock
from bandmate.kernel.tasks import TaskRegistry, run_worker

registry = TaskRegistry()

def note(tx, kind, what):
    tx.execute(text("insert into public.done (kind, what) values (:kind, :what)"), {"kind": kind, "what": what})

@registry.register(name="tests.play")
def play(context, song):
    with context.database.begin() as tx:
        note(tx, "begun", song)
    time.sleep(float(sys.argv[2]))
    with context.database.begin() as tx:
        note(tx, "task", song)

def handle(tx, events):
    for each in events:
        note(tx, "event", each.event.subject)
    time.sleep(float(sys.argv[2]))

database, stop = connect(sys.argv[1]), threading.Event()
heard = Subscription("tests.done", frozenset({"tests.song.written"}), handle, batch=3)
threading.Thread(target=Runner(database, [heard], system_clock).run, args=(stop,)).start()
run_worker(database, stop, registry=registry)
"""


@contextmanager
def worker(database: Database, seconds: float) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker process whose work takes this long; it is killed at the end."""
    with subprocess.Popen([sys.executable, "-c", WORKER, database.url, str(seconds)]) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def done(database: Database) -> Iterator[Callable[[str], list[str]]]:
    """A table of effects; returns a function that reads those of a kind."""
    with database.begin() as tx:
        tx.execute(text("create table public.done (kind text, what text)"))

    def read(kind: str) -> list[str]:
        with database.read() as tx:
            found = tx.execute(
                text("select what from public.done where kind = :kind order by what"), {"kind": kind}
            )
            return list(found.scalars())

    yield read
    with database.begin() as tx:
        tx.execute(text("drop table public.done"))


@pytest.fixture
def song_task() -> Iterator[None]:
    """The task that the worker processes know, so that jobs of it can be deferred here."""
    tasks.register(name="tests.play")(lambda context, song: None)
    yield
    del tasks._tasks["tests.play"]


def write_songs(database: Database, names: list[str]) -> None:
    """Publish an event and defer a job for each."""
    with database.begin() as tx:
        for name in names:
            publish(tx, [Event(EventId(derived_id("k", name)), "tests.song.written", 1, name, system_clock(), {})])
            tasks.defer(tx, "tests.play", song=name)


@pytest.mark.usefixtures("song_task")
def test_killed_worker_leaves_nothing_undone(database: Database, done: Callable[[str], list[str]]) -> None:
    """Of two workers one is killed in the middle of tasks and of a batch: all is done, events' effects once."""
    names = [f"song-{number}" for number in range(8)]
    with worker(database, 60) as doomed:
        write_songs(database, names)
        assert eventually(lambda: len(done("begun")) >= 3)
        doomed.kill()
        doomed.wait(10)
    with worker(database, 0), worker(database, 0):
        # What the dead worker had taken is given back half a minute after its last heartbeat; we do not wait.
        with database.begin() as tx:
            tx.execute(text("set local search_path to procrastinate"))
            tx.execute(
                text("update procrastinate.procrastinate_workers set last_heartbeat = now() - interval '1 hour'")
            )
            tx.execute(
                text("""
                    insert into procrastinate.procrastinate_jobs (queue_name, task_name, args)
                    values ('default', 'kernel.tasks.recover', '{"timestamp": 0}')
                """)
            )
        assert eventually(lambda: set(done("task")) == set(names) and done("event") == names, 40), done("task")
        assert eventually(lambda: _open_jobs(database) == 0)
    assert done("event") == names
    assert len(done("task")) == len(names)


def _open_jobs(database: Database) -> int:
    with database.read() as tx:
        query = """
            select count(*) from procrastinate.procrastinate_jobs
             where task_name = 'tests.play' and status <> 'succeeded'
        """
        return int(tx.execute(text(query)).scalar_one())


def test_slow_subscriber_holds_up_nobody_and_shows(database: Database) -> None:
    """While one subscription is stuck in a batch others hear all that comes, and its lag can be read."""
    let_go = threading.Event()
    quick_heard: list[StoredEvent] = []

    def wait(tx: Tx, events: Sequence[StoredEvent]) -> None:
        let_go.wait(20)

    def behind() -> dict[str, int]:
        with database.read() as tx:
            return {each.name: each.events_behind for each in lag(tx, [slow, quick])}

    slow = Subscription("tests.slow", None, wait, outside=True)
    quick = Subscription("tests.quick", None, lambda tx, events: quick_heard.extend(events))
    stop = threading.Event()
    threads = [
        threading.Thread(target=Runner(database, [each], system_clock).run, args=(stop,)) for each in (slow, quick)
    ]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            with database.begin() as tx:
                event = Event(EventId(derived_id("s", str(number))), "tests.x.done", 1, "x", system_clock(), {})
                publish(tx, [event])
        assert eventually(lambda: behind() == {"tests.slow": 3, "tests.quick": 0}, 20)
        assert len(quick_heard) == 3
    finally:
        let_go.set()
        stop.set()
        for thread in threads:
            thread.join(20)
    run_once(database, slow, system_clock)
    with database.read() as tx:
        assert lag(tx, [slow])[0].events_behind == 0


def test_killed_web_process_takes_its_worker_along() -> None:
    """After kill -9 of the web process its worker ends by itself; the next user of the home stops the database."""
    with new_home() as home:
        with serving(home) as program:
            assert eventually(lambda: len(program.workers()) == 1)
            (its_worker,) = program.workers()
            assert eventually(lambda: find_server(find_place(home)) is not None)
            program.process.kill()
            program.process.wait(10)
            assert eventually(lambda: not is_alive(its_worker), 30)
        with start_embedded(home):
            assert find_server(find_place(home)) is not None
        assert find_server(find_place(home)) is None


def test_killed_worker_is_started_again(database: Database, settings: Settings) -> None:
    """After kill -9 of the worker another one runs within seconds, and pages are answered all the time."""
    settings.home.mkdir()
    with serving(settings.home, DATABASE_URL=str(settings.database_url)) as program:
        assert eventually(lambda: len(program.workers()) == 1)
        (first,) = program.workers()
        os.kill(first, signal.SIGKILL)
        assert program.get("/jobs").status_code == 200
        assert eventually(lambda: program.workers() not in ([], [first]), 20)


def test_sigterm_lets_requests_end(database: Database, settings: Settings) -> None:
    """A request that is under way when SIGTERM comes gets its whole answer; then nobody is let in any more."""
    settings.home.mkdir()
    with serving(settings.home, DATABASE_URL=str(settings.database_url)) as program, database.begin() as tx:
        # The request waits for this lock, which is held until the program has been told to end.
        tx.execute(text("lock table postings.job in access exclusive mode"))
        host, port = program.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as reader:
            reader.sendall(b"GET /companies HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            assert eventually(lambda: _waits_for_a_lock(database))
            program.process.send_signal(signal.SIGTERM)
            assert eventually(lambda: not _is_let_in(host, int(port)))
            tx.rollback()
            answer = b""
            while chunk := reader.recv(65536):
                answer += chunk
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"</html>" in answer
        assert program.process.wait(30) in {0, -signal.SIGTERM, 128 + signal.SIGTERM}


def _waits_for_a_lock(database: Database) -> bool:
    with database.read() as tx:
        return bool(tx.execute(text("select count(*) from pg_locks where not granted")).scalar_one())


def _is_let_in(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1) as another:
            another.settimeout(1)
            another.sendall(b"GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
            return bool(another.recv(10))
    except OSError:
        return False
