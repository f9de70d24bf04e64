"""Events of matching: somebody sets a suggestion aside or takes it back; prices are set."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, PersonId, derived_id, new_id
from bandmate.kernel.languages import later
from bandmate.marketplace.ids import OpportunityId

DISMISSED = declare_event_type(
    "marketplace.suggestion.dismissed",
    1,
    later("Somebody does not want to be shown an opportunity."),
    "marketplace",
)
RESTORED = declare_event_type(
    "marketplace.suggestion.restored", 1, later("Somebody wants to be shown an opportunity again."), "marketplace"
)
PRICED = declare_event_type(
    "marketplace.prices.computed",
    1,
    later("The prices of the crowd were computed anew."),
    "marketplace",
    public=True,
)


PUBLISHED = (DISMISSED.name, RESTORED.name, PRICED.name)


def dismissed(person: PersonId, opportunity: OpportunityId, now: datetime) -> Event:
    """Return that somebody set an opportunity aside."""
    return _about(DISMISSED.name, person, now, {"opportunity_id": str(opportunity)})


def restored(person: PersonId, opportunity: OpportunityId, now: datetime) -> Event:
    """Return that somebody took it back."""
    return _about(RESTORED.name, person, now, {"opportunity_id": str(opportunity)})


def priced(opportunities: int, people: int, now: datetime) -> Event:
    """Return that prices were computed; one event an instant."""
    event_id: UUID = derived_id(PRICED.name, rfc3339(now))
    data = {"opportunities": opportunities, "people": people}
    return Event(EventId(event_id), PRICED.name, PRICED.version, "prices", now, data)


def _about(name: str, person: PersonId, now: datetime, data: dict[str, object]) -> Event:
    return Event(EventId(new_id()), name, 1, str(person), now, data)
