"""Staffing as templates and the API show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.opportunities import Skill
from bandmate.marketplace.staffing.domain import (
    Applicant,
    Field,
    Place,
    Proposal,
    Run,
    RunState,
    Staffed,
    by_hand,
)
from bandmate.marketplace.staffing.sizing import ceiling, is_large
from bandmate.marketplace.staffing.words import cover, how_good, problem_sentence


@dataclass(frozen=True, slots=True)
class Cell:
    """One person at one skill."""

    name: str
    leads: bool
    knows: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One skill of the matrix."""

    label: str
    cells: tuple[Cell, ...]

    @property
    def is_led(self) -> bool:
        """Whether somebody leads it."""
        return any(cell.leads for cell in self.cells)


@dataclass(frozen=True, slots=True)
class ShownMember:
    """One member of a team that could be."""

    person_id: PersonId
    name: str
    title: str
    leads: tuple[str, ...]
    strength: str | None
    hours: Decimal | None
    hours_offered: Decimal | None
    """Where they offer others than the project takes."""
    too_few: bool
    """They have fewer hours left than the project takes."""
    waits: bool
    """They still wait for an answer."""


@dataclass(frozen=True, slots=True)
class ShownTeam:
    """A team that could be, or that is."""

    matrix: tuple[Row, ...]
    members: tuple[ShownMember, ...]
    uncovered: tuple[str, ...]
    covered: str
    hours: Decimal


def team_as_is(staffed: Staffed) -> Mapping[str, Any]:
    """Return the team of a project as it is: who leads what, and what nobody leads yet."""
    led, labels = staffed.led, {skill.uri: skill.label for skill in staffed.wanted}
    all_led = {uri for leads in led.values() for uri in leads}
    return {
        "mates": [
            {
                "person_id": each.person_id,
                "name": each.name,
                "title": each.title,
                "offered": each.offered,
                "leads": [labels[uri] for uri in led.get(each.person_id, ())],
            }
            for each in staffed.mates
        ],
        "missing": [label for uri, label in labels.items() if uri not in all_led],
    }


def proposed_team(field: Field, proposal: Proposal, names: Mapping[PersonId, str]) -> ShownTeam:
    """Return a proposal; ``names`` are those of its members, also of who waits for no answer any more."""
    staffed = field.projects[proposal.opportunity_id]
    sought = [skill for skill in staffed.wanted if skill.uri in set(proposal.figures["sought"])]
    return _shown(field, proposal.opportunity_id, sought, proposal.places, names)


def compared_choice(
    field: Field, key: OpportunityId, people: Sequence[PersonId], standing: Proposal | None, *, stale: bool
) -> Mapping[str, Any]:
    """Return a choice by hand: what it covers, its hours, and how much of the best team's worth it has.

    Where many applied the best team is not worked out for this: what is known of it by the proposal that stands
    serves, or what no team can be worth more than.
    """
    bound, exact = None, True
    if is_large(field):
        figures = standing.figures if standing and not stale else {}
        exact = len(figures.get("projects", ())) == 1 and not figures["by_hand"]
        bound = float(figures["bound"]) if exact else ceiling(field, key)
    computed = by_hand(field, key, people, bound=bound)
    places = computed.teams[key].places
    names = {each.person_id: each.name for each in field.applicants}
    return {
        "team": _shown(field, key, field.projects[key].sought, places, names),
        "share": round(100 * computed.value / computed.bound) if computed.bound > 0 else 0,
        "exact": exact,
        "too_many": len(places) > field.projects[key].seats_left,
        "seats_left": field.projects[key].seats_left,
    }


def shown_run(run: Run, reader: PersonId, standing: Proposal | None = None) -> Mapping[str, Any] | None:
    """Return how a computation comes along, where it tells the reader something that the proposal does not."""
    if run.is_under_way:
        return {"run": run, "problem": ""}
    told = run.state is RunState.FAILED and run.asked_by == reader
    if told and not (standing and standing.created_at > run.asked_at):
        return {"run": run, "problem": problem_sentence(run.problem or {})}
    return None


