"""The events about persons themselves; every name here stands in docs/events.md, which a test compares.

They hold ids only, so they may stay when a person is erased.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, PersonId, derived_id
from bandmate.kernel.languages import later

VERSION = 1

ERASED = "kernel.person.erased"
MERGED = "kernel.person.merged"
SPLIT = "kernel.person.split"

PUBLISHED = (ERASED, MERGED, SPLIT)

declare_event_type(ERASED, VERSION, later("Everything held about a person is gone."), "persons")
declare_event_type(MERGED, VERSION, later("Two persons turned out to be one human."), "persons")
declare_event_type(SPLIT, VERSION, later("A merge of two persons was undone."), "persons")


def person_erased(person: PersonId, current: PersonId, at: datetime) -> Event:
    """Tell that everything held under an id is gone; erased again after a restore, it is the same event."""
    return Event(
        EventId(derived_id(ERASED, str(person))), ERASED, VERSION, str(person), at, {"current": str(current)}
    )


def persons_merged(merge_id: UUID, kept: PersonId, merged: PersonId, at: datetime) -> Event:
    """Tell that two persons are one human; the subject is the kept one."""
    return _of_two(MERGED, merge_id, kept, merged, at)


def persons_split(merge_id: UUID, kept: PersonId, merged: PersonId, at: datetime) -> Event:
    """Tell that a merge was undone; the subject is the person who had been kept."""
    return _of_two(SPLIT, merge_id, kept, merged, at)


def _of_two(kind: str, merge_id: UUID, kept: PersonId, merged: PersonId, at: datetime) -> Event:
    data = {"kept": str(kept), "merged": str(merged)}
    return Event(EventId(derived_id(kind, str(merge_id))), kind, VERSION, str(kept), at, data)
