"""Deciding person by person, as they come, at the last plan's prices, with a controller that keeps the course.

A course says which share of each row should be used by when: evenly, or as it went the last time. A cap's price
rises while more is used than that and falls while less is; a floor's price does the opposite, up to its exchange
rate. How strongly depends on how much is still to come: what is ahead by a hundredth of the limit is little in the
morning, and much when a tenth of the day is left. Whatever the prices say, no choice is made that would exceed a
cap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.choosing import choose_best, groups_of, reduce_values
from bandmate.engines.allocation.compiling import compiled
from bandmate.engines.allocation.errors import InvalidProblem
from bandmate.engines.allocation.plan import Plan
from bandmate.engines.allocation.problem import Candidates, Limits, Terms

Floats = NDArray[np.float64]

GAIN = 3.0
"""By how much the logarithm of a price moves when a row is ahead by as much as should still be used."""
LEAST_LEFT = 0.02
"""The share of a stream that counts as still to come at its very end, so that prices do not jump there."""
CONTROL_EVERY = 64
"""Decisions between two looks of the controller."""
_FARTHEST = 7.0
"""The logarithm of a price moves by no more than this."""


@dataclass(slots=True)
class Stream:
    """A stream of decisions under way; not for several threads at once."""

    limits: Limits
    planned: Floats
    """The prices of the last plan."""
    expected: int
    """Persons expected in all."""
    course: Floats | None = None
    """Which share of each row should be used by when: one line for each equal part of the stream, from 0 to 1, one
    column a row. Evenly, if not given; ``course_of`` makes one of an earlier stream."""
    seen: int = 0
    usage: Floats = field(init=False)
    value: float = 0.0
    prices: Floats = field(init=False)
    _terms: Terms = field(init=False)
    _base: Floats = field(init=False)
    _anchors: Floats = field(init=False)
    """What was used and which share of the course was over when the limits were set, in two lines."""
    _course: Floats = field(init=False)

    def __post_init__(self) -> None:
        if self.expected < 1:
            raise InvalidProblem(f"{self.expected} persons are expected; a stream needs 1 at least.")
        rows = len(self.limits.rows)
        self._course = np.linspace([0.0] * rows, [1.0] * rows, 2) if self.course is None else self.course
        if self._course.shape[1:] != (rows,) or len(self._course) <= 1:
            raise InvalidProblem(f"A course needs two lines at least, and {rows} columns.")
        self._terms = Terms.of(self.limits)
        self.usage, self._anchors = np.zeros(rows), np.zeros((2, rows))
        self.prices, self._base = self.planned.copy(), self.planned.copy()

    @classmethod
    def after(
        cls, plan: Plan, limits: Limits, *, expected: int, least_price: float, course: Floats | None = None
    ) -> Stream:
        """Start from a plan.

        Args:
            plan: the last plan.
            limits: today's limits; the same rows.
            expected: how many persons are expected today.
            least_price: from where the price of a row that bound nothing starts, should it begin to bind.
            course: as above.
        """
        return cls(limits, np.maximum(plan.prices, least_price), expected, course)

    def revise(self, limits: Limits) -> None:
        """Go on under other limits of the same rows: what is left of them is paced over what is still to come.

        A cap that is already exceeded by then allows nothing more.
        """
        if limits.columns != self.limits.columns:
            raise InvalidProblem("A stream goes on with the rows it began with; only what they allow may change.")
        self._anchors[0] = self.usage
        self._anchors[1] = share_due(self._course, min(self.seen / self.expected, 1.0))
        self._base = self.prices.copy()
        self.limits, self._terms = limits, Terms.of(limits)

    def decide(self, arriving: Candidates) -> NDArray[np.uint8]:
        """Decide for persons in the order given; return one mark a candidate."""
        marks = np.zeros(len(arriving), np.uint8)
        self.value += _decide(
            arriving.first,
            arriving.option,
            arriving.value,
            arriving.columns,
            self._terms.known,
            self._terms.memberships,
            self._terms.maxima,
            self._terms.most,
            self._terms.laminar,
            self._terms.signs,
            self._terms.bounds,
            self._terms.highest_prices,
            self._base,
            self._anchors,
            self._course,
            self.prices,
            self.usage,
            self.seen,
            self.expected,
            marks,
        )
        self.seen += arriving.persons
        return marks

    @property
    def objective(self) -> float:
        """The value so far, less the price of what the floors lack of their whole limit."""
        return self._terms.objective(self.value, self.usage)


@compiled()
def _decide(
    first: NDArray[np.int64],
    option: NDArray[np.int32],
    value: NDArray[np.float32],
    columns: NDArray[np.float32],
    known: NDArray[np.int32],
    memberships: NDArray[np.uint64],
    maxima: NDArray[np.int64],
    most: int,
    laminar: bool,
    signs: Floats,
    bounds: Floats,
    highest: Floats,
    base: Floats,
    anchors: Floats,
    course: Floats,
    prices: Floats,
    usage: Floats,
    seen: int,
    expected: int,
    marks: NDArray[np.uint8],
) -> float:
    widest = 1
    for person in range(first.shape[0] - 1):
        widest = max(widest, first[person + 1] - first[person])
    reduced, groups, order = np.empty(widest), np.zeros(widest, np.uint64), np.empty(widest, np.int64)
    taken, picked = np.zeros(maxima.shape[0], np.int64), np.empty(widest, np.uint8)
    worth = 0.0
    for person in range(first.shape[0] - 1):
        begin = first[person]
        count = first[person + 1] - begin
        if (seen + person) % CONTROL_EVERY == 0:
            elapsed = min((seen + person) / expected, 1.0)
            _control(signs, bounds, highest, base, anchors, course, elapsed, usage, prices)
        reduce_values(begin, count, value, columns, signs * prices, reduced)
        for place in range(count):
            if maxima.shape[0] > 0:
                groups[place] = groups_of(option[begin + place], known, memberships)
            for row in range(signs.shape[0]):
                if signs[row] > 0.0 and columns[begin + place, row] > bounds[row] - usage[row]:
                    reduced[place] = -1.0
        choose_best(reduced, count, most, groups, maxima, laminar, order, taken, picked)
        for place in range(count):
            if picked[place] and _has_room(begin + place, columns, signs, bounds, usage):
                marks[begin + place] = 1
                worth += np.float64(value[begin + place])
                for row in range(signs.shape[0]):
                    usage[row] += columns[begin + place, row]
    return worth


@compiled(inline=True)
def _has_room(place: int, columns: NDArray[np.float32], signs: Floats, bounds: Floats, usage: Floats) -> bool:
    for row in range(signs.shape[0]):
        if signs[row] > 0.0 and usage[row] + columns[place, row] > bounds[row]:
            return False
    return True


@compiled()
def _control(
    signs: Floats,
    bounds: Floats,
    highest: Floats,
    base: Floats,
    anchors: Floats,
    course: Floats,
    elapsed: float,
    usage: Floats,
    prices: Floats,
) -> None:
    """Move the prices towards where each row comes out even at the end."""
    over = share_due(course, elapsed)
    for row in range(signs.shape[0]):
        if bounds[row] == 0.0:
            continue
        before = anchors[1, row]
        share = (over[row] - before) / (1.0 - before) if before < 1.0 else 1.0
        due = anchors[0, row] + (bounds[row] - anchors[0, row]) * share
        ahead = (usage[row] - due) / abs(bounds[row]) * signs[row]
        move = GAIN * ahead / max(1.0 - elapsed, LEAST_LEFT)
        prices[row] = min(base[row] * np.exp(min(max(move, -_FARTHEST), _FARTHEST)), highest[row])


@compiled()
def share_due(course: Floats, elapsed: float) -> Floats:
    """Return which share of each row should be used when this share of a stream is over."""
    parts = course.shape[0] - 1
    part = min(int(elapsed * parts), parts - 1)
    into = elapsed * parts - part
    due: Floats = course[part] + into * (course[part + 1] - course[part])
    return due


def course_of(arrived: Candidates, chosen: NDArray[np.uint8], *, parts: int = 48) -> Floats:
    """Return the course of an earlier stream, or of a plan for persons in the order in which they came.

    A row of which nothing was used has an even course.
    """
    edges = arrived.first[np.linspace(0, arrived.persons, parts + 1).astype(np.int64)]
    used = np.zeros((parts + 1, arrived.columns.shape[1]))
    for at, (begin, end) in enumerate(pairwise(edges), 1):
        some = chosen[begin:end] == 1
        used[at] = used[at - 1] + arrived.columns[begin:end][some].sum(axis=0, dtype=np.float64)
    even = np.linspace(np.zeros(used.shape[1]), np.ones(used.shape[1]), parts + 1)
    return np.where(used[-1] > 0, used / np.where(used[-1] > 0, used[-1], 1.0), even)
