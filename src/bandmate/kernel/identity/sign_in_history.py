"""Past sign-ins of a person, as the audit trail knows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bandmate.kernel.audit.queries import TrailFilter, read_entries
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.acts import SIGNED_IN
from bandmate.kernel.ids import PersonId

SHOWN = 20


@dataclass(frozen=True, slots=True)
class PastSignIn:
    """When, from where and with what somebody signed in."""

    at: datetime
    address: str | None
    device: str | None


def past_sign_ins(tx: Tx, person_id: PersonId) -> tuple[PastSignIn, ...]:
    """Return the newest sign-ins, newest first."""
    found = read_entries(tx, TrailFilter(person=person_id, action=SIGNED_IN), limit=SHOWN)
    return tuple(PastSignIn(entry.at, entry.address, entry.details.get("browser")) for entry in found.entries)
