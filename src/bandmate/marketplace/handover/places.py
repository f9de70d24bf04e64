"""What handing over puts on an opportunity's page: for its owner the way to it, for others why it waits."""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.marketplace.handover.handing import may_hand_over
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import Opportunity, Place, Slot, State, declare_slot
from bandmate.marketplace.people import employee_of

NAME = "zz_handover"
"""Its place is after everything else."""
FOLDER = "marketplace_handover"


def _owner(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:  # noqa: ARG001 - the signature of a place
    if opportunity is None or opportunity.kind is Kind.MENTORING or not _goes_on(opportunity):
        return None
    if not may_hand_over(tx, asker, opportunity):
        return None
    return Slot(f"{FOLDER}/owner_slot.html", {"id": str(opportunity.opportunity_id)})


def _others(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:  # noqa: ARG001 - the signature of a place
    if opportunity is None or opportunity.owner_id is None or employee_of(tx, opportunity.owner_id) is not None:
        return None
    values = {
        "id": str(opportunity.opportunity_id),
        "goes_on": _goes_on(opportunity),
        "mentoring": opportunity.kind is Kind.MENTORING,
        "may": opportunity.kind is not Kind.MENTORING and may_hand_over(tx, asker, opportunity),
    }
    return Slot(f"{FOLDER}/left_slot.html", values)


def _goes_on(opportunity: Opportunity) -> bool:
    return opportunity.state in (State.OPEN, State.FILLED)


declare_slot(Place.OWNER, NAME, _owner)
declare_slot(Place.FIT, NAME, _others)
