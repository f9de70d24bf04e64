"""Folding the runs of one board, in time order, into its records and their history. No database, no files.

``BoardFold`` starts from what is known of a board, takes one run after the other and notes what changed;
``ingest`` loads the start and stores the end. Because a fold only depends on its runs, folding them again gives
the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bandmate.engines.extraction import to_text
from bandmate.kernel.archive import ArchiveDamaged
from bandmate.kernel.errors import NotFound
from bandmate.kernel.ids import EventId
from bandmate.postings import events
from bandmate.postings.derivation import DERIVED_VERSION, Derived, LaunchScope, derive, meaning_of
from bandmate.postings.domain.changes import (
    BoardChange,
    Change,
    Meaning,
    changes,
    content_hash,
    fold_board_changes,
    source_hash,
)
from bandmate.postings.domain.identity import BoardName, JobId, job_id
from bandmate.postings.domain.lifecycle import Presence, Transition, Verdict, absent, sighted, verdict
from bandmate.postings.observations import Observation
from bandmate.postings.providers import (
    BadPosting,
    Fault,
    Listing,
    Provider,
    RawPosting,
    StatedPosting,
    UnreadablePayload,
)

Meanings = Callable[[Sequence[JobId]], Mapping[JobId, Meaning]]
"""Loads the stored meaning of postings, description included."""

Natives = Callable[[Sequence[JobId]], Mapping[JobId, dict[str, Any]]]
"""Loads the stored elements of payloads that postings were read from."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the newest differing bytes of a posting say."""

    stated: StatedPosting
    derived: Derived
    text: str
    native: Mapping[str, Any]


