"""The weights and constants of matching: one frozen, versioned object.

A score has 100 points in all. It is counted in tenths of a point, as whole numbers, so that the parts that a
reader sees add up to the score that they see, and to the one that sorts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

K = TypeVar("K")

TENTHS = 10
"""Units of a point."""

FULL = 1000
"""What a skill counts that is had at the highest level; nearness and levels are parts of it."""


class Part(StrEnum):
    """The parts of a score, in the order in which they are shown."""

    SKILLS = "skills"
    GROW = "grow"
    INTEREST = "interest"
    TARGET = "target"
    AVAILABILITY = "availability"
    PLACE = "place"
    STYLE = "style"


PARTS = tuple(Part)


def _frozen(values: Mapping[K, float]) -> Mapping[K, float]:
    return MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that can be set about a score. Change a value, count the version up."""

    version: int = 1
    weights: Mapping[Part, float] = field(
        default_factory=lambda: _frozen(
            {
                Part.SKILLS: 30,
                Part.GROW: 20,
                Part.INTEREST: 10,
                Part.TARGET: 15,
                Part.AVAILABILITY: 10,
                Part.PLACE: 10,
                Part.STYLE: 5,
            }
        )
    )
    """Points that a part gives at most; they sum to 100."""
    neutral: Mapping[Part, float] = field(
        default_factory=lambda: _frozen(
            {
                Part.SKILLS: 0.3,
                Part.GROW: 0.3,
                Part.INTEREST: 0.3,
                Part.TARGET: 0.3,
                Part.AVAILABILITY: 0.5,
                Part.PLACE: 0.5,
                Part.STYLE: 0.5,
            }
        )
    )
    """Share of its points that a part gives where one side says nothing about it."""
    levels: tuple[float, ...] = (0.5, 0.65, 0.8, 0.9, 1.0)
    """What a skill counts at the levels 1 to 5."""
    unstated_level: float = 0.8
    """What it counts where no level is stated."""
    practised: float = 0.5
    """What an opportunity teaches of a skill that it wants: one practises it there."""
    enough_wants: int = 2
    """So many wanted skills that it teaches give all points."""
    enough_interests: float = 2.0
    """So many whole interests that it speaks of give all points."""
    late_days: int = 90
    """Somebody who is free so many days after the beginning gets no points for the dates."""
    working_hours: float = 8.0
    enough_overlap: float = 4.0
    """Common working hours a day that give all points."""
    same_country: Mapping[str, float] = field(
        default_factory=lambda: _frozen({"on_site": 0.4, "hybrid": 0.5, "": 0.6})
    )
    """Share for another town of the same country, by work model."""
    elsewhere: Mapping[str, float] = field(
        default_factory=lambda: _frozen({"on_site": 0.0, "hybrid": 0.1, "": 0.3})
    )
    """Share for another country."""
    most_price: int = 15
    """Points that the crowd can take from a score, at most."""

    def level(self, stated: int | None) -> int:
        """Return what a skill at a level counts, in parts of ``FULL``."""
        if stated is None:
            return round(self.unstated_level * FULL)
        return round(self.levels[min(max(stated, 1), len(self.levels)) - 1] * FULL)

    def neutral_tenths(self, part: Part) -> int:
        """Return the points of a part about which nothing is known, in tenths."""
        return round(self.weights[part] * self.neutral[part] * TENTHS)


RULES = Rules()
"""The rules that hold now."""
