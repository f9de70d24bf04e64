"""Crawling boards: fetch, archive verbatim, then fold into records; one board's trouble never stops another's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from bandmate.kernel.archive import Archive, open_archive
from bandmate.kernel.clock import Clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.postings.boards import remember_validators
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.fetching import BoardRequest, Fetched, fetch_boards
from bandmate.postings.ingest import Ingested, ingest
from bandmate.postings.observations import Observation, record, to_milliseconds
from bandmate.postings.providers import PROVIDERS, UnreadablePayload, Validators


@dataclass(frozen=True, slots=True)
class Crawled:
    """One board after its crawl."""

    board: BoardName
    observation: Observation
    counts: Ingested


async def crawl(
    database: Database, boards: Sequence[BoardName], settings: Settings, clock: Clock
) -> AsyncGenerator[Crawled]:
    """Fetch boards side by side and yield each once its records are committed."""
    archive = open_archive(settings.archive_place)
    scope = LaunchScope.of(settings)
    with database.read() as tx:
        last = _last_payloads(tx, boards)
    requests = await asyncio.to_thread(_requests, boards, last, archive)
    async with aclosing(fetch_boards(requests, settings, clock)) as fetching:
        async for fetched in fetching:
            board = BoardName(fetched.request.provider, fetched.request.board)
            yield await asyncio.to_thread(_take, database, archive, scope, board, fetched, last.get(board))


def _requests(boards: Sequence[BoardName], last: Mapping[BoardName, Any], archive: Archive) -> list[BoardRequest]:
    """Say what to ask each board; looking into the archive may mean calling a store."""
    return [BoardRequest(board.provider, board.board, _validators(last.get(board), archive)) for board in boards]


def _last_payloads(tx: Tx, boards: Sequence[BoardName]) -> dict[BoardName, Any]:
    """Return the validators of boards and the newest payload they belong to; boards without one are left out."""
    rows = tx.execute(
        text("""
            select b.provider, b.board, b.etag, b.last_modified, r.sha256, r.path, r.listed, r.declared_total
              from postings.board b
              cross join lateral (
                   select * from postings.run
                    where run.board_id = b.board_id and run.path is not null and run.outcome = 'complete'
                    order by run.observed_at desc limit 1) r
             where b.board_id = any(:ids)
        """),
        {"ids": [board.board_id for board in boards]},
    )
    return {BoardName(row.provider, row.board): row for row in rows}


def _validators(last: Any, archive: Archive) -> Validators | None:
    """Ask conditionally only while the payload that "unchanged" would mean is still in the archive."""
    if last is None or not archive.has(last.path):
        return None
    return Validators(last.etag, last.last_modified)


def _take(
    database: Database, archive: Archive, scope: LaunchScope, board: BoardName, fetched: Fetched, last: Any
) -> Crawled:
    """Archive an answer, then fold it in."""
    answer = fetched.answer
    unchanged = last is not None and answer.not_modified
    observation = Observation(
        board=board,
        observed_at=to_milliseconds(answer.observed_at),
        outcome=Outcome(answer.outcome),
        http_status=answer.status,
        declared_total=last.declared_total if unchanged else answer.declared_total,
        listed=last.listed if unchanged else _count(board, answer.payload),
        sha256=last.sha256 if last is not None and (unchanged or answer.payload is not None) else None,
        path=last.path if last is not None and (unchanged or answer.payload is not None) else None,
        detail="payload unchanged" if unchanged else answer.detail,
    )
    observation = record(archive, observation, None if unchanged else answer.payload)
    with database.begin() as tx:
        counts = ingest(tx, archive, {board: [observation]}, scope)
        if observation.outcome is Outcome.COMPLETE and not unchanged:
            remember_validators(tx, board, answer.etag, answer.last_modified)
    return Crawled(board, observation, counts)


def _count(board: BoardName, payload: bytes | None) -> int | None:
    """Return how many postings a payload lists, None where it cannot be read."""
    if payload is None:
        return None
    try:
        return len(PROVIDERS[board.provider].split(payload).postings)
    except UnreadablePayload:
        return None
