"""Durable subscriptions: every event reaches every handler, in order, across crashes, failures and processes.

A subscription is a name with a cursor in ``kernel.subscription``. One batch is handled in one transaction that
also moves the cursor; whichever process holds the subscription works, the others pass by:

* effects in PostgreSQL (the default): the cursor's row is locked, so effect and cursor commit or vanish together;
* effects outside (``outside=True``): the effect comes first and must be idempotent, the cursor moves afterwards.
  Such a subscription is held by an advisory lock instead, because a locked row would give the transaction an id
  and make every other reader of the log wait for the slow outside world (see ``log``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event as Stop

import orjson
import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.events.log import CHANNEL, Cursor, StoredEvent, end_of_log, read_after
from bandmate.kernel.telemetry.tracing import logged_span

Handler = Callable[[Tx, Sequence[StoredEvent]], None]
"""Handles a batch, oldest first; raising undoes what it did in the transaction and makes it come again."""

POLL_SECONDS = 1.0
"""Longest time between two looks at the log, should a notification be missed."""

LONGEST_RETRY = timedelta(minutes=5)
LAG_BOUND = 10_000
LONGEST_PAUSE_SECONDS = 5.0
"""Longest time until a database that went away is looked for again."""

_STOP_CHECK_SECONDS = 0.2
_LOCKS = 0x62_61_6E_64  # "band": first key of the advisory locks of outside subscriptions

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who wants to hear of what. ``name`` is durable: another name starts again at the beginning of the log."""

    name: str
    types: frozenset[str] | None
    """The event types it hears; None means all."""
    handle: Handler
    batch: int = 500
    """Most events handed over at once."""
    outside: bool = False
    """The handler's effect is not in PostgreSQL and is idempotent."""


@dataclass(frozen=True, slots=True)
class SubscriptionLag:
    """How far a subscription is behind the newest committed event."""

    name: str
    cursor: Cursor
    events_behind: int
    """Events it has still to hear; counted within the next ``LAG_BOUND`` events of the log."""
    seconds_behind: float
    """Age of the oldest of them; 0 when there is none."""
    failures: int
    """Failed attempts in a row."""
    last_error: str | None


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a held subscription hears next, and where its cursor stands before and after."""

    start: Cursor
    target: Cursor
    events: tuple[StoredEvent, ...]
    failures: int


_REGISTER = text("insert into kernel.subscription (name) values (:name) on conflict do nothing")

_PLACE = """
    select cast(cast(xid as text) as bigint) as xid, position, failures, retry_at
      from kernel.subscription
     where name = :name
"""
_HOLD_ROW = text(_PLACE + " for update skip locked")
_HOLD_OUTSIDE = text("select pg_try_advisory_xact_lock(:locks, hashtext(:name))")
_LOOK = text(_PLACE)

# The old cursor is compared, so that a replay asked for while a batch was under way wins over the batch.
_MOVE = text("""
    update kernel.subscription
       set xid = cast(:xid as xid8), position = :position, moved_at = :now,
           failures = 0, last_error = null, retry_at = null
     where name = :name and xid = cast(:old_xid as xid8) and position = :old_position
""")

_FAIL = text("""
    update kernel.subscription
       set failures = failures + 1, last_error = :error, retry_at = :retry_at
     where name = :name and xid = cast(:old_xid as xid8) and position = :old_position
""")

_WAITING = text("""
    select wanted.name
      from unnest(cast(:names as text[])) with ordinality as wanted(name, place)
      left join kernel.subscription as held on held.name = wanted.name
     where (coalesce(held.xid, '0'), coalesce(held.position, 0)) < (cast(:xid as xid8), :position)
       and (held.retry_at is null or held.retry_at <= :now)
     order by wanted.place
""")

_REPLAY = text("""
    update kernel.subscription
       set xid = cast(:xid as xid8), position = :position, failures = 0, last_error = null, retry_at = null
     where name = :name and (xid, position) > (cast(:xid as xid8), :position)
""")

_KNOWN = text("select exists (select from kernel.subscription where name = :name)")

_FIRST_SINCE = text("""
    select cast(cast(xid as text) as bigint) as xid, position
      from kernel.event
     where recorded_at >= :since
     order by kernel.event.xid, position
     limit 1
