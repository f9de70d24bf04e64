"""Teams as decisions: one about each proposal, and one about everybody who is offered a seat through it.

The decision about a proposal names nobody: what is only proposed is for who staffs. Whoever is offered a seat
reads for what the team relies on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import cast

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import (
    Decision,
    DecisionId,
    Input,
    ObjectRef,
    Rule,
    Ruling,
    Score,
    Value,
    Values,
    declare_rule,
    record,
    ruled,
)
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.marketplace.opportunities import Opportunity, Part
from bandmate.marketplace.staffing.domain import VERSION, Place, Proposal

TEAM = "marketplace.team"
SEAT = "marketplace.team_seat"
OPPORTUNITY = "marketplace.opportunity"
_TITLE = 80
_SOURCE = "marketplace.staffing"


def _propose(inputs: Values) -> Ruling:
    """Take the team that is worth most within seats and hours; or the one that somebody chose."""
    if not inputs["members"]:
        return Ruling("nobody")
    parts = cast("dict[str, float]", inputs["parts"])
    outcome = "chosen" if inputs["by_hand"] else "proposed"
    return Ruling(outcome, tuple(Score(name, points) for name, points in parts.items()))


def _seat(inputs: Values) -> Ruling:
    return Ruling("relied_on" if inputs["leads"] else "joins")


def _tell_of_team(decision: Decision) -> str:
    values = decision.values
    if decision.outcome == "nobody":
        return _(
            "For “{title}” no team could be proposed: nobody who applied fits skills, hours and seats."
        ).format(title=values["title"])
    return _(
        "For “{title}” a team of {members} was put together from {applicants} people who applied. "
        "It was compared with every other team they could form."
    ).format(title=values["title"], members=values["members"], applicants=values["applicants"])


def _tell_of_seat(decision: Decision) -> str:
    values = decision.values
    leads = cast("list[str]", values["leads"])
    if not leads:
        return _("You were offered a seat in the team of “{title}”.").format(title=values["title"])
    return _("You were offered a seat in the team of “{title}”. It relies on you for: {skills}.").format(
        title=values["title"], skills=", ".join(leads)
    )


_WORDS: Mapping[str, str] = {
    "title": later("Project"),
    "members": later("People in the proposed team"),
    "applicants": later("People who applied"),
    "parts": later("What the team is worth"),
    "skills": later("Skills wanted, by weight and by how well they are known"),
    "suits": later("How much the project suits each member"),
    "strengths": later("Different strengths"),
    "wanted": later("Skills wanted"),
    "uncovered": later("Skills that nobody leads yet"),
    "bound": later("What no team is worth more than"),
    "by_hand": later("Chosen by a person"),
    "leads": later("Skills for which the team relies on you"),
    "strength": later("What you bring that nobody else does"),
    "proposed": later("a team was proposed"),
    "chosen": later("a team was chosen by a person"),
    "nobody": later("no team was found"),
    "relied_on": later("a seat was offered to you"),
    "joins": later("a seat was offered to you"),
    "withdrawn": later("taken back"),
    _SOURCE: later("The project, and what its applicants show"),
}
TEAM_RULE = declare_rule(
    Rule(
        name=TEAM,
        version=VERSION,
        title=later("The team that covers most, suits its members, and brings different strengths"),
        decide=_propose,
        sentence=_tell_of_team,
        outcomes=("proposed", "chosen", "nobody", "withdrawn"),
        words=_WORDS,
    )
)
SEAT_RULE = declare_rule(
    Rule(
        name=SEAT,
        version=VERSION,
        title=later("Members of a team are offered a seat by who staffs it"),
        decide=_seat,
        sentence=_tell_of_seat,
        outcomes=("relied_on", "joins", "withdrawn"),
        words=_WORDS,
    )
)


def record_proposals(
    tx: Tx, proposals: Iterable[tuple[Proposal, Opportunity]], *, by: PersonId, now: datetime
) -> None:
    """Write down what was proposed for each project; again, nothing is added."""
    record(tx, [_of_proposal(proposal, opportunity, by, now) for proposal, opportunity in proposals])


def record_seats(
    tx: Tx, proposal: Proposal, opportunity: Opportunity, places: Iterable[Place], *, by: PersonId, now: datetime
) -> None:
    """Write down for everybody who is offered a seat what they are relied on for; again, nothing is added."""
    record(tx, [_of_seat(proposal, opportunity, place, by, now) for place in places])


def _of_proposal(proposal: Proposal, opportunity: Opportunity, by: PersonId, now: datetime) -> Decision:
    version, figures = str(proposal.figures["digest"]), proposal.figures
    labels = {skill.uri: skill.label for skill in opportunity.of(Part.WANTED)}

    def told(name: str, value: Value) -> Input:
        return Input(name, value, _SOURCE, version, personal=False)

    return ruled(
        TEAM_RULE,
        (
            told("title", opportunity.title[:_TITLE]),
            told("wanted", list(labels.values())),
            told("uncovered", [labels.get(uri, uri) for uri in figures["uncovered"]]),
            told("members", len(proposal.places)),
            told("applicants", figures["applicants"]),
            told("parts", dict(figures["worth"])),
            told("bound", figures["bound"]),
            told("by_hand", figures["by_hand"]),
        ),
        decision_id=DecisionId(fast_derived_id(TEAM, str(proposal.proposal_id))),
        kind=TEAM,
        about=ObjectRef(OPPORTUNITY, str(opportunity.opportunity_id)),
        at=now,
        by=by,
    )


def _of_seat(proposal: Proposal, opportunity: Opportunity, place: Place, by: PersonId, now: datetime) -> Decision:
    version = str(proposal.proposal_id)
    labels = {skill.uri: skill.label for skill in opportunity.of(Part.WANTED)}
    return ruled(
        SEAT_RULE,
        (
            Input("title", opportunity.title[:_TITLE], _SOURCE, version, personal=False),
            Input("leads", [labels.get(uri, uri) for uri in place.leads], _SOURCE, version),
            Input("strength", place.strength or "", _SOURCE, version),
        ),
        decision_id=seat_decision_of(proposal, place.person_id),
        kind=SEAT,
        about=ObjectRef(OPPORTUNITY, str(opportunity.opportunity_id)),
        subject=place.person_id,
        at=now,
        by=by,
    )


def seat_decision_of(proposal: Proposal, person_id: PersonId) -> DecisionId:
    """Return the id of what is told to a member of an accepted proposal."""
    return DecisionId(fast_derived_id(SEAT, str(proposal.proposal_id), str(person_id)))
