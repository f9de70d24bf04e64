"""The events of profiles and portfolios; every name here stands in docs/events.md.

Subject is the person; data hold ids, names of fields and states, never what somebody wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import Event, publish
from bandmate.kernel.events.catalogue import declare_event_type
from bandmate.kernel.ids import EventId, PersonId, fast_derived_id
from bandmate.kernel.languages import later

VERSION = 1

PROFILE_CHANGED = "marketplace.profile.changed"
SKILLS_CHANGED = "marketplace.profile_skills.changed"
CLAIM_ADDED = "marketplace.claim.added"
CLAIM_CHANGED = "marketplace.claim.changed"
CLAIM_REMOVED = "marketplace.claim.removed"
CONFIRMATION_ASKED = "marketplace.confirmation.asked"
CONFIRMATION_ANSWERED = "marketplace.confirmation.answered"

PUBLISHED = (
    PROFILE_CHANGED,
    SKILLS_CHANGED,
    CLAIM_ADDED,
    CLAIM_CHANGED,
    CLAIM_REMOVED,
    CONFIRMATION_ASKED,
    CONFIRMATION_ANSWERED,
)

for _name, _description in (
    (PROFILE_CHANGED, later("A person changed their profile.")),
    (SKILLS_CHANGED, later("A person added, accepted or removed skills of their profile.")),
    (CLAIM_ADDED, later("A piece of evidence was added to a person's portfolio.")),
    (CLAIM_CHANGED, later("A person changed a piece of evidence in their portfolio.")),
    (CLAIM_REMOVED, later("A person removed a piece of evidence from their portfolio.")),
    (CONFIRMATION_ASKED, later("A person asked somebody to confirm a piece of their evidence.")),
    (CONFIRMATION_ANSWERED, later("Somebody confirmed a piece of another's evidence, or declined to.")),
):
    declare_event_type(_name, VERSION, _description, "marketplace")


def tell(
    tx: Tx, kind: str, person_id: PersonId, data: Mapping[str, str | int | Sequence[str]], now: datetime
) -> None:
    """Publish an event about a person's own profile; the same thing at the same instant is told once."""
    named = "|".join(f"{name}={value}" for name, value in sorted(data.items()))
    event_id = EventId(fast_derived_id(kind, str(person_id), named, rfc3339(now)))
    publish(tx, [Event(event_id, kind, VERSION, str(person_id), now, data)])
