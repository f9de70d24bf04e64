"""How evenly what there is gets seen: measures of exposure; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

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


def exposure_of(lists: Sequence[Sequence[int]], opportunities: int) -> Exposure:
    """Measure lists of opportunities, each meant by a number below ``opportunities``."""
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
    )


def gini(counts: Ints) -> float:
    """Return the Gini coefficient of counts; 0 where there are none."""
    total, n = float(counts.sum()), len(counts)
    if total == 0 or n == 0:
        return 0.0
    ranks = np.arange(1, n + 1)
    return float(2 * (ranks * np.sort(counts)).sum() / (n * total) - (n + 1) / n)


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
