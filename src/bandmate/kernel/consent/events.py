"""The events of the consent ledger; every name here stands in docs/events.md, which a test compares.

The subject is the person. An event has the id of its entry, and its instant is when the person said so.
"""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.consent.entries import EntryId
from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, PersonId
from bandmate.kernel.languages import later

VERSION = 1

GRANTED = "kernel.consent.granted"
WITHDRAWN = "kernel.consent.withdrawn"

PUBLISHED = (GRANTED, WITHDRAWN)

declare_event_type(GRANTED, VERSION, later("A person allowed something."), "consent")
declare_event_type(WITHDRAWN, VERSION, later("A person refused something or took their consent back."), "consent")


def entry_added(
    entry_id: EntryId, subject: PersonId, purpose: str, channel: str | None, *, granted: bool, at: datetime
) -> Event:
    """Tell that a person granted or withdrew; a null channel means everything of the purpose."""
    kind = GRANTED if granted else WITHDRAWN
    data = {"purpose": purpose, "channel": channel}
    return Event(EventId(entry_id), kind, VERSION, str(subject), at, data)
