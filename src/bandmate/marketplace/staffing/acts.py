"""What who staffs does: propose, accept, drop. None commits.

Locks are taken in the order opportunity, proposal, application; opportunities in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.applying.answering import offer
from bandmate.marketplace.applying.queries import answers_for, seats_kept
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.opportunities import Opportunity, State
from bandmate.marketplace.people.asking import person_asking
from bandmate.marketplace.staffing.asking import staffed_by
from bandmate.marketplace.staffing.deciding import record_proposals, record_seats
from bandmate.marketplace.staffing.domain import (
    Computed,
    Field,
    Proposal,
    ProposalState,
    Team,
    by_hand,
    compute,
    digest_of,
)
from bandmate.marketplace.staffing.gathering import gather
from bandmate.marketplace.staffing.queries import no_proposal, open_proposals, proposal
from bandmate.marketplace.staffing.sizing import ceiling, is_large

MOST_PROJECTS = 30
"""Staffed together at once."""

_HOLD = text(
    "select from marketplace.opportunity where opportunity_id = any(:ids) order by opportunity_id for update"
)
_BEFORE = text("""
    select opportunity_id, count(*) as many, max(proposal_id::text) filter (where state = 'proposed') as standing,
           max(figures ->> 'digest') filter (where state = 'proposed') as digest
      from marketplace.team_proposal where opportunity_id = any(:ids) group by opportunity_id
""")
_REPLACE = text("""
    update marketplace.team_proposal set state = 'dropped'
     where opportunity_id = any(:ids) and state = 'proposed'
""")
_ADD = text("""
    insert into marketplace.team_proposal (proposal_id, opportunity_id, state, figures, created_by, created_at)
    select id, opportunity_id, 'proposed', figures, :by, :now
      from jsonb_to_recordset(cast(:rows as jsonb)) as t(id uuid, opportunity_id uuid, figures jsonb)
""")
_ADD_MEMBERS = text("""
    insert into marketplace.team_proposal_member (proposal_id, person_id, skills, strength, hours_per_week)
    select id, person_id, array(select jsonb_array_elements_text(skills)), strength, hours
      from jsonb_to_recordset(cast(:rows as jsonb))
           as t(id uuid, person_id uuid, skills jsonb, strength text, hours numeric)
""")
_SET_STATE = text("update marketplace.team_proposal set state = :state where proposal_id = :id")
_STAND = text("""
    select a.person_id, a.application_id, a.state from marketplace.application a
     where a.opportunity_id = :opportunity and a.person_id = any(:persons)
       and exists (select from marketplace.employee e where e.person_id = a.person_id and e.active)
     order by a.application_id for update of a
""")


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of accepting a proposal."""

    offered: tuple[PersonId, ...]
    left_out: tuple[PersonId, ...]
    """Members who wait for no answer any more: they withdrew, left, or were answered otherwise."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be staffed, from what, for whom."""

    field: Field
    by: PersonId
    chosen: tuple[PersonId, ...]
    """Instead of the best team of a single project."""

    @property
    def digest(self) -> str:
        """The same for the same question."""
        return digest_of(self.field, self.chosen)


def question(
    tx: Tx, asker: Asker, ids: Sequence[OpportunityId], *, chosen: Sequence[PersonId] = (), now: datetime
) -> Question:
    """Return what is asked, once it is sure that it can be answered.

    Args:
        tx: reads only.
        asker: a host for a project of theirs, or a programme lead for any.
        ids: the projects, open ones.
        chosen: for a single project, who its host wants instead of the best team.
        now: when.

    Raises:
        NotFound: as ``staffed_by``.
        Conflict: when one is not open, or has no seat left.
        InvalidInput: for none or too many projects, or a choice that is none.
    """
    wanted = list(dict.fromkeys(ids))
    if not 0 < len(wanted) <= MOST_PROJECTS:
        raise InvalidInput(_("Choose projects, at most {most} at once.").format(most=MOST_PROJECTS), field="ids")
    projects = staffed_by(tx, asker, wanted)
    asked = question_of(tx, person_asking(tx, asker), projects, now=now)
    if not chosen:
        return asked
    _check_choice(asked.field, wanted, chosen)
    return replace(asked, chosen=tuple(dict.fromkeys(chosen)))


