"""Giving an opportunity another owner: by its owner, or by who stands in for one who left; none commits."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel import audit
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.events import publish
from bandmate.kernel.identity import Asker, Role
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.formats import counted
from bandmate.marketplace.applying import letters
from bandmate.marketplace.applying.domain import UNDER_WAY
from bandmate.marketplace.applying.joining import left
from bandmate.marketplace.applying.letters import Letter, News
from bandmate.marketplace.applying.queries import counts_of
from bandmate.marketplace.applying.writing import hold_opportunity, hold_own
from bandmate.marketplace.handover.acts import HANDED_OVER
from bandmate.marketplace.handover.queries import orphans
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities import Opportunity, State, events
from bandmate.marketplace.opportunities.queries import by_ids, unknown
from bandmate.marketplace.people import employee_named, employee_of, reports_of

_GIVE = text("""
    update marketplace.opportunity set owner_id = :owner, version = version + 1, changed_at = :now
     where opportunity_id = :id
    returning version
""")
_LEAVE_TEAM = text("""
    update marketplace.team_member set left_at = :now
     where opportunity_id = :id and person_id = :person and left_at is null
""")
_GIVEN = (State.OPEN, State.FILLED)


def may_hand_over(tx: Tx, asker: Asker, held: Opportunity) -> bool:
    """Tell whether the asker may give it another owner: as its owner, or standing in for one who left."""
    if asker.person_id is None or held.owner_id is None or held.job_id is not None:
        return False
    if employee_of(tx, held.owner_id) is not None:
        return asker.person_id == held.owner_id and held.kind in visible_kinds(tx, asker.person_id)
    return bool(orphans(tx, asker, only=held.opportunity_id))


def to_hand_over(tx: Tx, asker: Asker, opportunity_id: OpportunityId) -> Opportunity:
    """Return an opportunity that the asker may hand over.

    Raises:
        NotFound: when there is none, or it is not theirs to hand over: both read the same.
    """
    held = by_ids(tx, [opportunity_id]).get(opportunity_id)
    if held is None or not may_hand_over(tx, asker, held):
        raise unknown()
    return held


def colleague_named(tx: Tx, written: str) -> PersonId:
    """Return the active employee with this e-mail address or user name.

    Raises:
        InvalidInput: when there is none.
    """
    found = employee_named(tx, written)
    if found is None:
        raise InvalidInput(
            _("Nobody who works here has this e-mail address or user name. Check it for typing errors."),
            field="colleague",
        )
    return found


def hand_over(tx: Tx, asker: Asker, opportunity_id: OpportunityId, to: PersonId, *, now: datetime) -> Opportunity:
    """Give an opportunity another owner, who then answers its applications. The same owner again changes nothing.

    It is noted in the audit trail, and the new owner is told. Who took part in it and now owns it gives the seat
    back: nobody confirms their own part.

    Raises:
        NotFound: when it is not the asker's to hand over.
        Conflict: when it is mentoring, or neither open nor filled.
        InvalidInput: when the other one cannot own it.
    """
    hold_opportunity(tx, opportunity_id)
    held = to_hand_over(tx, asker, opportunity_id)
    if held.kind is Kind.MENTORING:
        raise Conflict(
            _("Mentoring is one's own time and cannot be handed over. Close it; a colleague can offer theirs.")
        )
    if held.state not in _GIVEN:
        raise Conflict(_("Only what is open or filled can be handed over."))
    if to == held.owner_id:
        return held
    _check_heir(tx, asker, held, to)
    tx.execute(_LEAVE_TEAM, {"id": opportunity_id, "person": to, "now": now})
    left(tx, opportunity_id, to, "", now=now)
    version = tx.execute(_GIVE, {"id": opportunity_id, "owner": to, "now": now}).scalar_one()
    details = {"from": str(held.owner_id), "to": str(to)}
    by = _own(asker)
    audit.note(tx, by=by, action=HANDED_OVER, subject=str(opportunity_id), at=now, details=details)
    made = by_ids(tx, [opportunity_id])[opportunity_id]
    if made.state is State.OPEN:
        publish(tx, [events.opportunity_event(events.CHANGED, opportunity_id, made.kind, version, now)])
    if to != by:
        waiting = counts_of(tx, opportunity_id).waiting
        letters.send(tx, [_letter(made, to, asker.name, waiting, version)], now=now)
    return made


def _check_heir(tx: Tx, asker: Asker, held: Opportunity, to: PersonId) -> None:
    heir = employee_of(tx, to)
    if heir is None:
        raise InvalidInput(_("They do not work here. Choose somebody who does."), field="colleague")
    if held.kind not in visible_kinds(tx, to):
        raise InvalidInput(
            _("{name} cannot see this kind of opportunity yet. Choose somebody who can.").format(
                name=heir.display_name
            ),
            field="colleague",
        )
    itself = to == asker.person_id and Role.OPERATOR in asker.roles
    if held.kind is Kind.JOB and not itself and not reports_of(tx, to):
        raise InvalidInput(
            _("Jobs belong to managers and operators, and {name} manages nobody.").format(name=heir.display_name),
            field="colleague",
        )
    own = hold_own(tx, held.opportunity_id, to)
    if own is not None and own.state in UNDER_WAY:
        raise InvalidInput(
            _("{name} applied for it, and nobody answers themselves. They can withdraw first.").format(
                name=heir.display_name
            ),
            field="colleague",
        )


def _letter(made: Opportunity, to: PersonId, by: str, waiting: int, version: int) -> Letter:
    def write() -> News:
        said = [
            _("{name} handed it over to you: you are its owner now, and can change it or close it.").format(
                name=by
            )
        ]
        if waiting:
            said.append(
                counted("{count} person waits for your answer.", "{count} people wait for your answer.", waiting)
            )
        path = f"/opportunities/{made.opportunity_id}"
        return News(
            _("“{title}” is yours now").format(title=made.title),
            tuple(said),
            f"{path}/applicants" if waiting else path,
            _("Read and answer") if waiting else _("Look at it"),
            letters.because_you_own(),
        )

    return Letter(to, ("handed_over", str(made.opportunity_id), str(version)), write)


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "who may hand over is a person"  # noqa: S101 - what ``may_hand_over`` ensures
    return asker.person_id
