"""Building records and history again from a raw archive: the same archive always gives the same rows.

Boards are independent, so they are folded side by side in a few processes; within a board, runs go in time order.
Payloads of another archive are adopted into our own first, byte for byte. A transaction here does not wait for
the disk (``synchronous_commit = off``): PostgreSQL stays consistent, and what a crash of the machine takes from
its last half second is replayed again, because the archive is still there.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from sqlalchemy import text

from bandmate.kernel.archive import ArchivePlace, RemotePlace, open_archive
from bandmate.kernel.database.session import Database, connect
from bandmate.kernel.errors import Unavailable
from bandmate.postings.boards import forget_validators
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.ingest import Ingested, ingest
from bandmate.postings.observations import RUNS, Observation, by_board, read_observations
from bandmate.postings.providers import PROVIDERS

BATCH_BOARDS = 40
BATCH_RUNS = 200
ALONE_RUNS = 60
"""Archives with fewer runs than this are replayed in this process: starting others would cost more."""

Batch = list[tuple[BoardName, list[Observation]]]


@dataclass(slots=True)
class Replayed:
    """What a replay came to."""

    boards: int = 0
    unsupported: dict[BoardName, int] = field(default_factory=dict)
    """Boards of providers we do not know, with their number of runs; counted and left alone."""
    counts: Ingested = field(default_factory=Ingested)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What a process needs to replay batches."""

    url: str
    source: ArchivePlace
    archive: ArchivePlace
    scope: LaunchScope


def replay(
    database: Database,
    source: ArchivePlace,
    archive: ArchivePlace,
    scope: LaunchScope,
    *,
    processes: int | None = None,
    progress: Callable[[Replayed], None] = lambda _: None,
) -> Replayed:
    """Replay the archive at ``source`` into the database, keeping its payloads in the archive at ``archive``.

    Args:
        database: where to; its connections are not used, each process opens one of its own.
        source: where ``runs.ndjson`` is; it is only read.
        archive: our own archive; may be the same.
        scope: the launch scope rule.
        processes: how many to use; by default one a processor.
        progress: called with the state so far after every batch.

    Raises:
        InvalidInput: when ``source`` is no archive that can be read.
        Unavailable: when one of the processes was killed.
    """
    observations = read_observations(source)
    done = Replayed()
    known: list[tuple[BoardName, list[Observation]]] = []
    for board, runs in by_board(observations):
        if board.provider in PROVIDERS:
            known.append((board, runs))
        else:
            done.unsupported[board] = len(runs)
    done.boards = len(known)
    setting = _Setting(database.url, source, archive, scope)
    workers = min(processes or os.cpu_count() or 1, len(known))
    batches = list(_batches(known))
    for counts in _run(batches, setting, workers if len(observations) > ALONE_RUNS else 1):
        done.counts.add(counts)
        progress(done)
    return done


def _batches(boards: Sequence[tuple[BoardName, list[Observation]]]) -> Iterator[Batch]:
    """Group boards so that a batch has at most ``BATCH_RUNS`` runs, or is one board with more."""
    batch: Batch = []
    size = 0
    for board, runs in boards:
        if batch and (size + len(runs) > BATCH_RUNS or len(batch) == BATCH_BOARDS):
            yield batch
            batch, size = [], 0
        batch.append((board, runs))
        size += len(runs)
    if batch:
        yield batch


def _run(batches: Sequence[Batch], setting: _Setting, workers: int) -> Iterator[Ingested]:
    if workers <= 1:
        worker = _Worker(setting)
        try:
            for batch in batches:
                yield worker.replay(batch)
        finally:
            worker.close()
        return
    # Forked where that is safe, because a fresh interpreter takes a second to import; the child opens a connection
    # of its own and never touches the ones it inherits. A remote archive has a thread that a fork would lose.
    is_remote = isinstance(setting.source, RemotePlace) or isinstance(setting.archive, RemotePlace)
    context = multiprocessing.get_context("fork" if sys.platform == "linux" and not is_remote else "spawn")
    with ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(setting,)) as pool:
        try:
            for future in as_completed([pool.submit(_replay_in_worker, batch) for batch in batches]):
                yield future.result()
        except BrokenProcessPool as error:
            raise Unavailable(
                "A process of the replay was killed, perhaps because the memory ran out. What it had finished is "
                "kept: run the same command again, with --processes 1 where memory is short."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)  # whoever stopped us does not wait for the batches not yet begun


class _Worker:
    """Replays batches over one connection."""

    def __init__(self, setting: _Setting) -> None:
        self.database = connect(setting.url, pool_size=1)
        self.source = open_archive(setting.source)
        self.archive = open_archive(setting.archive)
        self.scope = setting.scope

    def close(self) -> None:
        self.database.close()

    def replay(self, batch: Batch) -> Ingested:
        """Replay one batch; a board with very many runs goes in several transactions."""
        done = Ingested()
        longest = max(len(runs) for _, runs in batch)
        for start in range(0, longest, BATCH_RUNS):
            work = {board: runs[start : start + BATCH_RUNS] for board, runs in batch}
            with self.database.begin() as tx:
                tx.execute(text("set local synchronous_commit = off"))
                counts = ingest(tx, self.archive, work, self.scope, self._keep)
                if counts.runs:
                    forget_validators(tx, list(work))
                done.add(counts)
        return done

    def _keep(self, observations: Sequence[Observation]) -> None:
        if self.source.place == self.archive.place:
            return
        self.archive.adopt(self.source, [each.path for each in observations if each.path is not None])
        self.archive.append_lines(RUNS, [observation.as_line() for observation in observations])


_worker: _Worker | None = None


def _start_worker(setting: _Setting) -> None:
    global _worker  # noqa: PLW0603 - a pool's process has no other place for what its initializer made
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the parent's way of ending is not ours: we only hold a batch
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = _Worker(setting)


def _end_with_parent() -> None:
    """A killed parent cannot end its pool; without this its processes would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _replay_in_worker(batch: Batch) -> Ingested:
    assert _worker is not None, "the pool's initializer ran"  # noqa: S101 - a fact of the pool
    return _worker.replay(batch)
