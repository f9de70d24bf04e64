"""What accepting something costs: hours against those that somebody has, skills against their target; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bandmate.marketplace.kinds import Kind

MENTORING_HOURS = Decimal(1)
"""Hours a week of a pair whose offer names none."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """Something that takes hours already."""

    title: str
    hours: Decimal
    """A week."""


@dataclass(frozen=True, slots=True)
class Aims:
    """Where somebody wants to go."""

    label: str | None
    """Of the declared target; None without one."""
    wanted: Mapping[str, str]
    """Label by URI: the skills of the target, or without any that are known, those the person wants to gain."""
    of_target: bool
    """Whether ``wanted`` are the target's own."""
    has: frozenset[str]
    """Skills the person has already."""
    is_this: bool = False
    """Whether this very opportunity is the target."""


class Direction(StrEnum):
    """Whether it leads to the target."""

    IS_TARGET = "is_target"
    NEARER = "nearer"
    APART = "apart"
    UNKNOWN = "unknown"
    """Nothing is declared that it could be held against."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an opportunity takes and gives, for one person."""

    kind: Kind
    available: Decimal | None
    """Hours a week that the person declared; None where they declared none."""
    taken: Decimal
    """By what they take part in already."""
    takes: Decimal | None
    """By this; None where it does not say."""
    commitments: tuple[Commitment, ...]
    direction: Direction
    target: str | None
    """What the direction is held against where its skills are known; None where it is the wanted skills."""
    gained: tuple[str, ...] = ()
    """Labels of the wanted skills that one practises or learns there and does not have yet."""

    @property
    def left(self) -> Decimal | None:
        """Hours a week that are left before this; less than nothing where there is too much already."""
        return None if self.available is None else self.available - self.taken

    @property
    def over(self) -> Decimal:
        """Hours a week more than are left; 0 where they suffice, or where it cannot be told."""
        if self.left is None or self.takes is None or self.kind is Kind.JOB:
            return Decimal(0)
        return max(Decimal(0), self.takes - self.left)


def cost_of(
    kind: Kind,
    takes: Decimal | None,
    skills: Mapping[str, str],
    *,
    available: Decimal | None,
    commitments: Sequence[Commitment],
    aims: Aims,
) -> Cost:
    """Work out what something costs.

    Args:
        kind: what it is; a job takes the whole working week and is held against no hours beside it.
        takes: hours a week.
        skills: label by URI, wanted there or to be learned.
        available: hours a week the person declared.
        commitments: what they take part in.
        aims: where they want to go.
    """
    taken = sum((each.hours for each in commitments), Decimal(0))
    gained = {uri: label for uri, label in skills.items() if uri in aims.wanted and uri not in aims.has}
    return Cost(
        kind,
        available,
        taken,
        takes,
        tuple(commitments),
        _direction(aims, bool(gained)),
        aims.label if aims.of_target or aims.is_this else None,
        tuple(sorted(gained.values(), key=str.casefold)),
    )


def _direction(aims: Aims, gains: bool) -> Direction:
    if aims.is_this:
        return Direction.IS_TARGET
    if gains:
        return Direction.NEARER
    if not aims.wanted:
        return Direction.UNKNOWN
    return Direction.APART
