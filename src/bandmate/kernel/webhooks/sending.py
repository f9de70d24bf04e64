"""The duty of the worker that sends: claims due deliveries, sends many at once, settles them together.

One turn is one short transaction: settle what has finished, then claim what may be sent now. Between turns nothing
is open, so a slow receiver holds neither a lock nor the readers of the event log. What bounds the work:

* ``MOST_IN_FLIGHT`` requests at once in a process;
* ``PER_ENDPOINT`` of them to one endpoint, and one only while it fails: a slow endpoint keeps its own few places
  busy and no others;
* a pause an endpoint asked for (``Retry-After``) holds all of its deliveries.

A worker that dies has settled nothing of what it was sending; when the lease is over somebody sends it again,
under the same ``webhook-id``. Order is not promised: a failed delivery is overtaken by later ones.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from threading import Event as Stop
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import BandmateError
from bandmate.kernel.outbound import Outbound
from bandmate.kernel.outbox import claim_due
from bandmate.kernel.webhooks.attempts import SECONDS, Attempt, load, make
from bandmate.kernel.webhooks.settling import OUTBOX, Finished, write_down
from bandmate.kernel.webhooks.signing import webhook_key

MOST_IN_FLIGHT = 64
PER_ENDPOINT = 4
POLL_SECONDS = 0.5
"""Longest time until something new is looked for."""

_SETTLE_SECONDS = 0.01
"""What finishes within this time is settled in one transaction."""
_LEASE_MARGIN_SECONDS = 60.0
_GRACE_SECONDS = 5.0
_LONGEST_PAUSE_SECONDS = 5.0

log = structlog.get_logger(__name__)

# Where deliveries are due; `failing` endpoints get one place only.
_LANES = text("""
    select endpoint_id, failing_since is not null as failing
      from kernel.webhook_endpoint as endpoint
     where state = 'active' and deleted_at is null and (hold_until is null or hold_until <= :now)
       and exists (select from kernel.webhook_delivery as delivery
                    where delivery.endpoint_id = endpoint.endpoint_id
                      and delivery.state = 'waiting' and delivery.due_at <= :now)
""")


class Sender:
    """Sends what is due until it is told to stop; any number of processes may run one each."""

    def __init__(
        self,
        database: Database,
        settings: Settings,
        clock: Clock = system_clock,
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._seconds = seconds
        self._lease = timedelta(seconds=seconds + _LEASE_MARGIN_SECONDS)
        self._running: set[asyncio.Task[Finished]] = set()
        self._finished: list[Finished] = []
        self._busy: Counter[UUID] = Counter()

    async def run(self, outbound: Outbound, stop: Stop) -> None:
        """Work until ``stop`` is set, then give what is under way a few seconds."""
        failures = 0
        while not stop.is_set():
            try:
                await self._turn(outbound)
            except (SQLAlchemyError, BandmateError, OSError) as error:
                pause = min(POLL_SECONDS * 2**failures, _LONGEST_PAUSE_SECONDS)
                failures = min(failures + 1, 16)
                log.warning("webhooks_interrupted", error=str(error), retry_seconds=pause)
                await _wait_for(stop, pause)
                continue
            failures = 0
            await self._rest()
        await self._stop()

    async def drain(self, outbound: Outbound) -> int:
        """Send until nothing is due and nothing is under way; return how many attempts were made."""
        made = 0
        while True:
            made += await self._turn(outbound)
            if not self._running and not self._finished:
                return made
            await self._rest()

    async def _turn(self, outbound: Outbound) -> int:
        """Settle what has finished and begin what may be sent; return how many attempts were begun."""
        finished = list(self._finished)
        room = MOST_IN_FLIGHT - len(self._running)
        attempts = await asyncio.to_thread(self._settle_and_claim, finished, room)
        del self._finished[: len(finished)]
        for attempt in attempts:
            self._busy[attempt.endpoint_id] += 1
            task = asyncio.create_task(self._send(attempt, outbound))
            self._running.add(task)
            task.add_done_callback(self._note_end)
        return len(attempts)

    def _settle_and_claim(self, finished: list[Finished], room: int) -> tuple[Attempt, ...]:
        now = self._clock()
        if finished:
            with self._database.begin() as tx:
                write_down(tx, self._settings, finished, now=now)
        if room <= 0:
            return ()
        with self._database.look() as tx:
            lanes = self._lanes(tx)
        if not lanes:
            return ()
        # Read before anything is claimed: without the key nothing could be sent.
        key = webhook_key(self._settings)
        with self._database.begin() as tx:
            claims = claim_due(tx, OUTBOX, now=now, lease=self._lease, limit=room, lanes=lanes)
            return load(tx, claims, key, now=now)

    def _lanes(self, tx: Tx) -> dict[UUID, int]:
        """Return where something is due and how many places each has free; the least busy first."""
        rows = tx.execute(_LANES, {"now": self._clock()})
        free = {
            row.endpoint_id: (1 if row.failing else PER_ENDPOINT) - self._busy[row.endpoint_id] for row in rows
        }
        return {
            endpoint: free[endpoint] for endpoint in sorted(free, key=self._busy.__getitem__) if free[endpoint] > 0
        }

    async def _send(self, attempt: Attempt, outbound: Outbound) -> Finished:
        try:
            answered = await make(attempt, outbound, self._clock, seconds=self._seconds)
        finally:
            self._busy[attempt.endpoint_id] -= 1
        log.info(
            "webhook_attempt",
            endpoint=str(attempt.endpoint_id),
            message_id=attempt.message_id,
            attempt=attempt.claim.attempt,
            status=answered.status,
            arrived=answered.arrived,
            ms=round(answered.took.total_seconds() * 1000, 1),
        )
        return Finished(attempt, answered)

    def _note_end(self, task: asyncio.Task[Finished]) -> None:
        self._running.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            # Not settled, so it comes again after its lease.
            log.error("webhook_attempt_broke", exc_info=error)
            return
        self._finished.append(task.result())

    async def _rest(self) -> None:
        """Wait for something to do: an attempt that ends, or the next look for what is due."""
        if not self._running:
            await asyncio.sleep(0 if self._finished else POLL_SECONDS)
            return
        await asyncio.wait(self._running, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        # Let what ends at about the same time be settled together.
        await asyncio.sleep(_SETTLE_SECONDS)

    async def _stop(self) -> None:
        running = set(self._running)
        if running:
            _, late = await asyncio.wait(running, timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.to_thread(self._settle_and_claim, list(self._finished), 0)


async def _wait_for(stop: Stop, seconds: float) -> None:
    await asyncio.to_thread(stop.wait, seconds)


def run_webhooks(database: Database, settings: Settings, stop: Stop, clock: Clock = system_clock) -> None:
    """Send webhooks until ``stop`` is set; a lost database is waited for."""

    async def work() -> None:
        async with Outbound(settings, clock=clock, connections=MOST_IN_FLIGHT) as outbound:
            await Sender(database, settings, clock).run(outbound, stop)

    asyncio.run(work())


def send_due(
    database: Database, settings: Settings, clock: Clock = system_clock, *, seconds: float = SECONDS
) -> int:
    """Send everything that is due now, then return how many attempts were made; for commands and tests."""

    async def work() -> int:
        async with Outbound(settings, clock=clock, connections=MOST_IN_FLIGHT) as outbound:
            return await Sender(database, settings, clock, seconds=seconds).drain(outbound)

    return asyncio.run(work())
