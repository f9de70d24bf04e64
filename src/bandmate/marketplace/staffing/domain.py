"""Who could be in the team of a project, what a team is worth, and what a proposal is; pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from bandmate.engines.allocation.teams import Candidate, Member, Project, Staffing, StaffingRule, staff
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.opportunities.domain import Opportunity, Part, Skill

VERSION = 1
"""Of the rule: decisions name it."""
RULE = StaffingRule()
EFFORT = 0.5
"""Seconds of the solver's own clock while a page waits; what is small enough (``sizing``) takes a tenth of it."""
LONG_EFFORT = 2.0
"""Seconds of the solver's own clock in the background: ten to fifty real ones."""

_LEVELS = 5
_NO_LEVEL = 0.6
_WITHOUT_WORDS = 0.8
_LEARNING = 0.25
"""Share of how much a project suits somebody that comes from what they want to learn."""
_LEAST_WEIGHT = 0.01
_DIGITS = 16


class ProposalState(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    """Its members were offered a seat."""
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Applied:
    """Somebody waits for an answer of a project."""

    application_id: UUID
    shortlisted: bool
    hours: Decimal | None
    """A week, as they offer; None as the project says."""
    suits: float
    """0 to 1."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Somebody who applied, as far as whoever staffs may see their profile."""

    person_id: PersonId
    name: str
    title: str
    department: str
    skills: Mapping[str, float]
    """How well they know a skill, by its URI, above 0 to 1."""
    strengths: tuple[str, ...]
    """In their own words."""
    hours_left: Decimal | None
    """A week, beside the teams they are in; None where they declared none."""
    hours_open: bool
    """Whether whoever staffs may see the hours; they count in any case, so that nobody is overloaded."""
    ranked: bool
    """False for who switched the ranking off: then they are chosen by people alone."""
    applied: Mapping[OpportunityId, Applied]

    def could_give(self, hours: Decimal | None) -> bool:
        """Tell whether so many hours a week are left."""
        return self.hours_left is None or self.hours_left >= (hours or 0)


@dataclass(frozen=True, slots=True)
class Mate:
    """Somebody who is in the team, or was offered a seat in it."""

    person_id: PersonId
    name: str
    title: str
    offered: bool
    skills: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Staffed:
    """A project with its team as it is."""

    opportunity: Opportunity
    mates: tuple[Mate, ...]

    @property
    def wanted(self) -> tuple[Skill, ...]:
        """The skills wanted, the weightiest first."""
        return self.opportunity.of(Part.WANTED)

    @property
    def seats_left(self) -> int:
        """Seats that nobody has or was offered."""
        return max(0, self.opportunity.seats - len(self.mates))

    @property
    def led(self) -> Mapping[PersonId, tuple[str, ...]]:
        """Who of the team can lead which wanted skills."""
        mates = tuple((str(each.person_id), tuple(sorted(each.skills.items()))) for each in self.mates)
        found = _led(tuple(weights_of(self.wanted).items()), mates)
        return {PersonId(UUID(person)): leads for person, leads in found}

    @property
    def sought(self) -> tuple[Skill, ...]:
        """The wanted skills that nobody of the team leads yet; all of them once each is led."""
        led = {uri for leads in self.led.values() for uri in leads}
        return tuple(skill for skill in self.wanted if skill.uri not in led) or self.wanted


@dataclass(frozen=True, slots=True)
class Field:
    """Projects that are staffed together, and everybody who applied for one of them."""

    projects: Mapping[OpportunityId, Staffed]
    applicants: tuple[Applicant, ...]

    def applicants_of(self, opportunity_id: OpportunityId) -> tuple[Applicant, ...]:
        """Return who applied for one project."""
        return tuple(each for each in self.applicants if opportunity_id in each.applied)


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place in a proposed team."""

    person_id: PersonId
    leads: tuple[str, ...]
    """URIs of the skills for which the team relies on them."""
    strength: str | None
    """What they bring that nobody else in the team does, in their own words."""
    hours: Decimal | None
    """A week."""


@dataclass(frozen=True, slots=True)
class Team:
    """A team that could be."""

    places: tuple[Place, ...]
    uncovered: tuple[str, ...]
    """URIs of the skills sought that nobody would lead."""
    worth: Mapping[str, float]
    """What it is worth by ``skills``, ``suits`` and ``strengths``."""


@dataclass(frozen=True, slots=True)
class Computed:
    """Teams of all projects of a field, and how good they are together."""

    teams: Mapping[OpportunityId, Team]
    value: float
    bound: float
    """No staffing is worth more than this."""
    by_hand: bool
    digest: str
    """The same for the same question."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed team of one project, as it is kept."""

    proposal_id: UUID
    opportunity_id: OpportunityId
    state: ProposalState
    created_by: PersonId
    created_at: datetime
    places: tuple[Place, ...]
    figures: Mapping[str, Any]
    """``digest``, ``by_hand``, ``value``, ``bound``, ``worth``, ``uncovered``, ``sought``, ``projects``,
    ``applicants``."""

    @property
    def better_by(self) -> int:
        """At most by how many per cent another choice could be better; 0 where none is."""
        return better_by(float(self.figures["value"]), float(self.figures["bound"]))


class RunState(StrEnum):
    """How a computation in the background comes along."""

    WAITING = "waiting"
    COMPUTING = "computing"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Run:
    """Teams that are, or were, worked out in the background."""

    run_id: UUID
    projects: tuple[OpportunityId, ...]
    asked_by: PersonId
    state: RunState
    problem: Mapping[str, Any] | None
    """Of one that failed: ``reason``, and the ``project`` it is about (``words.problem_sentence``)."""
    digest: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_under_way(self) -> bool:
        """Whether it has not ended."""
        return self.state in {RunState.WAITING, RunState.COMPUTING}


def better_by(value: float, bound: float) -> int:
    """Return by how many whole per cent ``bound`` is above ``value``, rounded up; 0 within rounding."""
    if bound - value <= 1e-3:  # noqa: PLR2004 - the solver counts in thousandths
        return 0
    return math.ceil(100 * (bound - value) / value) if value > 0 else 100


def known(level: int | None) -> float:
    """Return how well a skill is known: its level of five, 0.6 where none is said."""
    return _NO_LEVEL if level is None else level / _LEVELS


def suits(*, with_words: bool, wants: Iterable[str], teaches: Iterable[str]) -> float:
    """Return how much a project suits who applied: that they applied, said why, and learn there what they want."""
    learnable = set(teaches)
    learned = len(learnable & set(wants)) / len(learnable) if learnable else 0.0
    return (1 - _LEARNING) * (1.0 if with_words else _WITHOUT_WORDS) + _LEARNING * learned


@lru_cache(maxsize=512)  # a page asks for the same team several times, and each answer is a program to solve
def _led(
    wanted: tuple[tuple[str, float], ...], mates: tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return who of a team leads which skills, by keys."""
    people = [Candidate(key, dict(skills), frozenset(), 0, {"": 1.0}) for key, skills in mates]
    found = staff([Project("", dict(wanted), len(mates), 0)], people, RULE, effort=EFFORT)
    return tuple((each.person, each.leads) for each in found.teams[""])


def compute(field: Field, *, effort: float = EFFORT) -> Computed:
    """Staff all projects of a field together, with who lets themselves be ranked."""
    found = _solve(field, [each for each in field.applicants if each.ranked], effort)
    teams = {key: _team(field, key, found.teams[str(key)]) for key in field.projects}
    return Computed(teams, found.value, max(found.bound, found.value), by_hand=False, digest=digest_of(field))


def by_hand(
    field: Field, opportunity_id: OpportunityId, chosen: Sequence[PersonId], *, bound: float | None = None
) -> Computed:
    """Work out who of some chosen people would lead what; hours and seats are looked at by whoever chose.

    Args:
        field: the project, and everybody who applied for it.
        opportunity_id: the project.
        chosen: who was chosen.
        bound: what no team is worth more than; None to have it computed.
    """
    people = [each for each in field.applicants_of(opportunity_id) if each.person_id in set(chosen)]
    staffed = field.projects[opportunity_id]
    project = Project(str(opportunity_id), weights_of(staffed.sought), len(people), 0)
    candidates = [_candidate(each, {opportunity_id: 0.0}) for each in people]
    led = {
        PersonId(UUID(each.person)): each.leads
        for each in staff([project], candidates, RULE, effort=EFFORT).teams[project.key]
    }
    members = [Member(str(each.person_id), led.get(each.person_id, ())) for each in people]
    team = _team(field, opportunity_id, members)
    if bound is None:
        ranked = [each for each in field.applicants if each.ranked]
        bound = _solve(Field({opportunity_id: staffed}, field.applicants), ranked, EFFORT).bound
    value = sum(team.worth.values())
    digest = digest_of(field, chosen)
    return Computed({opportunity_id: team}, value, max(bound, value), by_hand=True, digest=digest)


def _solve(field: Field, people: Sequence[Applicant], effort: float) -> Staffing:
    projects = [
        Project(str(key), weights_of(each.sought), each.seats_left, float(each.opportunity.hours_per_week or 0))
        for key, each in field.projects.items()
    ]
    hours = {key: each.opportunity.hours_per_week or Decimal(0) for key, each in field.projects.items()}
    return staff(projects, [_candidate(each, hours) for each in people], RULE, effort=effort)


def _candidate(one: Applicant, hours: Mapping[OpportunityId, Decimal | float]) -> Candidate:
    """Return somebody as the engine knows them; who declared no hours gives what they applied for."""
    given = one.hours_left if one.hours_left is not None else sum(hours.get(key, 0) for key in one.applied)
    return Candidate(
        str(one.person_id),
        one.skills,
        frozenset(each.casefold() for each in one.strengths),
        max(0.0, float(given)),
        {str(key): applied.suits for key, applied in one.applied.items() if key in hours},
    )


def _team(field: Field, key: OpportunityId, members: Sequence[Member]) -> Team:
    staffed, people = field.projects[key], {str(each.person_id): each for each in field.applicants}
    weights = weights_of(staffed.sought)
    brought = _brought([people[each.person] for each in members])
    places = tuple(
        Place(
            PersonId(UUID(each.person)),
            each.leads,
            brought[people[each.person].person_id],
            staffed.opportunity.hours_per_week,
        )
        for each in members
    )
    led = {uri for place in places for uri in place.leads}
    different = {strength.casefold() for each in members for strength in people[each.person].strengths}
    return Team(
        places,
        tuple(uri for uri in weights if uri not in led),
        {
            "skills": sum(
                weights[uri] * people[each.person].skills[uri] for each in members for uri in each.leads
            ),
            "suits": sum(RULE.suits * people[each.person].applied[key].suits for each in members),
            "strengths": RULE.strength * len(different),
        },
    )


def _brought(people: Sequence[Applicant]) -> Mapping[PersonId, str | None]:
    """Return for each one strength that no other was named for; who has fewest chooses first."""
    named: set[str] = set()
    brought: dict[PersonId, str | None] = {}
    for each in sorted(people, key=lambda one: (len(one.strengths), one.person_id)):
        own = next((strength for strength in each.strengths if strength.casefold() not in named), None)
        brought[each.person_id] = own
        if own is not None:
            named.add(own.casefold())
    return brought


def weights_of(skills: Sequence[Skill]) -> dict[str, float]:
    """Return the weights of skills by their URIs, each above 0."""
    return {skill.uri: max(_LEAST_WEIGHT, skill.weight) for skill in skills}


def digest_of(field: Field, chosen: Iterable[PersonId] = ()) -> str:
    """Return the same text for the same question: the rule, the projects, who applied, who is chosen."""
    asked = {
        "rule": VERSION,
        "chosen": sorted(str(each) for each in set(chosen)) or None,
        "projects": sorted(
            [
                str(key),
                sorted(weights_of(each.sought).items()),
                each.seats_left,
                str(each.opportunity.hours_per_week),
            ]
            for key, each in field.projects.items()
        ),
        "people": sorted(
            [
                str(one.person_id),
                sorted(one.skills.items()),
                sorted(one.strengths),
                str(one.hours_left),
                one.ranked,
                sorted([str(key), applied.suits] for key, applied in one.applied.items()),
            ]
            for one in field.applicants
        ),
    }
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:_DIGITS]