""")

# The bound is on rows looked at, not on rows that match: the cost stays small however rare the wanted types are.
_LAG = text("""
    select wanted.name, failures, last_error,
           coalesce(cast(cast(held.xid as text) as bigint), 0) as xid, coalesce(held.position, 0) as position,
           behind.events, coalesce(extract(epoch from clock_timestamp() - behind.oldest), 0) as seconds
      from rows from (jsonb_to_recordset(cast(:wanted as jsonb)) as (name text, types text[]))
           with ordinality as wanted(name, types, place)
      left join kernel.subscription as held on held.name = wanted.name
     cross join lateral (
           select count(*) as events, min(recorded_at) as oldest
             from (select type, recorded_at
                     from kernel.event
                    where (event.xid, event.position) > (coalesce(held.xid, '0'), coalesce(held.position, 0))
                    order by event.xid, event.position
                    limit :bound) as next
            where wanted.types is null or next.type = any(wanted.types)
           ) as behind
     order by wanted.place
""")


def run_once(database: Database, subscription: Subscription, clock: Clock) -> int:
    """Hand one batch to the subscription's handler and move its cursor; return how many events it heard.

    Returns 0 when there is nothing to hear, when another process holds the subscription, when a failed batch still
    waits for its retry, and when the handler failed: that is logged and recorded, nothing of it remains in the
    database, and the same events come again after a pause (1 s, doubling up to 5 min). After each failure half as
    many are tried, so that what stands before the event at fault gets through and the error names it.

    Raises:
        sqlalchemy.exc.DBAPIError: when the connection is lost; nothing was moved.
    """
    if subscription.outside:
        # In a transaction of its own: one that has written holds up every reader of the log while we work outside.
        with database.begin() as tx:
            tx.execute(_REGISTER, {"name": subscription.name})
    batch: _Batch | None = None
    try:
        with database.begin() as tx:
            batch = _take(tx, subscription, clock())
            if batch is None:
                return 0
            if batch.events:
                with logged_span(f"subscription {subscription.name}", {"bandmate.events": len(batch.events)}):
                    subscription.handle(tx, batch.events)
            _move(tx, subscription, batch, clock())
    except Exception as error:
        if batch is None or (isinstance(error, DBAPIError) and error.connection_invalidated):
            raise
        _record_failure(database, subscription, batch, error, clock())
        return 0
    return len(batch.events)


def _take(tx: Tx, subscription: Subscription, now: datetime) -> _Batch | None:
    """Hold the subscription until the end of ``tx`` and read its next events; None when there is nothing to do."""
    name = {"name": subscription.name}
    tx.execute(_REGISTER, name)
    if subscription.outside and not tx.execute(_HOLD_OUTSIDE, name | {"locks": _LOCKS}).scalar_one():
        return None
    row = tx.execute(_LOOK if subscription.outside else _HOLD_ROW, name).one_or_none()
    if row is None or (row.retry_at is not None and row.retry_at > now):
        return None
    start = Cursor(row.xid, row.position)
    limit = max(1, subscription.batch >> row.failures)
    types = None if subscription.types is None else sorted(subscription.types)
    # The end is looked up first: what becomes readable between the two statements lies behind it.
    end = end_of_log(tx)
    events = read_after(tx, start, types=types, limit=limit)
    heard = events[-1].cursor if events else start
    target = heard if len(events) == limit else max(heard, end)
    return _Batch(start, target, events, row.failures) if target > start else None


def _move(tx: Tx, subscription: Subscription, batch: _Batch, now: datetime) -> None:
    tx.execute(
        _MOVE,
        {
            "name": subscription.name,
            "xid": str(batch.target.xid),
            "position": batch.target.position,
            "now": now,
            "old_xid": str(batch.start.xid),
            "old_position": batch.start.position,
        },
    )


def _record_failure(
    database: Database, subscription: Subscription, batch: _Batch, error: Exception, now: datetime
) -> None:
    pause = min(timedelta(seconds=2 ** min(batch.failures, 16)), LONGEST_RETRY)
    first, last = batch.events[0], batch.events[-1]
    log.error(
        "subscription_failed",
        subscription=subscription.name,
        first_event=str(first.event.event_id),
        last_event=str(last.event.event_id),
        events=len(batch.events),
        retry_seconds=pause.total_seconds(),
        exc_info=error,
    )
    with database.begin() as tx:
        tx.execute(_REGISTER, {"name": subscription.name})
        tx.execute(
            _FAIL,
            {
                "name": subscription.name,
                "error": f"{type(error).__name__}: {error} (events {first.cursor} to {last.cursor})"[:2000],
                "retry_at": now + pause,
                "old_xid": str(batch.start.xid),
                "old_position": batch.start.position,
            },
        )


def replay(tx: Tx, name: str, since: Cursor | datetime) -> None:
    """Move a subscription back, so that it hears again every event after ``since`` (a cursor or an instant).

    An instant is compared with the time an event was recorded. A subscription never moves forward: one that has
    not come as far as ``since`` stays where it is. A batch under way is waited for or, outside, does not count.

    Raises:
        NotFound: when there is no such subscription.
    """
    if not tx.execute(_KNOWN, {"name": name}).scalar_one():
        raise NotFound(f"No subscription named {name!r} has ever run here. Check the name.")
    target = since if isinstance(since, Cursor) else _before(tx, since)
    if target is not None:
        tx.execute(_REPLAY, {"name": name, "xid": str(target.xid), "position": target.position})


def _before(tx: Tx, instant: datetime) -> Cursor | None:
    """Return the cursor just before the first event recorded at ``instant`` or later; None when there is none."""
    row = tx.execute(_FIRST_SINCE, {"since": instant}).one_or_none()
    return Cursor(row.xid, row.position - 1) if row else None


def lag(tx: Tx, subscriptions: Sequence[Subscription]) -> tuple[SubscriptionLag, ...]:
    """Return how far each subscription is behind, in the order given; one query, its cost bounded."""
    wanted = [{"name": s.name, "types": sorted(s.types) if s.types is not None else None} for s in subscriptions]
    rows = tx.execute(_LAG, {"wanted": orjson.dumps(wanted).decode(), "bound": LAG_BOUND})
    return tuple(
        SubscriptionLag(
            row.name,
            Cursor(row.xid, row.position),
            row.events,
            max(0.0, float(row.seconds)),
            row.failures or 0,
            row.last_error,
        )
        for row in rows
    )


class Runner:
    """Keeps subscriptions up to date until it is told to stop; any number of processes may run one each."""

    def __init__(self, database: Database, subscriptions: Sequence[Subscription], clock: Clock) -> None:
        self._database = database
        self._subscriptions = {s.name: s for s in subscriptions}
        self._clock = clock

    def run(self, stop: Stop) -> None:
        """Work until ``stop`` is set; a lost connection is logged and taken up again, after up to 5 s."""
        failures = 0
        while not stop.is_set():
            try:
                with self._listening() as connection:
                    failures = 0
                    self._follow(connection, stop)
            except (SQLAlchemyError, psycopg.Error) as error:
                pause = min(0.5 * 2**failures, LONGEST_PAUSE_SECONDS)
                failures = min(failures + 1, 16)
                log.warning("subscriptions_interrupted", error=str(error), retry_seconds=pause)
                stop.wait(pause)

    def drain(self) -> int:
        """Work until nothing is left that may be heard now; return how many events were heard."""
        total = 0
        while heard := self._round():
            total += heard
        return total

    def _follow(self, connection: psycopg.Connection, stop: Stop) -> None:
        while not stop.is_set():
            if not self._round():
                _wait(connection, stop)

    def _round(self) -> int:
        """Give each subscription that may have something to hear one batch; return how many events were heard."""
        return sum(run_once(self._database, self._subscriptions[name], self._clock) for name in self._waiting())

    def _waiting(self) -> Sequence[str]:
        """Return the subscriptions that stand before the end of the log; one look that writes nothing."""
        with self._database.read() as tx:
            end = end_of_log(tx)
            return (
                tx.execute(
                    _WAITING,
                    {
                        "names": list(self._subscriptions),
                        "xid": str(end.xid),
                        "position": end.position,
                        "now": self._clock(),
                    },
                )
                .scalars()
                .all()
            )

    @contextmanager
    def _listening(self) -> Iterator[psycopg.Connection]:
        """Open a connection of our own that hears the log's notifications."""
        with self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            raw = connection.connection.driver_connection
            connection.detach()  # it stays with us: the pool gets its place back, and never a listening connection
            connection.exec_driver_sql(f"listen {CHANNEL}")
            assert isinstance(raw, psycopg.Connection)  # noqa: S101 - Database speaks psycopg only
            yield raw


def _wait(connection: psycopg.Connection, stop: Stop) -> None:
    """Wait for a notification, the next poll, or ``stop``."""
    poll_at = time.monotonic() + POLL_SECONDS
    while time.monotonic() < poll_at and not stop.is_set():
        if any(True for _ in connection.notifies(timeout=_STOP_CHECK_SECONDS, stop_after=1)):
            return
