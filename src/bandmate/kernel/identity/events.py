"""The events of identity; every name here stands in docs/events.md, which a test compares.

The subject is the person. There are few: whoever wants to know how an account is now asks for it.
"""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.events import Event
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import AccountId, EventId, PersonId, derived_id
from bandmate.kernel.languages import later

VERSION = 1

ACCOUNT_CREATED = "kernel.account.created"

PUBLISHED = (ACCOUNT_CREATED,)

declare_event_type(ACCOUNT_CREATED, VERSION, later("A person got an account."), "identity")


def account_created(account_id: AccountId, person_id: PersonId, *, role: str, at: datetime) -> Event:
    """Tell that a person can sign in from now on, with this role."""
    event_id = EventId(derived_id(ACCOUNT_CREATED, str(account_id)))
    return Event(event_id, ACCOUNT_CREATED, VERSION, str(person_id), at, {"role": role})
