"""From observations of boards to records and history, several boards in one transaction.

Each batch is all or nothing: records, history, runs and published events of its boards commit together, and a run
that is recorded is never folded twice. So a process may die at any point, and doing the same again ends the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bandmate.kernel.archive import Archive
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import Event
from bandmate.postings import events
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.folding import BoardFold, FoldedRun
from bandmate.postings.observations import Observation
from bandmate.postings.providers import PROVIDERS
from bandmate.postings.storing import (
    forget_boards,
    known_runs,
    load_jobs,
    load_meanings,
    load_natives,
    lock_boards,
    store,
)

Work = Mapping[BoardName, Sequence[Observation]]
"""New observations by board, each board's in time order; their payloads are in the archive."""


@dataclass(slots=True)
class Ingested:
    """What a batch came to."""

    runs: int = 0
    repeated: int = 0
    failed: int = 0
    postings: int = 0
    created: int = 0
    updated: int = 0
    closed: int = 0
    reopened: int = 0
    bad_postings: int = 0
    rebuilt: int = 0
    conflicting: list[str] = field(default_factory=list)

    def add(self, other: Ingested) -> None:
        """Count another batch in."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def events(self) -> int:
        """Lifecycle events of postings."""
        return self.created + self.updated + self.closed + self.reopened


def _keep_nothing(_: Sequence[Observation]) -> None:
    """Their payloads are in the archive already."""


def ingest(
    tx: Tx,
    archive: Archive,
    work: Work,
    scope: LaunchScope,
    keep: Callable[[Sequence[Observation]], None] = _keep_nothing,
) -> Ingested:
    """Fold new observations of boards and store the result; boards of unknown providers must be left out.

    ``keep`` is called with all unrecorded observations before they are folded; it sees to it that their
    payloads are in ``archive``.

    An observation that is already recorded is passed over. One that is older than the board's last run cannot be
    folded in afterwards, so its board is forgotten and folded again from its first run, out of the archive.
    """
    done = Ingested()
    boards = list(work)
    orgs = lock_boards(tx, boards)
    recorded = known_runs(tx, boards, [o.observed_at for observations in work.values() for o in observations])
    fresh: dict[BoardName, list[Observation]] = {}
    rebuilds: list[BoardName] = []
    unrecorded: list[Observation] = []
    for board in boards:
        new = _unrecorded(work[board], recorded[board.board_id], done)
        if not new:
            continue
        unrecorded += new
        last = orgs[board.board_id].last_run_at
        if last is not None and new[0].observed_at < last:
            rebuilds.append(board)
        fresh[board] = new
    keep(unrecorded)
    if rebuilds:
        past = known_runs(tx, rebuilds)
        fresh |= {board: _merged(board, past[board.board_id], fresh[board]) for board in rebuilds}
        forget_boards(tx, [board.board_id for board in rebuilds])
        done.rebuilt = len(rebuilds)
    jobs = load_jobs(tx, [board.board_id for board in fresh])
    folds = []
    for board, observations in fresh.items():
        fold = BoardFold(
            board,
            PROVIDERS[board.provider],
            scope,
            lambda job_ids: load_meanings(tx, job_ids),
            lambda job_ids: load_natives(tx, job_ids),
            jobs=jobs[board.board_id],
            unconfirmed_since=None if board in rebuilds else orgs[board.board_id].unconfirmed_since,
        )
        _fold_all(fold, observations, archive)
        folds.append(fold)
        _count(done, fold)
    store(tx, folds, orgs, [_rebuilt(board, fresh[board]) for board in rebuilds])
    return done


def _fold_all(fold: BoardFold, observations: Sequence[Observation], archive: Archive) -> None:
    def read_payload(observation: Observation) -> bytes:
        return archive.read(str(observation.path), str(observation.sha256))

    for observation in observations:
        fold.fold(observation, read_payload)


def _unrecorded(
    observations: Sequence[Observation], recorded: Mapping[datetime, Any], done: Ingested
) -> list[Observation]:
    """Return the observations that are not recorded; one that is recorded with another payload is reported."""
    new = []
    for observation in observations:
        run = recorded.get(observation.observed_at)
        if run is None:
            new.append(observation)
            continue
        done.repeated += 1
        if run.sha256 != observation.sha256:
            done.conflicting.append(f"{observation.board} at {observation.observed_at.isoformat()}")
    return new


def _merged(board: BoardName, recorded: Mapping[datetime, Any], new: Sequence[Observation]) -> list[Observation]:
    past = [
        Observation(
            board=board,
            observed_at=at,
            outcome=Outcome(run.outcome),
            http_status=run.http_status,
            declared_total=run.declared_total,
            listed=run.listed,
            sha256=run.sha256,
            path=run.path,
            detail=run.detail,
        )
        for at, run in recorded.items()
    ]
    return sorted([*past, *new], key=lambda observation: observation.observed_at)


def _rebuilt(board: BoardName, observations: Sequence[Observation]) -> Event:
    return events.board_event(events.BOARD_REBUILT, board, observations[-1].observed_at, number=len(observations))


def _count(done: Ingested, fold: BoardFold) -> None:
    done.runs += len(fold.runs)
    done.failed += sum(_failed(run) for run in fold.runs)
    done.bad_postings += sum(fault.fatal for run in fold.runs for fault in run.faults)
    done.postings += len(fold.jobs)
    for kind in ("created", "updated", "closed", "reopened"):
        setattr(done, kind, getattr(done, kind) + sum(run.counts[kind] for run in fold.runs))


def _failed(run: FoldedRun) -> bool:
    return run.verdict == "failed"