def question_of(tx: Tx, by: PersonId, projects: Mapping[OpportunityId, Opportunity], *, now: datetime) -> Question:
    """Return what is asked of projects that somebody may staff.

    Raises:
        Conflict: as ``question``.
    """
    field = gather(tx, by, projects, now=now)
    _check_open(field)
    return Question(field, by, ())


def standing_answer(tx: Tx, asked: Question) -> Mapping[OpportunityId, Proposal] | None:
    """Return the proposals that stand and came from the same question; None where one is missing."""
    kept, digest = open_proposals(tx, list(asked.field.projects)), asked.digest
    same = {key: each for key, each in kept.items() if each.figures["digest"] == digest}
    return same if len(same) == len(asked.field.projects) else None


def propose(
    tx: Tx,
    asker: Asker,
    ids: Sequence[OpportunityId],
    *,
    chosen: Sequence[PersonId] = (),
    now: datetime,
) -> Mapping[OpportunityId, Proposal]:
    """Propose a team for each project, together, and keep the proposals. The same question changes nothing.

    A proposal that stood before is dropped where it differs. It is computed here and now, however long it takes:
    ``runs.ask`` is for whoever cannot wait. Arguments and errors are those of ``question``.
    """
    return propose_now(tx, question(tx, asker, ids, chosen=chosen, now=now), now=now)


def propose_now(tx: Tx, asked: Question, *, now: datetime) -> Mapping[OpportunityId, Proposal]:
    """Answer a question, unless its answer stands. Nothing is locked while teams are computed."""
    standing = standing_answer(tx, asked)
    if standing is not None:
        return standing
    if not asked.chosen:
        return keep(tx, asked, compute(asked.field), now=now)
    (key,) = asked.field.projects
    bound = ceiling(asked.field, key) if is_large(asked.field) else None
    return keep(tx, asked, by_hand(asked.field, key, asked.chosen, bound=bound), now=now)


def accept(tx: Tx, asker: Asker, opportunity_id: OpportunityId, proposal_id: UUID, *, now: datetime) -> Accepted:
    """Offer a seat to everybody in a proposal who still waits for an answer. Again, it changes nothing.

    Raises:
        NotFound: when there is none, or the asker does not answer who applied.
        Conflict: when it was dropped, when nobody of it waits any more, or fewer seats are left than it needs.
    """
    by = person_asking(tx, asker)
    held, opportunity = _held(tx, asker, opportunity_id, proposal_id)
    if not answers_for(tx, asker, opportunity):
        raise no_proposal()
    members = [place.person_id for place in held.places]
    rows = tx.execute(_STAND, {"opportunity": held.opportunity_id, "persons": members}).all()
    states = {PersonId(row.person_id): row.state for row in rows}
    if held.state is ProposalState.ACCEPTED:
        return _outcome(members, {each for each in members if states.get(each) in {"offered", "accepted"}})
    if held.state is ProposalState.DROPPED:
        raise Conflict(_("This proposal was dropped, or another took its place. Look at the team again."))
    waiting = {PersonId(row.person_id): row for row in rows if row.state in {"applied", "shortlisted"}}
    if not waiting:
        raise Conflict(_("Nobody of this proposal waits for an answer any more. Propose a team anew."))
    kept = seats_kept(tx, held.opportunity_id, besides=by)
    if opportunity.state is not State.OPEN or len(waiting) > opportunity.seats - kept:
        raise Conflict(_("Fewer seats are free than this team needs. Propose a team anew, or add seats first."))
    for row in sorted(waiting.values(), key=lambda each: each.application_id):
        # One by one, as applying offers a seat, with its letters and the manager; at most as many as seats.
        offer(tx, asker, ApplicationId(row.application_id), now=now)
    tx.execute(_SET_STATE, {"id": proposal_id, "state": ProposalState.ACCEPTED})
    offered = [place for place in held.places if place.person_id in waiting]
    record_seats(tx, held, opportunity, offered, by=by, now=now)
    return _outcome(members, set(waiting))


def drop(tx: Tx, asker: Asker, opportunity_id: OpportunityId, proposal_id: UUID) -> Proposal:
    """Drop a proposal; nobody in it was told of it. Again, it changes nothing.

    Raises:
        NotFound: when there is none, or none of the asker's.
        Conflict: when it was accepted: seats are offered.
    """
    held, _opportunity = _held(tx, asker, opportunity_id, proposal_id)
    if held.state is ProposalState.ACCEPTED:
        raise Conflict(_("This team was accepted and its members were offered seats. Take an offer back instead."))
    tx.execute(_SET_STATE, {"id": proposal_id, "state": ProposalState.DROPPED})
    return held


