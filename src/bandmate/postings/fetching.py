"""Fetching many boards at once: bounded, paced per host, and no board's failure stops another."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass

from bandmate.kernel.clock import Clock
from bandmate.kernel.config import Settings
from bandmate.kernel.errors import BandmateError
from bandmate.kernel.outbound import Outbound
from bandmate.postings.providers import Answer, Provider, Validators, provider

PER_PROVIDER = 2
"""Boards of one provider fetched at the same time; they share a host, so more would only wait for its pace."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BoardRequest:
    """A board to fetch, and what is known of its last answer."""

    provider: str
    board: str
    known: Validators | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """A board and what came of fetching it."""

    request: BoardRequest
    answer: Answer


def configured(name: str, settings: Settings) -> Provider:
    """Return a provider at the address the settings give it, else at its own.

    Raises:
        InvalidInput: when there is no such provider.
    """
    found = provider(name)
    address = settings.provider_urls.get(name)
    return found.at(address) if address else found


async def fetch_boards(
    boards: Sequence[BoardRequest], settings: Settings, clock: Clock
) -> AsyncGenerator[Fetched, None]:
    """Fetch boards and yield each as it is finished; every request is answered exactly once.

    A board that cannot be fetched is an answer with the outcome ``failed``. Answers wait in memory only while the
    caller is busy with another: at most two for each provider, since they may be large. Whoever stops early closes
    the generator (``contextlib.aclosing``), which ends what is under way.
    """
    queues: dict[str, list[BoardRequest]] = defaultdict(list)
    for request in boards:
        queues[request.provider].append(request)
    done: asyncio.Queue[Fetched] = asyncio.Queue(maxsize=1)
    async with Outbound(settings, clock=clock) as session:
        workers = [
            asyncio.create_task(_work(session, settings, waiting, done))
            for waiting in map(iter, queues.values())
            for _ in range(PER_PROVIDER)
        ]
        try:
            for _ in boards:
                yield await done.get()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


async def _work(
    session: Outbound, settings: Settings, waiting: Iterator[BoardRequest], done: asyncio.Queue[Fetched]
) -> None:
    """Fetch one board after another; the workers of a provider share the iterator of what is waiting."""
    for request in waiting:
        await done.put(Fetched(request, await _fetch(session, settings, request)))


async def _fetch(session: Outbound, settings: Settings, request: BoardRequest) -> Answer:
    try:
        source = configured(request.provider, settings)
        return await source.fetch(session, request.board, request.known)
    except BandmateError as error:
        detail = error.detail
    except Exception:  # noqa: BLE001 - one board must never stop the others; the log has the trace
        _log.exception("fetching %s:%s failed unexpectedly", request.provider, request.board)
        detail = "Fetching failed for a reason on our side; the log has it."
    return Answer(
        status=None,
        payload=None,
        etag=None,
        last_modified=None,
        not_modified=False,
        pages=0,
        declared_total=None,
        outcome="failed",
        detail=detail,
        observed_at=session.clock(),
    )