@dataclass(slots=True)
class Known:
    """One posting while its board is folded; ``reading`` is set only when its bytes were read anew."""

    job_id: JobId
    key: str
    presence: Presence
    source_hash: str
    content_hash: str
    derived_version: int
    last_changed_at: datetime
    meaning: Meaning | None = None
    reading: Reading | None = None
    touched: bool = False


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One event of one posting."""

    job_id: JobId
    kind: str
    at: datetime
    source_hash: str
    change: Change | None = None
    last_seen_at: datetime | None = None
    """Of a closing: the last sighting before."""


@dataclass(frozen=True, slots=True)
class BoardStep:
    """One edit across a board."""

    at: datetime
    change: BoardChange
    job_ids: tuple[JobId, ...]


@dataclass(frozen=True, slots=True)
class FoldedRun:
    """One run and what it came to."""

    observation: Observation
    verdict: Verdict
    detail: str | None
    faults: tuple[Fault, ...]
    counts: Mapping[str, int]


@dataclass(slots=True)
class BoardFold:
    """A board on its way through its runs."""

    board: BoardName
    provider: Provider
    scope: LaunchScope
    load_meanings: Meanings
    load_natives: Natives
    jobs: dict[str, Known] = field(default_factory=dict)
    unconfirmed_since: datetime | None = None
    company: str | None = None
    history: list[HistoryStep] = field(default_factory=list)
    board_history: list[BoardStep] = field(default_factory=list)
    refreshed: dict[datetime, list[JobId]] = field(default_factory=dict)
    runs: list[FoldedRun] = field(default_factory=list)
    _last: tuple[str, Listing] | None = None

    def fold(self, observation: Observation, read_payload: Callable[[Observation], bytes]) -> None:
        """Take one run; runs must come in time order."""
        steps_before = len(self.history)
        listing, problem = self._listing(observation, read_payload)
        faults = list(listing.faults) if listing else []
        what = verdict(
            observation.outcome,
            listed=len(listing.postings) if listing else 0,
            proven=listing.proven if listing else False,
        )
        if listing and what in {Verdict.COMPLETE, Verdict.PARTIAL}:
            unchanged = self._last is not None and self._last[0] == observation.sha256
            faults += self._sight(listing, observation.observed_at, unchanged=unchanged)
            if what is Verdict.COMPLETE:
                self._miss({raw.key for raw in listing.postings}, observation.observed_at)
            self.unconfirmed_since = None
        elif self.unconfirmed_since is None:
            self.unconfirmed_since = observation.observed_at
        if listing and observation.sha256:
            self._last = (observation.sha256, listing)
        kinds = [step.kind for step in self.history[steps_before:]]
        counts = {kind: kinds.count(kind) for kind in ("created", "updated", "closed", "reopened")}
        self.runs.append(FoldedRun(observation, what, problem or observation.detail, tuple(faults), counts))

    def _listing(
        self, observation: Observation, read_payload: Callable[[Observation], bytes]
    ) -> tuple[Listing | None, str | None]:
        """Return the run's listing, or why there is none; a failed run's payload is not read."""
        if observation.outcome == "failed" or observation.sha256 is None:
            return None, None if observation.outcome == "failed" else "no payload was recorded for this run"
        if self._last is not None and self._last[0] == observation.sha256:
            return self._last[1], None
        try:
            return self.provider.split(read_payload(observation)), None
        except (UnreadablePayload, ArchiveDamaged, NotFound) as error:
            return None, error.detail

    def _sight(self, listing: Listing, at: datetime, *, unchanged: bool) -> list[Fault]:
        """Fold in everything the run lists; return the faults of single postings."""
        faults: list[Fault] = []
        differing: list[tuple[Known, RawPosting, str]] = []
        for raw in listing.postings:
            known = self.jobs.get(raw.key)
            if known is None:
                faults += self._create(raw, at)
                continue
            self._see(known, at)
            if unchanged and known.derived_version == DERIVED_VERSION:
                continue
            found = source_hash(raw.native)
            if found != known.source_hash or known.derived_version != DERIVED_VERSION:
                differing.append((known, raw, found))
        if differing:
            faults += self._compare(differing, at, listed=len(listing.postings))
        return faults

    def _see(self, known: Known, at: datetime) -> None:
        known.presence, transition = sighted(known.presence, at)
        known.touched = True
        if transition is not None:
            self._note(known, transition, at)

    def _miss(self, listed: set[str], at: datetime) -> None:
        for key, known in self.jobs.items():
            if key in listed or known.presence.inactive_at is not None:
                continue
            known.presence, transition = absent(known.presence, at)
            known.touched = True
            if transition is not None:
                self._note(known, transition, at)

    def _note(self, known: Known, kind: str, at: datetime, change: Change | None = None) -> None:
        known.last_changed_at = at
        known.touched = True
        last_seen_at = known.presence.last_seen_at if kind == Transition.CLOSED else None
        self.history.append(HistoryStep(known.job_id, str(kind), at, known.source_hash, change, last_seen_at))

    def _read(self, raw: RawPosting) -> tuple[Reading, Meaning, tuple[Fault, ...]]:
        stated, faults = self.provider.state(raw)
        text = to_text(stated.description_html)
        self.company = stated.company or self.company
        reading = Reading(stated, derive(stated, text, self.scope), text, raw.native)
        return reading, meaning_of(stated, text), faults

    def _create(self, raw: RawPosting, at: datetime) -> tuple[Fault, ...]:
        try:
            reading, meaning, faults = self._read(raw)
        except BadPosting as error:
            return (error.fault,)
        presence, transition = sighted(None, at)
        known = Known(
            job_id=job_id(self.board.provider, self.board.board, raw.key),
            key=raw.key,
            presence=presence,
            source_hash=source_hash(raw.native),
            content_hash=content_hash(meaning),
            derived_version=DERIVED_VERSION,
            last_changed_at=at,
            meaning=meaning,
            reading=reading,
        )
        self.jobs[raw.key] = known
        self._note(known, transition or Transition.CREATED, at)
        return faults

    def _compare(
        self, differing: Sequence[tuple[Known, RawPosting, str]], at: datetime, *, listed: int
    ) -> list[Fault]:
        """Read postings whose bytes differ, and part their own changes from the board's and from cosmetics."""
        faults: list[Fault] = []
        found_changes: dict[str, tuple[Change, ...]] = {}
        earlier = self._meanings_before([known for known, _, _ in differing if known.meaning is None])
        reread: list[Known] = []
        for known, raw, found in differing:
            try:
                reading, meaning, own_faults = self._read(raw)
            except BadPosting as error:
                faults.append(error.fault)
                continue
            faults += own_faults
            before = known.meaning if known.meaning is not None else earlier.get(known.job_id, {})
            hashed = content_hash(meaning)
            is_reread = known.derived_version != DERIVED_VERSION
            if hashed != (content_hash(before) if is_reread else known.content_hash):
                found_changes[known.key] = changes(before, meaning)
            known.source_hash, known.content_hash = found, hashed
            known.derived_version, known.meaning, known.reading = DERIVED_VERSION, meaning, reading
            known.touched = True
            reread.append(known)
        own, shared = fold_board_changes(found_changes, listed=listed)
        for key, own_changes in own.items():
            for change in own_changes:
                self._note(self.jobs[key], "updated", at, change)
        for edit in shared:
            touched = tuple(sorted(self.jobs[key].job_id for key in edit.keys))
            self.board_history.append(BoardStep(at, edit, touched))
        silent = [known.job_id for known in reread if known.key not in own]
        if silent:
            self.refreshed[at] = sorted(silent)
        return faults

    def _meanings_before(self, postings: Sequence[Known]) -> dict[JobId, Meaning]:
        """Return what postings meant until now.

        What another version of the program read is read again from the bytes of then, so that a difference
        between the two versions is not taken for one that the employer made.
        """
        if not postings:
            return {}
        meanings = dict(self.load_meanings([known.job_id for known in postings]))
        stale = {known.job_id: known.key for known in postings if known.derived_version != DERIVED_VERSION}
        natives = self.load_natives(list(stale)) if stale else {}
        for job, native in natives.items():
            with suppress(BadPosting):
                stated, _ = self.provider.state(RawPosting(stale[job], "", native))
                meanings[job] = meaning_of(stated, to_text(stated.description_html))
        return meanings


def step_event_id(step: HistoryStep) -> EventId:
    """Return the stable id of one step of a posting's history."""
    return events.history_id(step.job_id, step.kind, step.at, step.change.field if step.change else "")
