"""Switching an alert on: only together with the consent it needs, as one act."""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.consent import Through, allows, grant
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.postings.saved_searches.domain import Frequency, Schedule
from bandmate.postings.saved_searches.purpose import EMAIL, JOB_ALERTS


def alerts_allowed(tx: Tx, person_id: PersonId, now: datetime) -> bool:
    """Whether a person allows job alerts by e-mail now."""
    return bool(allows(tx, person_id, JOB_ALERTS.name, EMAIL, at=now).allowed)


def agree(tx: Tx, person_id: PersonId, schedule: Schedule, *, agreed_to: int | None, now: datetime) -> None:
    """Write down the consent given on the form that switches an alert on; where it stands already, nothing.

    Args:
        tx: the transaction that switches the alert on.
        person_id: who agrees.
        schedule: what they chose.
        agreed_to: the version of the wording they ticked; None where they did not.
        now: when.

    Raises:
        InvalidInput: when the alert needs a consent that was not given.
        Conflict: when the wording has changed since it was shown.
    """
    if schedule.frequency is Frequency.NEVER or alerts_allowed(tx, person_id, now):
        return
    if agreed_to is None:
        raise InvalidInput(_("Allow us to write to you, or choose to get no messages."), field="allow")
    if agreed_to != JOB_ALERTS.version:
        raise Conflict(
            _(
                "The wording has changed since you opened the page, so nothing was saved. "
                "Read it anew and decide then."
            )
        )
    shown = JOB_ALERTS.shown(to=person_id, through=Through.PAGE)
    grant(tx, person_id, JOB_ALERTS.name, EMAIL, evidence=shown, at=now)