def _held(tx: Tx, asker: Asker, opportunity_id: OpportunityId, proposal_id: UUID) -> tuple[Proposal, Opportunity]:
    """Lock the project of a proposal; whoever changes a proposal holds it."""
    staffed_by(tx, asker, [opportunity_id])
    tx.execute(_HOLD, {"ids": [opportunity_id]})
    opportunity = staffed_by(tx, asker, [opportunity_id])[opportunity_id]
    held = proposal(tx, proposal_id)
    if held.opportunity_id != opportunity_id:
        raise no_proposal()
    return held, opportunity


def _outcome(members: Sequence[PersonId], offered: set[PersonId]) -> Accepted:
    return Accepted(
        tuple(each for each in members if each in offered), tuple(each for each in members if each not in offered)
    )


def _check_open(field: Field) -> None:
    for each in field.projects.values():
        title = each.opportunity.title
        if each.opportunity.state is not State.OPEN:
            said = _("“{title}” is not open, so no team is put together for it.").format(title=title)
            raise Conflict(said, reason="not_open", project=title)
        if not each.seats_left:
            said = _("Every seat of “{title}” is taken or offered to somebody.").format(title=title)
            raise Conflict(said, reason="no_seat", project=title)


def _check_choice(field: Field, wanted: Sequence[OpportunityId], chosen: Sequence[PersonId]) -> None:
    if len(wanted) != 1:
        raise InvalidInput(_("Choose people for one project at a time."), field="chosen")
    could = {each.person_id for each in field.applicants_of(wanted[0])}
    if not set(chosen) <= could:
        raise InvalidInput(
            _("Somebody you chose does not wait for an answer any more. Look again."), field="chosen"
        )
    if len(set(chosen)) > field.projects[wanted[0]].seats_left:
        raise InvalidInput(_("You chose more people than there are free seats."), field="chosen")


def keep(tx: Tx, asked: Question, computed: Computed, *, now: datetime) -> Mapping[OpportunityId, Proposal]:
    """Write the answer to a question down, but proposals that stand already and came from the same one."""
    field, by = asked.field, asked.by
    ids = list(field.projects)
    tx.execute(_HOLD, {"ids": ids})
    before = {row.opportunity_id: row for row in tx.execute(_BEFORE, {"ids": ids})}
    fresh = [key for key in ids if key not in before or before[key].digest != computed.digest]
    tx.execute(_REPLACE, {"ids": fresh})
    rows, members = [], []
    for key in fresh:
        # A question may be asked again after its answer was dropped: how many came before makes it another one.
        count = before[key].many if key in before else 0
        proposal_id = fast_derived_id("marketplace.team_proposal", str(key), computed.digest, str(count))
        figures = _figures(field, computed, key)
        rows.append({"id": str(proposal_id), "opportunity_id": str(key), "figures": figures})
        members += _member_rows(proposal_id, computed.teams[key])
    tx.execute(_ADD, {"rows": orjson.dumps(rows).decode(), "by": by, "now": now})
    tx.execute(_ADD_MEMBERS, {"rows": orjson.dumps(members).decode()})
    kept = open_proposals(tx, ids)
    fresh_ones = [(kept[key], field.projects[key].opportunity) for key in fresh]
    record_proposals(tx, fresh_ones, by=by, now=now)
    return kept


def _figures(field: Field, computed: Computed, key: OpportunityId) -> dict[str, object]:
    """Return what is kept of a proposal beside its members; it names nobody."""
    team = computed.teams[key]
    return {
        "digest": computed.digest,
        "by_hand": computed.by_hand,
        "value": computed.value,
        "bound": computed.bound,
        "worth": dict(team.worth),
        "uncovered": list(team.uncovered),
        "sought": [skill.uri for skill in field.projects[key].sought],
        "projects": [str(each) for each in computed.teams],
        "applicants": len(field.applicants_of(key)),
    }


def _member_rows(proposal_id: UUID, team: Team) -> list[dict[str, object]]:
    return [
        {
            "id": str(proposal_id),
            "person_id": str(place.person_id),
            "skills": list(place.leads),
            "strength": place.strength,
            "hours": None if place.hours is None else float(place.hours),
        }
        for place in team.places
    ]
