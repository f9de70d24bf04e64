"""Who staffs a project: its host, and programme leads for any."""

from __future__ import annotations

from collections.abc import Sequence

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import lead_asking, leads, visible_kinds
from bandmate.marketplace.opportunities import Opportunity, State
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.people.asking import person_asking


def staffed_by(tx: Tx, asker: Asker, ids: Sequence[OpportunityId]) -> dict[OpportunityId, Opportunity]:
    """Return projects that the asker staffs, in the order asked for.

    Raises:
        NotAnEmployee: when the asker is none: nobody's profile is open to them.
        NotFound: when one is not there, is no project, or is not theirs; all read the same.
    """
    person_id = person_asking(tx, asker)
    found = by_ids(tx, list(ids))
    leading, hosting = leads(tx, asker), Kind.PROJECT in visible_kinds(tx, person_id)
    for each in ids:
        one = found.get(each)
        if one is None or one.kind is not Kind.PROJECT or one.state is State.DRAFT:
            raise no_project()
        if not (leading or (hosting and one.owner_id == person_id)):
            raise no_project()
    return {each: found[each] for each in ids}


def lead_staffing(tx: Tx, asker: Asker) -> PersonId:
    """Return the programme lead who asks.

    Raises:
        NotAnEmployee: when the asker is none: nobody's profile is open to them.
        LeadsOnly: when they lead no programme.
    """
    person_asking(tx, asker)
    return lead_asking(tx, asker)


def no_project() -> NotFound:
    """Return the one answer for what is not there and for what is others'."""
    return NotFound(_("There is no such project, or it is not yours to staff."))
