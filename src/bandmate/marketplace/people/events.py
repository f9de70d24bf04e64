"""The events of the directory; every name here stands in docs/events.md, which a test compares.

The subject is the person. The data name what changed and never hold a value: whoever needs it asks the directory.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import later

VERSION = 1

JOINED = "marketplace.employee.joined"
CHANGED = "marketplace.employee.changed"
LEFT = "marketplace.employee.left"

PUBLISHED = (JOINED, CHANGED, LEFT)

declare_event_type(JOINED, VERSION, later("A person works here from now on, or again."), "marketplace")
declare_event_type(CHANGED, VERSION, later("The directory knows something else about an employee."), "marketplace")
declare_event_type(LEFT, VERSION, later("A person does not work here any more."), "marketplace")


def employee_joined(person_id: PersonId, version: int, *, again: bool, at: datetime) -> Event:
    """Tell that a person is an employee now."""
    return _event(JOINED, person_id, version, {"again": again}, at)


def employee_changed(person_id: PersonId, version: int, fields: Sequence[str], *, at: datetime) -> Event:
    """Tell which fields of an active employee changed."""
    return _event(CHANGED, person_id, version, {"fields": list(fields)}, at)


def employee_left(person_id: PersonId, version: int, *, at: datetime) -> Event:
    """Tell that an employee left; what they did is kept."""
    return _event(LEFT, person_id, version, {}, at)


def _event(kind: str, person_id: PersonId, version: int, data: dict[str, object], at: datetime) -> Event:
    event_id = EventId(fast_derived_id(kind, str(person_id), str(version)))
    return Event(event_id, kind, VERSION, str(person_id), at, data)
