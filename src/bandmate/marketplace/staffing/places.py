"""What staffing puts on the page of a project: for its host, the way to the team."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import Opportunity, Place, Slot, State, declare_slot
from bandmate.marketplace.staffing.queries import open_proposal

_WAITING = text("""
    select count(*) from marketplace.application
     where opportunity_id = :id and state in ('applied', 'shortlisted')
""")


def _team(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:  # noqa: ARG001 - the signature of a place
    if opportunity is None or opportunity.kind is not Kind.PROJECT or opportunity.owner_id != asker.person_id:
        return None
    if opportunity.state not in {State.OPEN, State.FILLED}:
        return None
    waiting = tx.execute(_WAITING, {"id": opportunity.opportunity_id}).scalar_one()
    return Slot(
        "marketplace_staffing/owner_slot.html",
        {
            "id": str(opportunity.opportunity_id),
            "waiting": waiting,
            "proposed": open_proposal(tx, opportunity.opportunity_id) is not None,
        },
    )


declare_slot(Place.OWNER, "staffing", _team)
