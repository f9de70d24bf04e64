"""Durable subscriptions: each event handled once, in order, whatever crashes, fails or runs beside it."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.events import Cursor, Event, StoredEvent, publish
from bandmate.kernel.events.subscriptions import Runner, Subscription, SubscriptionLag, lag, replay, run_once
from bandmate.kernel.ids import EventId, derived_id

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
SONG, GIG = "tests.song.written", "tests.gig.played"


def write(database: Database, *names: str, type: str = SONG) -> None:  # noqa: A002 - the event's field
    """Publish one event per name, all in one transaction."""
    with database.begin() as tx:
        publish(tx, [make(name, type) for name in names])


def make(name: str, type: str = SONG) -> Event:  # noqa: A002 - the event's field
    """Return an event whose id follows from its name."""
    return Event(EventId(derived_id("tests", name)), type, 1, name, NOON, {})


def at(seconds: int) -> Clock:
    """Return a clock that stands still, ``seconds`` after noon."""
    return lambda: NOON + timedelta(seconds=seconds)


class Heard:
    """A handler that keeps the subjects it heard, in memory: an effect outside the database."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.batches: list[int] = []

    def __call__(self, tx: Tx, events: Sequence[StoredEvent]) -> None:
        """Keep them."""
        self.subjects += [e.event.subject for e in events]
        self.batches.append(len(events))


def store(tx: Tx, events: Sequence[StoredEvent]) -> None:
    """Write the subjects into a table: an effect in the database. A repetition would be a second row."""
    tx.execute(
        text("insert into public.heard (subject) select unnest(cast(:s as text[]))"),
        {"s": [e.event.subject for e in events]},
    )


@pytest.fixture
def stored(database: Database) -> Iterator[Callable[[], list[str]]]:
    """A table for ``store``; returns a function that reads it in the order of writing."""
    with database.begin() as tx:
        tx.execute(text("create table public.heard (id bigint generated always as identity, subject text)"))

    def read() -> list[str]:
        with database.read() as tx:
            return list(tx.execute(text("select subject from public.heard order by id")).scalars())

    yield read
    with database.begin() as tx:
        tx.execute(text("drop table public.heard"))


def songs(handle: Callable[[Tx, Sequence[StoredEvent]], None], **options: object) -> Subscription:
    """Return a subscription to songs."""
    return Subscription("tests.songs", frozenset({SONG}), handle, **options)  # type: ignore[arg-type] # tests' options


def lag_of(database: Database, subscription: Subscription) -> SubscriptionLag:
    """Return the lag of one subscription."""
    with database.read() as tx:
        return lag(tx, [subscription])[0]


def eventually(holds: Callable[[], bool], seconds: float = 5) -> bool:
    """Wait until something holds; False when it does not in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return holds()


@contextmanager
def running(*runners: Runner) -> Iterator[None]:
    """Run each in a thread of its own and stop them at the end."""
    stop = threading.Event()
    threads = [threading.Thread(target=runner.run, args=(stop,)) for runner in runners]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()


KILLED = """
import os, signal, sys
from sqlalchemy import text
from bandmate.kernel.clock import system_clock
from bandmate.kernel.database.session import connect
from bandmate.kernel.events.subscriptions import Subscription, run_once

def handle(tx, events):
    tx.execute(text("insert into public.heard (subject) values ('half done')"))
    os.kill(os.getpid(), signal.SIGKILL)

