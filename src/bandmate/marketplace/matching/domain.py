"""A fit: how well a person and an opportunity go together, with everything its reasons are told from; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bandmate.engines.matching import (
    PARTS,
    RULES,
    TENTHS,
    Nearness,
    Opportunity,
    Part,
    Person,
    Raise,
    Rules,
    overlap_hours,
)
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind

LENGTH = 10
"""Places of a for-you list."""


@dataclass(frozen=True, slots=True)
class PartOfFit:
    """One part of a score."""

    part: Part
    tenths: int
    most: int
    """What it gives at most, in tenths."""
    known: bool
    """Whether both sides say something about it; else it is neutral."""

    @property
    def points(self) -> float:
        """Its points."""
        return self.tenths / TENTHS


@dataclass(frozen=True, slots=True)
class Facts:
    """What the parts come from, in labels."""

    wanted: int = 0
    """Skills that it wants."""
    had: tuple[str, ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    """A skill that it wants, and the nearest one that the person has."""
    lacking: tuple[str, ...] = ()
    grow: tuple[str, ...] = ()
    """What it teaches of what they want to learn."""
    interests: tuple[str, ...] = ()
    target: str | None = None
    hours: float | None = None
    asked_hours: float | None = None
    overlap: float | None = None
    """Working hours a day in common."""
    same_place: bool = False
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """A person and an opportunity."""

    opportunity_id: OpportunityId
    kind: Kind
    title: str
    rank: int
    """In the whole list, from 1."""
    parts: tuple[PartOfFit, ...]
    price_tenths: int
    facts: Facts
    raised: Raise | None = None
    """What would bring it into the first few."""
    labels: Mapping[str, str] | None = None
    """Of its skills, by URI."""

    @property
    def tenths(self) -> int:
        """The score in tenths: the sum of the parts."""
        return sum(part.tenths for part in self.parts)

    @property
    def score(self) -> float:
        """The score, of 100."""
        return self.tenths / TENTHS

    @property
    def price(self) -> float:
        """What the crowd takes from it, in points."""
        return self.price_tenths / TENTHS


def parts_of(tenths: Sequence[int], known: Sequence[bool], rules: Rules = RULES) -> tuple[PartOfFit, ...]:
    """Return the parts of one column of scores."""
    return tuple(
        PartOfFit(part, int(tenths[row]), round(rules.weights[part] * TENTHS), bool(known[row]))
        for row, part in enumerate(PARTS)
    )


def facts_of(
    person: Person,
    opportunity: Opportunity,
    labels: Mapping[str, str],
    nearness: Nearness,
    *,
    interests: Sequence[tuple[str, frozenset[str]]] = (),
    own_labels: Mapping[str, str] | None = None,
    target: str | None = None,
) -> Facts:
    """Return what the parts of a fit come from.

    Args:
        person: One side.
        opportunity: The other.
        labels: Of the opportunity's skills, by URI.
        nearness: Which skills are near to each other.
        interests: Interests in the person's words, with the words that count.
        own_labels: Of the person's skills, by URI.
        target: Their target in their words.
    """
    own = own_labels or {}
    wanted = sorted(opportunity.wanted, key=lambda uri: (-opportunity.wanted[uri], labels.get(uri, uri)))
    near = {uri: found for uri in wanted if uri not in person.has and (found := _nearest(uri, person, nearness))}
    taught = (*sorted(opportunity.learn), *(uri for uri in wanted if uri not in opportunity.learn))
    words = opportunity.words
    place, theirs = person.place, opportunity.place
    return Facts(
        wanted=len(wanted),
        had=tuple(labels.get(uri, uri) for uri in wanted if uri in person.has),
        near=tuple(
            (labels.get(uri, uri), own.get(other) or labels.get(other, other)) for uri, other in near.items()
        ),
        lacking=tuple(labels.get(uri, uri) for uri in wanted if uri not in person.has and uri not in near),
        grow=tuple(labels.get(uri, uri) for uri in taught if uri in person.wants),
        interests=tuple(
            name for name, each in interests if Fraction(len(each & words), len(each)) > Fraction(1, 2)
        ),
        target=target,
        hours=person.hours_per_week,
        asked_hours=opportunity.hours_per_week,
        overlap=overlap_hours(place, theirs),
        same_place=bool(
            place.location and theirs.location and place.location.casefold() == theirs.location.casefold()
        ),
        remote=opportunity.work_model == "remote",
    )


def _nearest(uri: str, person: Person, nearness: Nearness) -> str | None:
    """Return the skill that the person has and that is nearest to ``uri``, looked at from the person's side."""
    reached = [
        (near, own) for own in person.has for other, near in nearness.around(own) if other == uri and near > 0
    ]
    return max(reached)[1] if reached else None
