"""The event log: published with the change, once, in an order that skips no late commit."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.kernel.database.session import Database
from bandmate.kernel.events import Cursor, Event, end_of_log, publish, read_after
from bandmate.kernel.ids import EventId, derived_id

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def event(name: str, type: str = "tests.song.written", **data: object) -> Event:  # noqa: A002 - the field's name
    """Return an event whose id follows from its name."""
    return Event(EventId(derived_id("tests", name)), type, 1, name, NOON, data)


def subjects(database: Database, after: Cursor = Cursor(), types: list[str] | None = None) -> list[str]:  # noqa: B008 - frozen
    """Return the subjects of the readable events, in the log's order."""
    with database.read() as tx:
        return [stored.event.subject for stored in read_after(tx, after, types=types)]


class TestPublish:
    """Writing to the log."""

    def test_returns_what_was_published(self, database: Database) -> None:
        """An event is read back as it was published, with its data and an aware time of recording."""
        written = event("anthem", title="Anthem", bars=64, keys=["C", "G"])
        with database.begin() as tx:
            publish(tx, [written])
        with database.read() as tx:
            (stored,) = read_after(tx, Cursor())
        assert stored.event == written
        assert stored.recorded_at.tzinfo is not None

    def test_same_id_twice_keeps_the_first(self, database: Database) -> None:
        """Publishing an event id again, in another or in the same transaction, changes nothing."""
        with database.begin() as tx:
            publish(tx, [event("anthem", take=1), event("anthem", take=2)])
        with database.begin() as tx:
            publish(tx, [event("anthem", take=3)])
        with database.read() as tx:
            assert [stored.event.data for stored in read_after(tx, Cursor())] == [{"take": 1}]

    def test_rollback_publishes_nothing(self, database: Database) -> None:
        """Events of a transaction that fails were never there."""

        def fail() -> None:
            with database.begin() as tx:
                publish(tx, [event("anthem")])
                raise RuntimeError

        with pytest.raises(RuntimeError):
            fail()
        assert subjects(database) == []

    def test_no_events_are_no_work(self, database: Database) -> None:
        """Publishing an empty collection writes nothing, even where writing is forbidden."""
        with database.read() as tx:
            publish(tx, [])
        assert subjects(database) == []


class TestReadAfter:
    """Reading in the order of transactions."""

    def test_late_commit_is_not_skipped(self, database: Database) -> None:
        """While an earlier transaction runs nothing behind it is readable; then all comes in its order."""
        with database.begin() as early:
            publish(early, [event("early")])
            with database.begin() as late:
                publish(late, [event("late")])
            assert subjects(database) == []
        assert subjects(database) == ["early", "late"]

    def test_transaction_counts_before_position(self, database: Database) -> None:
        """An older transaction that publishes after a younger one has committed is still read first."""
        with database.begin() as older:
            publish(older, [event("older, first")])
            with database.begin() as younger:
                publish(younger, [event("younger")])
            publish(older, [event("older, second")])
        assert subjects(database) == ["older, first", "older, second", "younger"]

    def test_rolled_back_transaction_leaves_no_gap_open(self, database: Database) -> None:
        """When the earlier transaction rolls back, what waited behind it becomes readable."""
        with database.engine.connect() as early, early.begin() as transaction:
            publish(early, [event("early")])
            with database.begin() as late:
                publish(late, [event("late")])
            transaction.rollback()
        assert subjects(database) == ["late"]

    def test_starts_behind_the_cursor(self, database: Database) -> None:
        """Reading after an event's cursor gives what follows it, within its own transaction too."""
        with database.begin() as tx:
            publish(tx, [event("one"), event("two")])
        with database.begin() as tx:
            publish(tx, [event("three")])
        with database.read() as tx:
            first = read_after(tx, Cursor(), limit=1)[0].cursor
        assert subjects(database, first) == ["two", "three"]

    def test_gives_only_wanted_types(self, database: Database) -> None:
        """Types narrow what is read."""
        with database.begin() as tx:
            publish(tx, [event("anthem"), event("gig", "tests.gig.played")])
        assert subjects(database, types=["tests.gig.played"]) == ["gig"]


class TestEndOfLog:
    """Where a reader starts that needs no history."""

    def test_empty_log_ends_at_its_beginning(self, database: Database) -> None:
        """The end of an empty log is the first cursor."""
        with database.read() as tx:
            assert end_of_log(tx) == Cursor()

    def test_only_new_events_follow(self, database: Database) -> None:
        """A reader that starts at the end hears what is published afterwards, nothing else."""
        with database.begin() as tx:
            publish(tx, [event("old")])
        with database.read() as tx:
            end = end_of_log(tx)
        with database.begin() as tx:
            publish(tx, [event("new")])
        assert subjects(database, end) == ["new"]


class TestCursor:
    """Cursors as text."""

    @given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
    def test_reads_what_it_writes(self, xid: int, position: int) -> None:
        """Every cursor survives being written and read."""
        assert Cursor.parse(str(Cursor(xid, position))) == Cursor(xid, position)

    @pytest.mark.parametrize("written", ["", "1", "1:2:3", "a:b"])
    def test_refuses_other_text(self, written: str) -> None:
        """Text that is no cursor is an error, not a place in the log."""
        with pytest.raises(ValueError, match=r"int|unpack"):
            Cursor.parse(written)
