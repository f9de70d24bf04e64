"""Postings opened and closed week by week, laid out as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

HEIGHT = 120
"""Of the tallest column, in units of the drawing."""
SLOT, COLUMN = 52, 18
"""Width of a week, and of one of its two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its place from the left and from the top, its height, and what it stands for."""

    x: float
    y: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week that begins on ``start`` (Monday, 00:00 UTC)."""

    start: datetime
    middle: float
    opened: Column
    closed: Column

    @property
    def label(self) -> str:
        """The week's first day, ``3 Aug``."""
        return f"{self.start.day} {self.start:%b}"


@dataclass(frozen=True, slots=True)
class WeeksChart:
    """All weeks on one scale."""

    width: int
    height: int
    weeks: tuple[Week, ...]
    opened: int
    closed: int


def weeks_chart(counts: Sequence[tuple[datetime, int, int]]) -> WeeksChart:
    """Lay out (start of the week, opened, closed), oldest first."""
    tallest = max((max(opened, closed) for _, opened, closed in counts), default=0) or 1
    weeks = []
    for number, (start, opened, closed) in enumerate(counts):
        left = number * SLOT
        weeks.append(
            Week(
                start=start,
                middle=left + SLOT / 2,
                opened=_column(left + SLOT / 2 - COLUMN - 1, opened, tallest),
                closed=_column(left + SLOT / 2 + 1, closed, tallest),
            )
        )
    return WeeksChart(
        width=len(counts) * SLOT,
        height=HEIGHT,
        weeks=tuple(weeks),
        opened=sum(opened for _, opened, _ in counts),
        closed=sum(closed for _, _, closed in counts),
    )


def _column(x: float, count: int, tallest: int) -> Column:
    height = HEIGHT * count / tallest
    return Column(x=x, y=HEIGHT - height, height=height, count=count)
