"""What follows from accepting, and from leaving again: a place in a team, a pair, a seat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.applying.domain import State
from bandmate.marketplace.applying.queries import seats_kept
from bandmate.marketplace.applying.writing import Taken, hold_own, take
from bandmate.marketplace.ids import OpportunityId, PairId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import Opportunity, settle_seats
from bandmate.marketplace.rounds import end_pair, form_pair

_JOIN = text("""
    insert into marketplace.team_member (opportunity_id, person_id, joined_at)
    values (:opportunity, :person, :now)
    on conflict (opportunity_id, person_id) do update
       set left_at = null,
           joined_at = case when team_member.left_at is null then team_member.joined_at else :now end
""")
_LEAVE = text("""
    update marketplace.team_member set left_at = :now
     where opportunity_id = :opportunity and person_id = :person and left_at is null
""")
_PAIRS = text("""
    select pair_id, version from marketplace.mentoring_pair
     where offer_id = :opportunity and mentee_id = :person and ended_at is null
""")


class NoSeatLeft(Conflict):
    """Every seat is taken or offered to somebody else."""

    slug = "no-seat-left"
    title = "No seat is left"


def check_seat(tx: Tx, opportunity: Opportunity, person_id: PersonId) -> None:
    """Make sure that a locked opportunity has a seat for somebody. A posting's job has as many as it seeks.

    Raises:
        NoSeatLeft: when others have or were offered every one.
    """
    kept = seats_kept(tx, opportunity.opportunity_id, besides=person_id)
    if opportunity.job_id is None and kept >= opportunity.seats:
        raise NoSeatLeft(
            _("Every seat is taken or offered to somebody. Wait for their answers, or add a seat first."),
            seats=opportunity.seats,
        )


def join(tx: Tx, opportunity: Opportunity, person_id: PersonId, *, now: datetime) -> None:
    """Let somebody take part: in the team of a project, as the mentee of a pair; a job has its seat alone.

    Raises:
        NotFound, Conflict: where a pair cannot be formed (``rounds``).
    """
    values = {"opportunity": opportunity.opportunity_id, "person": person_id, "now": now}
    if opportunity.kind is Kind.PROJECT:
        tx.execute(_JOIN, values)
    elif opportunity.kind is Kind.MENTORING and opportunity.owner_id is not None:
        form_pair(tx, person_id, opportunity.owner_id, opportunity.opportunity_id, now=now)


def leave(
    tx: Tx, asker: Asker, opportunity: Opportunity, person_id: PersonId, words: str, *, now: datetime
) -> None:
    """Let somebody go again; a pair ends with their words."""
    values = {"opportunity": opportunity.opportunity_id, "person": person_id, "now": now}
    if opportunity.kind is Kind.PROJECT:
        tx.execute(_LEAVE, values)
    elif opportunity.kind is Kind.MENTORING:
        for pair in tx.execute(_PAIRS, values).all():  # one, but for somebody paired on it in two formats
            reason = words or _("They withdrew.")
            end_pair(tx, asker, PairId(pair.pair_id), reason=reason, version=pair.version, now=now)


def left(tx: Tx, opportunity_id: OpportunityId, person_id: PersonId, words: str, *, now: datetime) -> None:
    """Note that somebody left by another way (a pair ended, a team changed): their seat is free. Idempotent."""
    held = hold_own(tx, opportunity_id, person_id)
    if held is not None and held.state is State.ACCEPTED:
        take(tx, [held.application_id], Taken(State.WITHDRAWN, None, now, words))
        settle_seats(tx, [opportunity_id], now=now)
