"""Reading what is due, batch by batch, until nothing is or somebody asks to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Database
from bandmate.postings.domain.identity import BoardId
from bandmate.postings.skills import queue
from bandmate.postings.skills.queue import Claimed, Progress
from bandmate.postings.skills.reading import PostingReader, PostingReading, Reader

BATCH = 32
"""Postings claimed and stored together: some twenty seconds of one core."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    """How far a reading has come."""

    version: str
    read: int
    """Postings read by this call so far."""
    progress: Progress


def read_due(
    database: Database,
    open_reader: Callable[[], Reader],
    clock: Clock,
    *,
    stopping: Callable[[], bool] = lambda: False,
    tell: Callable[[Told], None] = lambda _: None,
    batch: int = BATCH,
) -> int:
    """Read every posting that is due; return how many were read.

    Several processes may do so at once: each claims postings of its own. What was read is stored after each batch;
    what a killed process had claimed is read by others ten minutes later.

    Args:
        database: where postings are.
        open_reader: returns the reader that serves now; asked before each batch, because it may change.
        clock: tells the time.
        stopping: asked after each posting.
        tell: called after each batch.
        batch: postings at once.

    Raises:
        InvalidTaxonomy: when there is no vocabulary; what was read before stays.
    """
    read = 0
    reader: PostingReader | None = None
    shared: dict[BoardId, frozenset[str]] = {}
    while not stopping():
        reader = _current(database, reader, open_reader(), clock)
        with database.begin() as tx:
            claims = queue.claim(tx, reader.version, now=clock(), limit=batch)
            shared |= queue.shared_lines(tx, {one.board.board_id for one in claims} - shared.keys())
        if not claims:
            break
        done = _read(reader, claims, shared, stopping)
        with database.begin() as tx:
            queue.store(tx, done, now=clock())
            queue.release(tx, claims[len(done) :])
        read += len(done)
        with database.read() as tx:
            tell(Told(reader.version, read, queue.progress(tx, reader.version)))
    with database.begin() as tx:
        queue.forget_gone(tx, now=clock())
    return read


def _current(database: Database, held: PostingReader | None, serving: Reader, clock: Clock) -> PostingReader:
    """Return the reader of postings for the reader that serves; when it is another one, make ready for it."""
    if held is not None and held.reader is serving:
        return held
    fresh = PostingReader(serving)
    with database.begin() as tx:
        queue.set_state(tx, version=fresh.version, notice=None, now=clock())
        queue.pass_over_untouched(tx, fresh.version)
    return fresh


def _read(
    reader: PostingReader,
    claims: Sequence[Claimed],
    shared: Mapping[BoardId, frozenset[str]],
    stopping: Callable[[], bool],
) -> list[tuple[Claimed, PostingReading]]:
    """Read claimed postings until asked to stop."""
    done: list[tuple[Claimed, PostingReading]] = []
    for claimed in claims:
        if stopping():
            break
        done.append((claimed, _read_one(reader, claimed, shared[claimed.board.board_id])))
    return done


def _read_one(reader: PostingReader, claimed: Claimed, shared: frozenset[str]) -> PostingReading:
    """Read one posting; one that breaks the reader says nothing, and does not keep the others from being read."""
    try:
        return reader.read(claimed.title, claimed.description, shared)
    except Exception:  # whatever it is, it would be the same the next time
        log.exception("posting_not_read", job=claimed.job_id, version=reader.version)
        return PostingReading(reader.version, None, None, None, ())
