"""What matching puts on pages of opportunities: why one fits the reader, and for its owner the way to people."""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.marketplace.matching.for_you import why
from bandmate.marketplace.matching.showing import shown_fit
from bandmate.marketplace.opportunities import Opportunity, Place, Slot, State, declare_slot

NAME = "matching"


def _fit(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:
    """Return how it fits the reader; nothing for those who switched the ranking off."""
    if opportunity is None or asker.person_id is None:
        return None
    fit = why(tx, asker.person_id, opportunity.opportunity_id, now=now)
    return None if fit is None else Slot("marketplace_matching/fit_slot.html", {"fit": shown_fit(fit)})


def _people(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:  # noqa: ARG001 - the signature of a place
    """Return the owner's way to people who fit."""
    if opportunity is None or opportunity.owner_id != asker.person_id or opportunity.state is not State.OPEN:
        return None
    return Slot("marketplace_matching/owner_slot.html", {"id": str(opportunity.opportunity_id)})


declare_slot(Place.FIT, NAME, _fit)
declare_slot(Place.OWNER, NAME, _people)