run_once(connect(sys.argv[1]), Subscription("tests.songs", None, handle), system_clock)
"""


class TestRunOnce:
    """One batch, one transaction."""

    def test_hears_everything_once_in_order(self, database: Database) -> None:
        """A new subscription hears the log from its beginning, each event once."""
        heard = Heard()
        write(database, "one", "two")
        write(database, "three")
        counts = [run_once(database, songs(heard), system_clock) for _ in range(2)]
        assert (heard.subjects, counts) == (["one", "two", "three"], [3, 0])

    def test_late_commit_is_neither_skipped_nor_repeated(
        self, database: Database, stored: Callable[[], list[str]]
    ) -> None:
        """Of two interleaved transactions the earlier-numbered commits last: both are heard once, in order."""
        write(database, "before")
        assert run_once(database, songs(store), system_clock) == 1
        with database.begin() as early:
            publish(early, [make("early")])
            write(database, "late")
            assert run_once(database, songs(store), system_clock) == 0
        assert run_once(database, songs(store), system_clock) == 2
        assert run_once(database, songs(store), system_clock) == 0
        assert stored() == ["before", "early", "late"]

    def test_batch_limits_what_is_handed_over(self, database: Database) -> None:
        """At most ``batch`` events are handed over at once."""
        heard = Heard()
        write(database, *"abcde")
        while run_once(database, songs(heard, batch=2), system_clock):
            pass
        assert (heard.subjects, heard.batches) == (list("abcde"), [2, 2, 1])

    def test_cursor_passes_events_of_other_types(self, database: Database) -> None:
        """Events it does not want move the cursor without calling the handler, so they are looked at once."""
        heard = Heard()
        write(database, "gig", type=GIG)
        assert run_once(database, songs(heard), system_clock) == 0
        assert heard.batches == []
        assert lag_of(database, songs(heard)).cursor > Cursor()

    def test_without_types_hears_all(self, database: Database) -> None:
        """A subscription without types hears every type."""
        heard = Heard()
        write(database, "song")
        write(database, "gig", type=GIG)
        run_once(database, Subscription("tests.all", None, heard), system_clock)
        assert heard.subjects == ["song", "gig"]

    def test_crash_before_commit_leaves_neither_effect_nor_move(
        self, database: Database, stored: Callable[[], list[str]]
    ) -> None:
        """Killed between effect and cursor, an inside subscription starts from before both: no loss, no repeat."""

        def crash(tx: Tx, events: Sequence[StoredEvent]) -> None:
            store(tx, events)
            raise KeyboardInterrupt

        write(database, "one")
        with pytest.raises(KeyboardInterrupt):
            run_once(database, songs(crash), system_clock)
        assert stored() == []
        run_once(database, songs(store), system_clock)
        assert stored() == ["one"]

    def test_killed_process_leaves_neither_effect_nor_move(
        self, database: Database, stored: Callable[[], list[str]]
    ) -> None:
        """A process killed (SIGKILL) after the effect takes it along; the next one starts from the same place."""
        write(database, "one", "two")
        killed = subprocess.run([sys.executable, "-c", KILLED, database.url], timeout=60, check=False)
        assert killed.returncode == -signal.SIGKILL
        assert stored() == []
        assert eventually(lambda: run_once(database, songs(store), system_clock) == 2)
        assert stored() == ["one", "two"]

    def test_handler_publishes_in_its_transaction(self, database: Database) -> None:
        """Events that a handler publishes stand in the log with its effect and are heard by others afterwards."""
        heard = Heard()
        write(database, "one")
        run_once(database, songs(lambda tx, _: publish(tx, [make("gig", GIG)])), system_clock)
        run_once(database, Subscription("tests.gigs", frozenset({GIG}), heard), system_clock)
        assert heard.subjects == ["gig"]


class TestOutside:
    """Effects outside the database."""

    def test_crash_between_effect_and_cursor_repeats(self, database: Database) -> None:
        """Killed after the effect, an outside subscription hears the same events again: at least once."""
        heard = Heard()

        def crash(tx: Tx, events: Sequence[StoredEvent]) -> None:
            heard(tx, events)
            raise KeyboardInterrupt

        write(database, "one")
        with pytest.raises(KeyboardInterrupt):
            run_once(database, songs(crash, outside=True), system_clock)
        run_once(database, songs(heard, outside=True), system_clock)
        assert run_once(database, songs(heard, outside=True), system_clock) == 0
        assert heard.subjects == ["one", "one"]

    def test_slow_effect_does_not_hold_up_others(self, database: Database) -> None:
        """What is published while an outside handler works is heard by others before it ends."""
        heard = Heard()
        heard_meanwhile: list[str] = []

        def slow(tx: Tx, events: Sequence[StoredEvent]) -> None:
            write(database, "meanwhile")
            run_once(database, Subscription("tests.others", None, heard), system_clock)
            heard_meanwhile.extend(heard.subjects)

        write(database, "one")
        run_once(database, songs(Heard(), outside=True), system_clock)
        write(database, "two")
        run_once(database, songs(slow, outside=True), system_clock)
        assert heard_meanwhile == ["one", "two", "meanwhile"]

    @pytest.mark.parametrize("outside", [False, True])
    def test_held_subscription_is_passed_by(self, database: Database, outside: bool) -> None:
        """While one process handles a batch another finds nothing to do, and does not wait."""
        beside: list[int] = []

        def handle(tx: Tx, events: Sequence[StoredEvent]) -> None:
            beside.append(run_once(database, songs(handle, outside=outside), system_clock))

        write(database, "one")
        run_once(database, songs(Heard(), outside=outside), system_clock)
        write(database, "two")
        assert run_once(database, songs(handle, outside=outside), system_clock) == 1
        assert beside == [0]


class TestFailure:
    """A handler that fails."""

    def test_leaves_nothing_and_is_recorded(self, database: Database, stored: Callable[[], list[str]]) -> None:
        """A failure undoes the handler's writes, keeps the cursor and says what happened with which events."""

        def fail(tx: Tx, events: Sequence[StoredEvent]) -> None:
            store(tx, events)
            raise LookupError("no such song")

        write(database, "one")
        assert run_once(database, songs(fail), at(0)) == 0
        behind = lag_of(database, songs(fail))
        assert stored() == []
        assert (behind.cursor, behind.failures, behind.events_behind) == (Cursor(), 1, 1)
        assert behind.last_error is not None
        assert behind.last_error.startswith("LookupError: no such song (events ")

    def test_waits_twice_as_long_each_time(self, database: Database) -> None:
        """Retries come after 1, 2, 4 ... seconds, at most after five minutes, and not earlier."""
        calls: list[None] = []
        seconds: list[int] = []

        def fail(tx: Tx, events: Sequence[StoredEvent]) -> None:
            calls.append(None)
            raise LookupError("no such song")

        write(database, "one")
        for second in range(812):
            run_once(database, songs(fail), at(second))
            if len(calls) > len(seconds):
                seconds.append(second)
        pauses = [after - before for before, after in itertools.pairwise(seconds)]
        assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]

    def test_success_forgets_the_failure(self, database: Database) -> None:
        """After a success neither failures nor an error remain."""
        heard = Heard()

        def fail(tx: Tx, events: Sequence[StoredEvent]) -> None:
            raise LookupError("no such song")

        write(database, "one")
        run_once(database, songs(fail), at(0))
        run_once(database, songs(heard), at(1))
        behind = lag_of(database, songs(heard))
        assert (heard.subjects, behind.failures, behind.last_error) == (["one"], 0, None)

    def test_good_events_before_the_bad_one_get_through(
        self, database: Database, stored: Callable[[], list[str]]
    ) -> None:
        """Retries narrow the batch, so that all before the event at fault is handled and nothing after it."""

        def choosy(tx: Tx, events: Sequence[StoredEvent]) -> None:
            if any(e.event.subject == "bad" for e in events):
                raise LookupError("bad song")
            store(tx, events)

        write(database, "a", "b", "c", "d", "e", "bad", "f")
        for attempt in range(40):
            run_once(database, songs(choosy, batch=8), at(300 * attempt))
        assert stored() == ["a", "b", "c", "d", "e"]

    def test_does_not_stop_the_others(self, database: Database) -> None:
        """A runner with a failing subscription keeps serving the others."""
        heard = Heard()

        def fail(tx: Tx, events: Sequence[StoredEvent]) -> None:
            raise LookupError("no such song")

        write(database, "one")
        both = [Subscription("tests.fails", None, fail), songs(heard)]
        assert Runner(database, both, at(0)).drain() == 1
        assert heard.subjects == ["one"]


