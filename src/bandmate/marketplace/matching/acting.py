"""What a person does with their suggestions: sets one aside, takes it back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.matching import events

_SET_ASIDE = text("""
    insert into marketplace.not_for_me (person_id, opportunity_id, at) values (:person, :opportunity, :at)
    on conflict do nothing returning opportunity_id
""")
_TAKE_BACK = text("""
    delete from marketplace.not_for_me where person_id = :person and opportunity_id = :opportunity
    returning opportunity_id
""")
_TITLE = text("""
    select title from marketplace.opportunity
     where opportunity_id = :opportunity and kind = any(:kinds) and state <> 'draft'
""")


def set_aside(tx: Tx, person_id: PersonId, opportunity_id: OpportunityId, *, now: datetime) -> str:
    """Keep an opportunity out of a person's lists, and them out of its; again, it changes nothing.

    Returns:
        Its title.

    Raises:
        NotFound: when there is none that is open to the person.
    """
    title = _title(tx, person_id, opportunity_id)
    values = {"person": person_id, "opportunity": opportunity_id, "at": now}
    if tx.execute(_SET_ASIDE, values).first() is not None:
        publish(tx, [events.dismissed(person_id, opportunity_id, now)])
    return title


def take_back(tx: Tx, person_id: PersonId, opportunity_id: OpportunityId, *, now: datetime) -> str:
    """Let an opportunity stand in a person's lists again; again, it changes nothing.

    Returns:
        Its title.

    Raises:
        NotFound: when there is none that is open to the person.
    """
    title = _title(tx, person_id, opportunity_id)
    if tx.execute(_TAKE_BACK, {"person": person_id, "opportunity": opportunity_id}).first() is not None:
        publish(tx, [events.restored(person_id, opportunity_id, now)])
    return title


def _title(tx: Tx, person_id: PersonId, opportunity_id: OpportunityId) -> str:
    kinds = [kind.value for kind in visible_kinds(tx, person_id)]
    title = tx.execute(_TITLE, {"opportunity": opportunity_id, "kinds": kinds}).scalar()
    if title is None:
        raise NotFound(_("There is no such opportunity, or it is not open to you."))
    return str(title)
