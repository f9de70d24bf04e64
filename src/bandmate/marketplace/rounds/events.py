"""The events of rounds and pairs; their names stand in docs/events.md, which a test compares."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bandmate.kernel.audit import declare_action
from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later

VERSION = 1

ROUND_PUBLISHED = "marketplace.round.published"
PAIR_FORMED = "marketplace.pair.formed"
PAIR_ENDED = "marketplace.pair.ended"

declare_event_type(ROUND_PUBLISHED, VERSION, later("A mentoring round was published."), "marketplace", public=True)
declare_event_type(PAIR_FORMED, VERSION, later("A mentee and a mentor became a pair."), "marketplace")
declare_event_type(PAIR_ENDED, VERSION, later("A mentee and a mentor ended their pair."), "marketplace")

PUBLISHED = "marketplace.round.published"
declare_action(PUBLISHED, lambda: _("{by} published the mentoring round {subject} with {pairs} pairs"))


def round_published(round_id: UUID, format_: str, pairs: int, waiting: int, at: datetime) -> Event:
    """Tell that a round was published; once for each round."""
    event_id = EventId(fast_derived_id(ROUND_PUBLISHED, str(round_id)))
    data = {"round_id": str(round_id), "format": format_, "pairs": pairs, "waiting": waiting}
    return Event(event_id, ROUND_PUBLISHED, VERSION, str(round_id), at, data)


def pair_formed(
    pair_id: UUID, mentee_id: UUID, mentor_id: UUID, format_: str, round_id: UUID | None, at: datetime
) -> Event:
    """Tell that two became a pair; the subject is the mentee."""
    event_id = EventId(fast_derived_id(PAIR_FORMED, str(pair_id)))
    data = {
        "pair_id": str(pair_id),
        "mentee_id": str(mentee_id),
        "mentor_id": str(mentor_id),
        "format": format_,
        "round_id": None if round_id is None else str(round_id),
    }
    return Event(event_id, PAIR_FORMED, VERSION, str(mentee_id), at, data)


def pair_ended(pair_id: UUID, mentee_id: UUID, mentor_id: UUID, at: datetime) -> Event:
    """Tell that a pair ended, without the words why: those are for the two alone."""
    event_id = EventId(fast_derived_id(PAIR_ENDED, str(pair_id)))
    data = {"pair_id": str(pair_id), "mentee_id": str(mentee_id), "mentor_id": str(mentor_id)}
    return Event(event_id, PAIR_ENDED, VERSION, str(mentee_id), at, data)
