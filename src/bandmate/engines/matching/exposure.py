"""How evenly what there is gets seen: measures of exposure; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who is seen, over all lists of a time."""

    lists: int
    opportunities: int
    gini: float
    """0 where every opportunity stands in as many lists, near 1 where one stands in all."""
    coverage: float
    """Share of the opportunities that stand in any list."""
    own: float
    """Share of the persons whose list has something that stands in nobody else's."""
    busiest_tenth: float
    """Share of all places that the most shown tenth of the opportunities has."""
    gini_of_seats: float
    """As ``gini``, of seats: 0 where there are as many lists for each seat. Without seats, the same."""


def exposure_of(lists: Sequence[Sequence[int]], opportunities: int, seats: Ints | None = None) -> Exposure:
    """Measure lists of opportunities, each meant by a number below ``opportunities``, with its seats if known."""
    shown = np.zeros(opportunities, np.int64)
    for each in lists:
        for place in set(each):
            shown[place] += 1
    own = sum(any(shown[place] == 1 for place in each) for each in lists)
    most = np.sort(shown)[::-1][: max(1, opportunities // 10)].sum() if opportunities else 0
    return Exposure(
        lists=len(lists),
        opportunities=opportunities,
        gini=gini(shown),
        coverage=float((shown > 0).mean()) if opportunities else 0.0,
        own=own / len(lists) if lists else 0.0,
        busiest_tenth=float(most / shown.sum()) if shown.sum() else 0.0,
        gini_of_seats=gini(shown, seats),
    )


def gini(counts: Ints, seats: Ints | None = None) -> float:
    """Return the Gini coefficient of counts, or of counts for each seat; 0 where there are none.

    It is twice the area between the Lorenz curve and the diagonal (Gini 1914).
    """
    across, up = _lorenz(counts, seats)
    return 1 - float(((up[1:] + up[:-1]) * np.diff(across)).sum())


def lorenz(counts: Ints, points: int = 20) -> tuple[tuple[float, float], ...]:
    """Return the Lorenz curve (Lorenz 1905): what share of all lists the least shown share has.

    Args:
        counts: In how many lists each stands.
        points: So many even steps across, from (0, 0) to (1, 1).
    """
    across, up = _lorenz(counts, None)
    steps = np.linspace(0, 1, points + 1)
    return tuple(zip(steps.tolist(), np.interp(steps, across, up).tolist(), strict=True))


def _lorenz(counts: Ints, seats: Ints | None) -> tuple[Floats, Floats]:
    """Return the corners of the curve; the diagonal where there is nothing."""
    weights = np.ones(len(counts)) if seats is None else np.maximum(seats, 1).astype(np.float64)
    if counts.sum() == 0:
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    order = np.argsort(counts / weights, kind="stable")
    across = np.concatenate([[0.0], np.cumsum(weights[order])]) / weights.sum()
    up = np.concatenate([[0.0], np.cumsum(counts[order], dtype=np.float64)]) / counts.sum()
    return across, up


@dataclass(frozen=True, slots=True)
class GroupExposure:
    """What a group gets of all places: of a group of opportunities, or of what a group of persons sees."""

    group: str
    count: int
    """How many are in it."""
    mean: float
    low: float
    high: float
    """The 95 % interval of the mean, taking the members as independent."""


def by_group(values: Mapping[str, Sequence[float]], *, minimum: int = 1) -> tuple[GroupExposure, ...]:
    """Return the mean of a measure in each group of at least ``minimum``, by name, with its interval.

    The interval is the usual one of a mean; for fewer than two members there is none, and it spans all.
    """
    found = []
    for group, measured in sorted(values.items()):
        n = len(measured)
        if n < max(1, minimum):
            continue
        mean = sum(measured) / n
        if n == 1:
            found.append(GroupExposure(group, n, mean, float("-inf"), float("inf")))
            continue
        spread = sqrt(sum((value - mean) ** 2 for value in measured) / (n - 1) / n) * _Z_95
        found.append(GroupExposure(group, n, mean, mean - spread, mean + spread))
    return tuple(found)
