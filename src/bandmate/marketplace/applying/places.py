"""What applying puts on the page of an opportunity: the box to apply, and for its owner the way to who applied."""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.marketplace.applying.domain import Act, Party, acts_of
from bandmate.marketplace.applying.queries import answers_for, counts_of, own_application_for
from bandmate.marketplace.applying.standing import cost_for
from bandmate.marketplace.applying.words import BADGES, cost_sentences, next_step, state_name
from bandmate.marketplace.opportunities import Opportunity, Place, Slot, State, declare_slot
from bandmate.marketplace.people import employee_of

NAME = "applying"
FOLDER = "marketplace_applying"


def _box(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:
    if opportunity is None or asker.person_id is None or opportunity.state is State.DRAFT:
        return None
    if employee_of(tx, asker.person_id) is None:
        return None
    found = own_application_for(tx, asker.person_id, opportunity.opportunity_id)
    is_open = opportunity.is_open(now)
    acts = acts_of(found.application.state if found else None, Party.APPLICANT)
    leads = opportunity.owner_id is None and answers_for(tx, asker, opportunity)
    return Slot(
        f"{FOLDER}/box.html",
        {
            "id": str(opportunity.opportunity_id),
            "is_open": is_open,
            "filled": opportunity.state is State.FILLED,
            "application_id": str(found.application.application_id) if found else None,
            "state": state_name(found.application.state) if found else None,
            "badge": BADGES[found.application.state] if found else "plain",
            "next": next_step(found, now) if found else "",
            "may_apply": is_open and Act.APPLY in acts,
            "may_show_interest": is_open and Act.SHOW_INTEREST in acts,
            "may_withdraw": Act.WITHDRAW in acts,
            "offered": Act.ACCEPT in acts,
            "costs": cost_sentences(cost_for(tx, asker.person_id, opportunity, now=now))
            if is_open and Act.APPLY in acts
            else [],
            "leads": leads,
        },
        action=f"{FOLDER}/box_action.html",
    )


def _owner(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:
    if opportunity is None or not answers_for(tx, asker, opportunity):
        return None
    counts = counts_of(tx, opportunity.opportunity_id)
    values = {"id": str(opportunity.opportunity_id), "counts": counts}
    return Slot(
        f"{FOLDER}/owner_slot.html", {**values, "late": counts.due_at is not None and counts.due_at <= now}
    )


declare_slot(Place.APPLY, NAME, _box)
declare_slot(Place.OWNER, NAME, _owner)
