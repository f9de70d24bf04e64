"""The events of opportunities and wishes; their names stand in docs/events.md, which a test compares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import later
from bandmate.marketplace.ids import OpportunityId, WishId

VERSION = 1

OPENED = "marketplace.opportunity.opened"
CHANGED = "marketplace.opportunity.changed"
FILLED = "marketplace.opportunity.filled"
CLOSED = "marketplace.opportunity.closed"
WISH_MADE = "marketplace.wish.made"
WISH_CHANGED = "marketplace.wish.changed"
WISH_WITHDRAWN = "marketplace.wish.withdrawn"

for _name, _description in (
    (OPENED, later("An opportunity can be found: published for the first time, or open again.")),
    (CHANGED, later("What an open opportunity says was changed.")),
    (FILLED, later("Every seat of an opportunity is taken.")),
    (CLOSED, later("An opportunity was closed by its owner, or with its posting.")),
):
    declare_event_type(_name, VERSION, _description, "marketplace", public=True)
for _name, _description in (
    (WISH_MADE, later("Somebody wished for a mentor.")),
    (WISH_CHANGED, later("Somebody changed their wish for a mentor.")),
    (WISH_WITHDRAWN, later("Somebody withdrew their wish for a mentor.")),
):
    declare_event_type(_name, VERSION, _description, "marketplace")


def opportunity_event(
    type_: str, opportunity_id: OpportunityId | UUID, kind: str, version: int, at: datetime
) -> Event:
    """Tell of an opportunity; the same version never tells the same twice."""
    event_id = EventId(fast_derived_id(type_, str(opportunity_id), str(version)))
    data = {"opportunity_id": str(opportunity_id), "kind": kind, "version": version}
    return Event(event_id, type_, VERSION, str(opportunity_id), at, data)


def wish_event(type_: str, person_id: PersonId, wish_id: WishId, version: int, at: datetime) -> Event:
    """Tell of a wish; the subject is who wished."""
    event_id = EventId(fast_derived_id(type_, str(wish_id), str(version)))
    data: Mapping[str, object] = {"wish_id": str(wish_id), "version": version}
    return Event(event_id, type_, VERSION, str(person_id), at, dict(data))
