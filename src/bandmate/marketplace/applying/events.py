"""The events of applying; their names stand in docs/events.md, which a test compares.

The subject is the applicant; data hold ids and states, never what somebody wrote.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import later
from bandmate.marketplace.ids import ApplicationId

VERSION = 1

MOVED = "marketplace.application.moved"
MANAGER_ASKED = "marketplace.application.manager_asked"
MANAGER_ANSWERED = "marketplace.application.manager_answered"
INVITED = "marketplace.application.invited"

PUBLISHED = (MOVED, MANAGER_ASKED, MANAGER_ANSWERED, INVITED)

for _name, _description in (
    (MOVED, later("An application came into another state.")),
    (MANAGER_ASKED, later("A manager was asked about an offer to somebody of theirs.")),
    (MANAGER_ANSWERED, later("A manager answered about an offer, or the time for it went by in silence.")),
    (INVITED, later("An owner invited somebody to look at an opportunity.")),
):
    declare_event_type(_name, VERSION, _description, "marketplace")


def moved(
    person: PersonId, application: ApplicationId | UUID, opportunity: UUID, state: str, version: int, at: datetime
) -> Event:
    """Tell where an application stands now; once for each of its versions."""
    event_id = EventId(fast_derived_id(MOVED, str(application), str(version)))
    data = {
        "application_id": str(application),
        "opportunity_id": str(opportunity),
        "state": state,
        "version": version,
    }
    return Event(event_id, MOVED, VERSION, str(person), at, data)


def manager_asked(person: PersonId, application: UUID, manager: PersonId, due_at: datetime, at: datetime) -> Event:
    """Tell that a manager was asked."""
    event_id = EventId(fast_derived_id(MANAGER_ASKED, str(application), rfc3339(at)))
    data = {"application_id": str(application), "manager_id": str(manager), "due_at": rfc3339(due_at)}
    return Event(event_id, MANAGER_ASKED, VERSION, str(person), at, data)


def manager_answered(person: PersonId, application: UUID, answer: str, asked_at: datetime, at: datetime) -> Event:
    """Tell what came of asking a manager: ``fine``, ``concern`` or ``silence``; once each time."""
    event_id = EventId(fast_derived_id(MANAGER_ANSWERED, str(application), rfc3339(asked_at)))
    data = {"application_id": str(application), "answer": answer}
    return Event(event_id, MANAGER_ANSWERED, VERSION, str(person), at, data)


def invited(person: PersonId, opportunity: UUID, at: datetime) -> Event:
    """Tell that somebody was invited to look; once for each opportunity."""
    event_id = EventId(fast_derived_id(INVITED, str(opportunity), str(person)))
    return Event(event_id, INVITED, VERSION, str(person), at, {"opportunity_id": str(opportunity)})
