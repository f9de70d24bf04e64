"""Reading proposals; the caller decided who sees them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.staffing.domain import Place, Proposal, ProposalState

_COLUMNS = """
    t.proposal_id, t.opportunity_id, t.state, t.figures, t.created_by, t.created_at,
    (select coalesce(jsonb_agg(jsonb_build_object('person', m.person_id, 'leads', m.skills, 'strength', m.strength)
                               order by cardinality(m.skills) desc, m.person_id), '[]')
       from marketplace.team_proposal_member m where m.proposal_id = t.proposal_id) as places,
    (select jsonb_object_agg(m.person_id, m.hours_per_week::text)
       from marketplace.team_proposal_member m where m.proposal_id = t.proposal_id) as hours
"""
_ONE = text(f"select {_COLUMNS} from marketplace.team_proposal t where t.proposal_id = :id")  # noqa: S608 - our own columns
_OPEN = text(f"""
    select {_COLUMNS} from marketplace.team_proposal t
     where t.opportunity_id = any(:ids) and t.state = 'proposed' order by t.created_at, t.proposal_id
""")  # noqa: S608 - our own columns
_NAMES = text("""
    select p.person_id, coalesce(e.display_name, p.name) as name
      from kernel.person p left join marketplace.employee e using (person_id) where p.person_id = any(:ids)
""")


def open_proposal(tx: Tx, opportunity_id: OpportunityId) -> Proposal | None:
    """Return the proposal of a project that waits to be accepted or dropped."""
    return open_proposals(tx, [opportunity_id]).get(opportunity_id)


def open_proposals(tx: Tx, ids: Sequence[OpportunityId]) -> dict[OpportunityId, Proposal]:
    """Return the proposals of projects that wait to be accepted or dropped; each project has one at most."""
    return {row.opportunity_id: _proposal(row) for row in tx.execute(_OPEN, {"ids": list(ids)})}


def proposal(tx: Tx, proposal_id: UUID) -> Proposal:
    """Return one proposal, whatever its state.

    Raises:
        NotFound: when there is none.
    """
    row = tx.execute(_ONE, {"id": proposal_id}).one_or_none()
    if row is None:
        raise no_proposal()
    return _proposal(row)


def names_of(tx: Tx, ids: Sequence[PersonId]) -> dict[PersonId, str]:
    """Return the names of these people, as the directory has them."""
    return {PersonId(row.person_id): row.name for row in tx.execute(_NAMES, {"ids": list(ids)})}


def no_proposal() -> NotFound:
    """Return the one answer for a proposal that is not there and for one that is others'."""
    return NotFound(_("There is no such proposal, or it is not yours."))


def _proposal(row: Any) -> Proposal:
    return Proposal(
        row.proposal_id,
        OpportunityId(row.opportunity_id),
        ProposalState(row.state),
        PersonId(row.created_by),
        row.created_at,
        tuple(
            Place(
                PersonId(UUID(each["person"])),
                tuple(each["leads"]),
                each["strength"],
                _hours((row.hours or {}).get(each["person"])),
            )
            for each in row.places
        ),
        row.figures,
    )


def _hours(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)
