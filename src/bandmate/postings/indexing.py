"""Keeping the search index fresh from the event log: one indexer an index folder, in whatever process.

The index remembers in its own commits how far in the log it has come, so it can be deleted, copied or rebuilt
without anybody else keeping count. Who may write it is decided by an advisory lock in PostgreSQL whose key is
drawn from an id beside the folder: several machines on one database each keep an index of their own.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bandmate.engines.search import IndexStale, IndexUnusable, IndexWriter, SearchIndex
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.events import Cursor, StoredEvent, end_of_log, has_after, read_after
from bandmate.postings import events
from bandmate.postings.index_schema import SCHEMA, all_documents, documents

STEP_EVENTS = 2_000
"""Events handled between two commits of the index."""

POLL_SECONDS = 0.5
"""How long a posting may wait in the log before the indexer looks again; well under the promised two seconds."""

ELECTION_SECONDS = 5.0

DRAIN_PATIENCE_SECONDS = 10.0

REBUILD_MEMORY = 256_000_000
REBUILD_THREADS = 2
REBUILD_PATIENCE_SECONDS = 600

_log = structlog.get_logger(__name__)


def index_folder(settings: Settings) -> Path:
    """Return the folder of the index over postings."""
    return settings.index_folder / "postings"


def _lock_key(folder: Path) -> int:
    """Return the advisory lock's key for a folder, from an id that is kept beside it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    mark = folder.parent / f"{folder.name}.id"
    with suppress(FileExistsError), mark.open("x") as fresh:
        fresh.write(str(uuid.uuid4()))
    digest = hashlib.sha256(mark.read_bytes()).digest()
    return int.from_bytes(digest[:8], signed=True)


@contextmanager
def elected(database: Database, folder: Path) -> Iterator[bool]:
    """Try to become the one indexer of ``folder``; says whether we are. The lock goes with its connection."""
    key = {"key": _lock_key(folder)}
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        won = bool(connection.execute(text("select pg_try_advisory_lock(:key)"), key).scalar_one())
        try:
            yield won
        finally:
            if won:
                with suppress(OperationalError):
                    connection.execute(text("select pg_advisory_unlock(:key)"), key)


class Indexer:
    """Feeds the index; only whoever is elected may make one."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        try:
            mark = SearchIndex.open(folder, SCHEMA).mark()
            self._cursor = Cursor.parse(mark) if mark else None
        except (IndexUnusable, IndexStale, ValueError):
            self._cursor = None
        self._writer: IndexWriter | None = None

    def close(self) -> None:
        """Let go of the folder."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def step(self) -> int:
        """Bring the index up to the next events; return how many were taken in, 0 when it is up to date.

        An index without a mark, of another schema or damaged is built anew from the database.
        """
        if self._cursor is None or _wish(self._folder).exists():
            return self.rebuild()
        with self._database.read() as tx:
            batch = read_after(tx, self._cursor, types=events.PUBLISHED, limit=STEP_EVENTS)
            if not batch:
                return 0
            if self._writer is None:
                self._writer = IndexWriter.open(self._folder, SCHEMA)
            self._take(self._writer, tx, batch)
        self._cursor = batch[-1].cursor
        self._writer.commit(str(self._cursor))
        return len(batch)

    def _take(self, writer: IndexWriter, tx: Tx, batch: Sequence[StoredEvent]) -> None:
        """Index the postings that these events are about, as they are now; one that is gone is removed."""
        concerned = dict.fromkeys(_concerned(batch))
        for stored in batch:
            if stored.event.type == events.BOARD_REBUILT:
                concerned |= dict.fromkeys(_jobs_of(tx, stored.event.subject))
        found = set()
        for job_id, values in documents(tx, list(concerned)):
            # Version 0 always: there is one writer and it reads the newest state, so the last word counts.
            writer.upsert(job_id, 0, values)
            found.add(job_id)
        for job_id in concerned:
            if job_id not in found:
                writer.delete(job_id)

    def rebuild(self) -> int:
        """Build the index anew from the database; return how many postings it holds."""
        self.close()
        count = 0
        with IndexWriter.rebuild(self._folder, SCHEMA, memory=REBUILD_MEMORY, threads=REBUILD_THREADS) as writer:
            with self._database.read() as tx:
                cursor = end_of_log(tx)
                for job_id, values in all_documents(tx):
                    writer.upsert(job_id, 0, values)
                    count += 1
            writer.commit(str(cursor))
        self._cursor = cursor
        _wish(self._folder).unlink(missing_ok=True)
        return count

    def drain(self, patience: float = DRAIN_PATIENCE_SECONDS) -> int:
        """Step until the index is up to date; return how many events were taken in.

        Events can be committed and yet not readable, while any older transaction on the server runs; they are
        waited for, ``patience`` seconds at most. Whoever indexes next takes in what is left.
        """
        total = 0
        deadline = time.monotonic() + patience
        while True:
            taken = self.step()
            total += taken
            if taken == 0:
                if self._is_fresh() or time.monotonic() > deadline:
                    return total
                time.sleep(0.05)

    def _is_fresh(self) -> bool:
        with self._database.read() as tx:
            return self._cursor is not None and not has_after(tx, self._cursor, events.PUBLISHED)