class TestReplay:
    """Moving a subscription back."""

    def test_since_a_cursor_hears_what_follows_it(self, database: Database) -> None:
        """A replay since a cursor repeats exactly the events behind it."""
        seen: list[StoredEvent] = []
        subscription = songs(lambda _, events: seen.extend(events))
        write(database, "one", "two", "three")
        run_once(database, subscription, system_clock)
        with database.begin() as tx:
            replay(tx, "tests.songs", seen[0].cursor)
        run_once(database, subscription, system_clock)
        assert [e.event.subject for e in seen] == ["one", "two", "three", "two", "three"]

    def test_since_an_instant_hears_what_was_recorded_from_then_on(self, database: Database) -> None:
        """A replay since an instant repeats the events recorded at it or later."""
        seen: list[StoredEvent] = []
        subscription = songs(lambda _, events: seen.extend(events))
        write(database, "one")
        write(database, "two")
        run_once(database, subscription, system_clock)
        with database.begin() as tx:
            replay(tx, "tests.songs", seen[1].recorded_at)
        run_once(database, subscription, system_clock)
        assert [e.event.subject for e in seen] == ["one", "two", "two"]

    @pytest.mark.parametrize("since", [Cursor(2**40, 1), datetime(2999, 1, 1, tzinfo=UTC)])
    def test_never_moves_forward(self, database: Database, since: Cursor | datetime) -> None:
        """A replay since a place that the subscription has not reached skips nothing."""
        heard = Heard()
        write(database, "one")
        run_once(database, songs(heard, batch=1), system_clock)
        write(database, "two")
        with database.begin() as tx:
            replay(tx, "tests.songs", since)
        run_once(database, songs(heard), system_clock)
        assert heard.subjects == ["one", "two"]

    def test_during_a_batch_wins_over_it(self, database: Database) -> None:
        """A replay asked for while an outside batch is handled is not overwritten when the batch ends."""
        heard = Heard()

        def handle(tx: Tx, events: Sequence[StoredEvent]) -> None:
            heard(tx, events)
            if events[0].event.subject == "two" and len(heard.subjects) == 2:
                with database.begin() as other:
                    replay(other, "tests.songs", Cursor())

        for name in ("one", "two"):
            write(database, name)
            run_once(database, songs(handle, outside=True), system_clock)
        run_once(database, songs(handle, outside=True), system_clock)
        assert heard.subjects == ["one", "two", "one", "two"]

    def test_unknown_name_is_refused(self, database: Database) -> None:
        """Replaying what does not exist is an error that names it."""
        with database.begin() as tx, pytest.raises(NotFound, match=r"tests\.nobody"):
            replay(tx, "tests.nobody", Cursor())


