"""Rates of groups: their intervals, and which counts are too small to be told; pure.

A small count about a small group tells of single persons. So counts from 1 up to a stated minimum are left out,
and where that leaves exactly one count out, the next smallest goes too: it could else be worked out from the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

Z_95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """Return the score interval of a rate (E. B. Wilson, JASA 22, 1927); 0 to 1 where nothing was tried.

    Unlike the usual interval it never leaves 0 to 1 and is right for small counts and rates near 0 and 1
    (R. G. Newcombe, Statistics in Medicine 17, 1998, method 3).

    Raises:
        ValueError: when there are more successes than trials, or fewer than none.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no rate")
    if trials == 0:
        return 0.0, 1.0
    rate, weight = successes / trials, z * z / trials
    centre = (rate + weight / 2) / (1 + weight)
    half = z * sqrt(rate * (1 - rate) / trials + weight / (4 * trials)) / (1 + weight)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == trials else min(1.0, centre + half)
    return low, high


def told(counts: Mapping[str, int], minimum: int) -> dict[str, int | None]:
    """Return the counts, None in place of those that must not be told (see above).

    Args:
        counts: By group; together they make a sum that is told.
        minimum: The smallest count but 0 that may be told; 1 or less tells all.
    """
    hidden = {name for name, count in counts.items() if 0 < count < minimum}
    if len(hidden) == 1:
        others = [name for name, count in counts.items() if count > 0 and name not in hidden]
        hidden |= set(sorted(others, key=lambda name: (counts[name], name))[:1])
    return {name: None if name in hidden else count for name, count in counts.items()}