def _concerned(batch: Sequence[StoredEvent]) -> Iterator[str]:
    for stored in batch:
        if stored.event.type.startswith("postings.job."):
            yield stored.event.subject
        else:
            yield from stored.event.data["job_ids"]


def _jobs_of(tx: Tx, board_id: str) -> list[str]:
    rows = tx.execute(text("select job_id from postings.job where board_id = :id"), {"id": board_id})
    return list(rows.scalars())


def drain_if_alone(database: Database, settings: Settings) -> None:
    """Bring the index up to date, unless an indexer runs that will do it."""
    folder = index_folder(settings)
    with elected(database, folder) as won:
        if not won:
            return
        indexer = Indexer(database, folder)
        try:
            indexer.drain()
        finally:
            indexer.close()


def rebuild_index(database: Database, settings: Settings) -> int:
    """Build the index anew, or have the process that keeps it do so; return how many postings it holds.

    Raises:
        Conflict: when the process that keeps the index does not get to it within ten minutes.
    """
    folder = index_folder(settings)
    with elected(database, folder) as won:
        if won:
            indexer = Indexer(database, folder)
            try:
                return indexer.rebuild()
            finally:
                indexer.close()
    wish = _wish(folder)
    wish.touch()
    deadline = time.monotonic() + REBUILD_PATIENCE_SECONDS
    while wish.exists():
        if time.monotonic() > deadline:
            raise Conflict(f"Another process keeps the index and has not rebuilt it; its log says why ({folder}).")
        time.sleep(0.2)
    return SearchIndex.open(folder, SCHEMA).count()


def ask_for_rebuild(settings: Settings) -> None:
    """Have whichever process of this home keeps the index build it anew; idempotent until it begins."""
    wish = _wish(index_folder(settings))
    wish.parent.mkdir(parents=True, exist_ok=True)
    wish.touch()


def _wish(folder: Path) -> Path:
    """Return the file whose presence asks the indexer to rebuild."""
    return folder.parent / f"{folder.name}.rebuild"


def run_indexer(database: Database, settings: Settings, stop: threading.Event) -> None:
    """Keep the index fresh until ``stop``; stand by while another process does, survive a lost database."""
    folder = index_folder(settings)
    while not stop.is_set():
        try:
            with elected(database, folder) as won:
                if won:
                    _serve(Indexer(database, folder), stop)
        except (OperationalError, OSError, ValueError):
            _log.exception("indexing stopped and will be tried again", folder=str(folder))
        stop.wait(ELECTION_SECONDS)


def _serve(indexer: Indexer, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            if indexer.step() == 0:
                stop.wait(POLL_SECONDS)
    finally:
        indexer.close()


def index_lag(tx: Tx, settings: Settings) -> int | None:
    """Return how many events the index is behind (at most ``STEP_EVENTS``), None when there is no usable index."""
    try:
        mark = SearchIndex.open(index_folder(settings), SCHEMA).mark()
        cursor = Cursor.parse(mark) if mark else None
    except (IndexUnusable, ValueError):
        return None
    return None if cursor is None else len(read_after(tx, cursor, types=events.PUBLISHED, limit=STEP_EVENTS))