class TestLag:
    """How far behind."""

    def test_counts_only_wanted_events(self, database: Database) -> None:
        """Lag counts the events a subscription will hear, and their oldest's age."""
        write(database, "one", "two")
        write(database, "gig", type=GIG)
        with database.read() as tx:
            both = lag(tx, [songs(store), Subscription("tests.all", None, store)])
        assert [(entry.name, entry.events_behind) for entry in both] == [("tests.songs", 2), ("tests.all", 3)]
        assert 0 < both[0].seconds_behind < 60

    def test_is_nothing_once_all_is_heard(self, database: Database) -> None:
        """A subscription that heard everything is 0 events and 0 seconds behind."""
        write(database, "one")
        run_once(database, songs(Heard()), system_clock)
        behind = lag_of(database, songs(Heard()))
        assert (behind.events_behind, behind.seconds_behind, behind.failures) == (0, 0.0, 0)

    def test_of_nothing_is_empty(self, database: Database) -> None:
        """No subscriptions, no lag."""
        with database.read() as tx:
            assert lag(tx, []) == ()


class TestRunner:
    """Running until stopped."""

    def test_commit_reaches_the_handler_within_a_second(self, database: Database) -> None:
        """A waiting runner is woken by the commit, not by its poll."""
        arrived = threading.Event()
        with running(Runner(database, [songs(lambda *_: arrived.set())], system_clock)):
            time.sleep(0.3)  # it has nothing to do and waits
            write(database, "one")
            committed = time.monotonic()
            assert arrived.wait(5)
            assert time.monotonic() - committed < 1

    def test_hears_what_a_rollback_released(self, database: Database) -> None:
        """An event held back by an older transaction arrives by the poll after that one rolls back silently."""
        heard = Heard()
        with database.engine.connect() as older, running(Runner(database, [songs(heard)], system_clock)):
            transaction = older.begin()
            older.execute(text("select pg_current_xact_id()"))
            write(database, "one")
            assert not eventually(lambda: bool(heard.subjects), seconds=0.3)
            transaction.rollback()
            assert eventually(lambda: heard.subjects == ["one"], seconds=3)

    def test_two_at_once_handle_each_event_once(self, database: Database, stored: Callable[[], list[str]]) -> None:
        """Two runners beside each other, events arriving all the while: every event once, in order."""
        names = [f"song {number:03}" for number in range(200)]
        small = songs(store, batch=7)
        with running(Runner(database, [small], system_clock), Runner(database, [small], system_clock)):
            for start in range(0, len(names), 10):
                write(database, *names[start : start + 10])
            assert eventually(lambda: len(stored()) >= len(names), seconds=20)
        assert stored() == names

    def test_survives_lost_connections(self, database: Database) -> None:
        """When the server ends every connection the runner comes back and hears what was published since."""
        heard = Heard()
        with running(Runner(database, [songs(heard)], system_clock)):
            write(database, "before")
            assert eventually(lambda: heard.subjects == ["before"])
            with database.begin() as tx:
                tx.execute(
                    text("""
                        select pg_terminate_backend(pid) from pg_stat_activity
                         where datname = current_database() and pid <> pg_backend_pid()
                    """)
                )
            write(database, "after")
            assert eventually(lambda: heard.subjects == ["before", "after"], seconds=10)

    def test_drain_hears_all_that_is_left(self, database: Database) -> None:
        """Draining works through every batch, and what handlers publish on the way, then returns."""
        heard = Heard()

        def echo(tx: Tx, events: Sequence[StoredEvent]) -> None:
            publish(tx, [make(f"gig after {e.event.subject}", GIG) for e in events])

        write(database, "one", "two", "three")
        both = [Subscription("tests.gigs", frozenset({GIG}), heard), songs(echo, batch=2)]
        assert Runner(database, both, system_clock).drain() == 6
        assert heard.subjects == ["gig after one", "gig after two", "gig after three"]