def run_json(run: Run) -> dict[str, Any]:
    """Return a computation as the API gives it."""
    return {
        "run_id": run.run_id,
        "state": run.state.value,
        "projects": list(run.projects),
        "problem": problem_sentence(run.problem or {}) if run.state is RunState.FAILED else None,
        "asked_at": run.asked_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
    }


def shown_applicants(field: Field, key: OpportunityId, chosen: Sequence[PersonId]) -> list[Mapping[str, Any]]:
    """Return who could be chosen, with the skills sought that they know."""
    staffed = field.projects[key]
    return [
        {
            "person_id": each.person_id,
            "name": each.name,
            "title": each.title,
            "shortlisted": each.applied[key].shortlisted,
            "knows": [skill.label for skill in staffed.wanted if each.skills.get(skill.uri, 0) > 0],
            "hours": _hours_left(each, staffed.opportunity.hours_per_week),
            "chosen": each.person_id in set(chosen),
            "ranked": each.ranked,
        }
        for each in field.applicants_of(key)
    ]


def proposal_json(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as the API gives it."""
    figures = proposal.figures
    return {
        "proposal_id": proposal.proposal_id,
        "opportunity_id": proposal.opportunity_id,
        "state": proposal.state.value,
        "created_at": proposal.created_at,
        "by_hand": figures["by_hand"],
        "value": figures["value"],
        "bound": figures["bound"],
        "how_good": how_good(proposal),
        "uncovered": figures["uncovered"],
        "together_with": [each for each in figures["projects"] if each != str(proposal.opportunity_id)],
        "members": [
            {
                "person_id": each.person_id,
                "leads": list(each.leads),
                "strength": each.strength,
                "hours_per_week": None if each.hours is None else float(each.hours),
            }
            for each in proposal.places
        ],
    }


def read_people(written: Sequence[str]) -> list[PersonId]:
    """Return the persons that a form names; what is no id is left out."""
    found = []
    for each in written:
        try:
            found.append(PersonId(UUID(each)))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _shown(
    field: Field,
    key: OpportunityId,
    sought: Sequence[Skill],
    places: Sequence[Place],
    names: Mapping[PersonId, str],
) -> ShownTeam:
    people = {each.person_id: each for each in field.applicants_of(key)}
    labels = {skill.uri: skill.label for skill in sought}
    matrix = tuple(
        Row(
            skill.label,
            tuple(
                Cell(
                    names.get(each.person_id, ""),
                    skill.uri in each.leads,
                    each.person_id in people and people[each.person_id].skills.get(skill.uri, 0) > 0,
                )
                for each in places
            ),
        )
        for skill in sought
    )
    members = tuple(_member(each, key, people.get(each.person_id), labels, names) for each in places)
    return ShownTeam(
        matrix,
        members,
        tuple(row.label for row in matrix if not row.is_led),
        cover(sum(row.is_led for row in matrix), len(matrix)),
        sum((each.hours for each in members if each.hours is not None), Decimal(0)),
    )


def _member(
    place: Place,
    key: OpportunityId,
    person: Applicant | None,
    labels: Mapping[str, str],
    names: Mapping[PersonId, str],
) -> ShownMember:
    offered = person.applied[key].hours if person else None
    return ShownMember(
        place.person_id,
        names.get(place.person_id, ""),
        person.title if person else "",
        tuple(labels[uri] for uri in place.leads if uri in labels),
        place.strength,
        place.hours,
        offered if offered != place.hours else None,
        person is not None and not person.could_give(place.hours),
        person is not None,
    )


def _hours_left(one: Applicant, takes: Decimal | None) -> str:
    if one.hours_left is None:
        return _("not stated")
    if one.hours_open:
        return _("{hours} h left").format(hours=f"{max(Decimal(0), one.hours_left):g}")
    return _("enough") if one.could_give(takes) else _("too few left")
