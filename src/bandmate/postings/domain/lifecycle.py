"""When a posting is there, gone and back: the closing rule, as a fold over the runs of one board.

A posting closes at the first complete, non-empty run of its board in which it is absent, provided it has been
absent from at least two consecutive complete non-empty runs (that one included) and at least 24 hours have passed
since its last sighting. Absence is never concluded from partial, failed or empty runs; they also do not end a
streak of absences. A sighting in a partial run is a sighting. A closed posting that is seen again reopens.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

ABSENCES_TO_CLOSE = 2
GRACE = timedelta(hours=24)


class Outcome(StrEnum):
    """What a run of a board came to, as the archive records it."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


class Verdict(StrEnum):
    """What a run proves about the postings of its board."""

    COMPLETE = "complete"
    """The whole listing: whoever is not in it was absent."""
    PARTIAL = "partial"
    """Part of the listing: sightings count, absences do not."""
    EMPTY = "empty"
    """An answer without postings: proves nothing, for many boards answer so when they are broken."""
    FAILED = "failed"
    """No usable answer: proves nothing."""


def verdict(outcome: Outcome, *, listed: int, proven: bool) -> Verdict:
    """Say what a run proves; an outcome is only ever lowered.

    Args:
        outcome: as recorded when the board was read.
        listed: postings whose key could be read.
        proven: whether the payload itself shows that nothing is missing from it.
    """
    if outcome is Outcome.FAILED:
        return Verdict.FAILED
    if listed == 0:
        return Verdict.EMPTY if proven else Verdict.FAILED
    if outcome is Outcome.PARTIAL or not proven:
        return Verdict.PARTIAL
    return Verdict.COMPLETE


class Transition(StrEnum):
    """A step in a posting's life."""

    CREATED = "created"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class Presence:
    """What the runs so far say about one posting."""

    first_seen_at: datetime
    last_seen_at: datetime
    last_checked_at: datetime
    inactive_at: datetime | None = None
    absences: int = 0
    """Consecutive complete non-empty runs without it, up to now."""


def sighted(before: Presence | None, at: datetime) -> tuple[Presence, Transition | None]:
    """Fold in a run at ``at`` that lists the posting."""
    if before is None:
        return Presence(first_seen_at=at, last_seen_at=at, last_checked_at=at), Transition.CREATED
    after = Presence(first_seen_at=before.first_seen_at, last_seen_at=at, last_checked_at=at)
    return after, Transition.REOPENED if before.inactive_at else None


def absent(before: Presence, at: datetime) -> tuple[Presence, Transition | None]:
    """Fold in a complete, non-empty run at ``at`` that does not list the posting."""
    if before.inactive_at is not None:
        return before, None
    absences = before.absences + 1
    if absences >= ABSENCES_TO_CLOSE and at - before.last_seen_at >= GRACE:
        return replace(before, last_checked_at=at, inactive_at=at, absences=absences), Transition.CLOSED
    return replace(before, last_checked_at=at, absences=absences), None


class Status(StrEnum):
    """Where a posting stands, for readers."""

    ACTIVE = "active"
    EXPIRED = "expired"
    DELETED = "deleted"


def status(*, inactive_at: datetime | None, valid_through: datetime | None, now: datetime) -> Status:
    """Say where a posting stands at ``now``; expiry is derived when read and never an event."""
    if inactive_at is not None:
        return Status.DELETED
    if valid_through is not None and valid_through < now:
        return Status.EXPIRED
    return Status.ACTIVE
