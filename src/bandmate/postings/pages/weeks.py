"""Postings opened and closed week by week, laid out as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bandmate.kernel.web.formats import short_day

HEIGHT = 120
"""CSS pixels of the tallest column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its top and height in CSS pixels, and what it stands for."""

    top: float
    height: float
    count: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week that begins on ``start`` (Monday, 00:00 UTC); ``middle`` is its place in percent of the width."""

    start: datetime
    middle: float
    opened: Column
    closed: Column

    @property
    def label(self) -> str:
        """The week's first day, ``3 Aug``."""
        return short_day(self.start)


@dataclass(frozen=True, slots=True)
class WeeksChart:
    """All weeks on one scale, with their sums."""

    weeks: tuple[Week, ...]
    opened: int
    closed: int
    height: int = HEIGHT


def weeks_chart(counts: Sequence[tuple[datetime, int, int]]) -> WeeksChart:
    """Lay out (start of the week, opened, closed), oldest first."""
    tallest = max((max(opened, closed) for _, opened, closed in counts), default=0) or 1
    weeks = tuple(
        Week(
            start=start,
            middle=round(100 * (number + 0.5) / len(counts), 3),
            opened=_column(opened, tallest),
            closed=_column(closed, tallest),
        )
        for number, (start, opened, closed) in enumerate(counts)
    )
    return WeeksChart(weeks, sum(opened for _, opened, _ in counts), sum(closed for _, _, closed in counts))


def _column(count: int, tallest: int) -> Column:
    height = round(HEIGHT * count / tallest, 2)
    return Column(top=HEIGHT - height, height=height, count=count)
