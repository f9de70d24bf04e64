"""One person's choice, compiled: exact projection for smoothed prices, the best whole choice for given ones.

``reduced`` are a person's values less what their candidates use of each row at its price. ``groups`` holds, for
each candidate, the groups that contain it as bits. Nothing here holds the interpreter lock.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.compiling import compiled

Floats = NDArray[np.float64]
Words = NDArray[np.uint64]
Counts = NDArray[np.int64]
Marks = NDArray[np.uint8]

_STEPS = 100
_SWEEPS = 300
_NODES = 20_000
"""Steps of the search for the best whole choice under overlapping groups, before a bound must do."""
WIDE = 64
"""Candidates of a person from which on what takes time with their square is done in another way."""


@compiled(inline=True)
def reduce_values(
    start: int,
    count: int,
    value: NDArray[np.float32],
    columns: NDArray[np.float32],
    prices: Floats,
    reduced: Floats,
) -> None:
    """Write the reduced values of the candidates from ``start`` on."""
    for place in range(count):
        total = np.float64(value[start + place])
        for row in range(prices.shape[0]):
            total -= prices[row] * columns[start + place, row]
        reduced[place] = total


@compiled(inline=True)
def groups_of(option: int, known: NDArray[np.int32], memberships: Words) -> np.uint64:
    """Return the groups that hold an option, as bits; 0 for an option that no group names."""
    place = np.searchsorted(known, option)
    if place < known.shape[0] and known[place] == option:
        return np.uint64(memberships[place])
    return np.uint64(0)


@compiled()
def threshold(reduced: Floats, count: int, gamma: float, most: int, top: Floats) -> float:
    """Return the least t >= 0 for which the sum of clip((reduced - t) / gamma, 0, 1) is at most ``most``.

    This is the multiplier of the projection onto {0 <= x <= 1, sum x <= most}: the sum falls in t, piecewise
    linearly, so a safeguarded Newton iteration ends on the right piece.
    """
    filled = 0.0
    for place in range(count):
        filled += min(max(reduced[place] / gamma, 0.0), 1.0)
    if filled <= most:
        return 0.0
    low, high = _bracket(reduced, count, gamma, most, top)
    if low >= high:
        return high
    t = 0.5 * (low + high)
    for _ in range(_STEPS):
        total, sloping = -float(most), 0
        for place in range(count):
            part = (reduced[place] - t) / gamma
            if part >= 1.0:
                total += 1.0
            elif part > 0.0:
                total += part
                sloping += 1
        if total > 0.0:
            low = t
        else:
            high = t
        following = t + total * gamma / sloping if sloping else 0.5 * (low + high)
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - t) <= 1e-15 * max(1.0, abs(t)) or total == 0.0:
            break
        t = following
    return max(t, 0.0)


@compiled(inline=True)
def _bracket(reduced: Floats, count: int, gamma: float, most: int, top: Floats) -> tuple[float, float]:
    """Return bounds of the threshold, from the ``most``-th and the next largest value; equal where it is known.

    Finding those takes time with ``most``; where that is large, 0 and the largest value must do.
    """
    held = 0
    if most > WIDE:
        return 0.0, reduced[:count].max()
    for place in range(count):
        rising = reduced[place]
        if held == most + 1 and rising <= top[most]:
            continue
        slot = min(held, most)
        while slot > 0 and top[slot - 1] < rising:
            top[slot] = top[slot - 1]
            slot -= 1
        top[slot] = rising
        held = min(held + 1, most + 1)
    following = top[most]
    if most == 0 or top[most - 1] - following >= gamma:
        return max(following, 0.0), max(following, 0.0)
    return max(following - gamma, 0.0), top[most - 1]


@compiled()
def project(
    reduced: Floats,
    count: int,
    gamma: float,
    most: int,
    groups: Words,
    maxima: Counts,
    scratch: Floats,
    x: Floats,
) -> None:
    """Write the x that maximises reduced . x - gamma / 2 |x|^2 over what a person may get.

    With groups the multipliers are found one after the other until none moves (Hildreth 1957): coordinate
    ascent on a smooth concave function, exact in each coordinate.

    Args:
        reduced: reduced values; the first ``count`` count.
        count: candidates of the person.
        gamma: the smoothing, above 0.
        most: choices for the person, at most.
        groups: the groups of each candidate.
        maxima: choices of each group, at most.
        scratch: at least three times ``count`` + the number of groups + 2 places.
        x: what is written.
    """
    top = scratch[: count + 1]
    if maxima.shape[0] == 0:
        t = threshold(reduced, count, gamma, most, top)
        for place in range(count):
            x[place] = min(max((reduced[place] - t) / gamma, 0.0), 1.0)
        return
    members = scratch[count + 1 : 2 * count + 1]
    left = scratch[2 * count + 1 : 3 * count + 1]
    prices = scratch[3 * count + 1 : 3 * count + 2 + maxima.shape[0]]
    prices[:] = 0.0
    left[:] = reduced[:count]
    for _ in range(_SWEEPS):
        moved = 0.0
        for group in range(-1, maxima.shape[0]):
            held = 0
            for place in range(count):
                if group < 0 or (groups[place] >> np.uint64(group)) & np.uint64(1):
                    members[held] = left[place] + prices[group + 1]
                    held += 1
            bound = most if group < 0 else maxima[group]
            t = threshold(members, held, gamma, bound, top) if held > bound else 0.0
            change = t - prices[group + 1]
            if change != 0.0:
                for place in range(count):
                    if group < 0 or (groups[place] >> np.uint64(group)) & np.uint64(1):
                        left[place] -= change
                prices[group + 1] = t
                moved = max(moved, abs(change))
        if moved <= 1e-9 * gamma:
            break
    for place in range(count):
        x[place] = min(max(left[place] / gamma, 0.0), 1.0)


@compiled()
def choose_best(
    reduced: Floats,
    count: int,
    most: int,
    groups: Words,
    maxima: Counts,
    laminar: bool,
    order: Counts,
    taken: Counts,
    marks: Marks,
) -> tuple[float, float]:
    """Mark the best whole choice; return its value and a bound that no whole choice exceeds.

    Candidates are taken from the best down while they fit. That is optimal where groups are nested or disjoint
    (the independent sets of a laminar matroid; Edmonds 1971). Where they overlap otherwise, all choices are
    searched depth first; only where that takes too long, value and bound differ.

    Ties go to the earlier candidate.
    """
    positive = _rank(reduced, count, order)
    greedy = _take_from_the_top(reduced, positive, most, groups, maxima, order, taken, marks, count)
    unbound = 0.0
    for rank in range(min(most, positive)):
        unbound += reduced[order[rank]]
    if laminar or greedy >= unbound:
        return greedy, greedy
    return _search(reduced, positive, most, groups, maxima, order, taken, marks, greedy, count)


@compiled(inline=True)
def _rank(reduced: Floats, count: int, order: Counts) -> int:
    """Write the places of the positive values, the largest first; return how many there are."""
    positive = 0
    if count > WIDE:
        falling = np.argsort(-reduced[:count], kind="mergesort")
        for place in falling:
            if reduced[place] > 0.0:
                order[positive] = place
                positive += 1
        return positive
    for place in range(count):
        if reduced[place] > 0.0:
            slot = positive
            while slot > 0 and reduced[order[slot - 1]] < reduced[place]:
                order[slot] = order[slot - 1]
                slot -= 1
            order[slot] = place
            positive += 1
    return positive


@compiled(inline=True)
def fits(bits: np.uint64, taken: Counts, maxima: Counts) -> bool:
    """Say whether each of these groups has room for one more."""
    for group in range(maxima.shape[0]):
        if (bits >> np.uint64(group)) & np.uint64(1) and taken[group] >= maxima[group]:
            return False
    return True


@compiled(inline=True)
def count_in(bits: np.uint64, taken: Counts, by: int) -> None:
    """Change how many are taken of each of these groups."""
    for group in range(taken.shape[0]):
        if (bits >> np.uint64(group)) & np.uint64(1):
            taken[group] += by


@compiled(inline=True)
def _take_from_the_top(
    reduced: Floats,
    positive: int,
    most: int,
    groups: Words,
    maxima: Counts,
    order: Counts,
    taken: Counts,
    marks: Marks,
    count: int,
) -> float:
    marks[:count] = 0
    taken[: maxima.shape[0]] = 0
    worth, chosen = 0.0, 0
    for rank in range(positive):
        if chosen == most:
            break
        place = order[rank]
        if fits(groups[place], taken[: maxima.shape[0]], maxima):
            count_in(groups[place], taken[: maxima.shape[0]], 1)
            marks[place] = 1
            worth += reduced[place]
            chosen += 1
    return worth


@compiled()
def _search(
    reduced: Floats,
    positive: int,
    most: int,
    groups: Words,
    maxima: Counts,
    order: Counts,
    taken: Counts,
    marks: Marks,
    best: float,
    count: int,
) -> tuple[float, float]:
    """Depth first, taking before leaving, with the sum of the next best as bound."""
    trial = np.zeros(count, np.uint8)
    taken[: maxima.shape[0]] = 0
    worth, chosen, rank, nodes = 0.0, 0, 0, 0
    while True:
        nodes += 1
        ahead, room = worth, most - chosen
        for further in range(rank, min(rank + room, positive)):
            ahead += reduced[order[further]]
        if nodes < _NODES and rank < positive and room > 0 and ahead > best:
            place = order[rank]
            if fits(groups[place], taken[: maxima.shape[0]], maxima):
                count_in(groups[place], taken[: maxima.shape[0]], 1)
                trial[place] = 1
                worth += reduced[place]
                chosen += 1
            rank += 1
            if worth > best:
                best = worth
                marks[:count] = trial
            continue
        rank -= 1
        while rank >= 0 and trial[order[rank]] == 0:
            rank -= 1
        if rank < 0:
            break
        place = order[rank]
        count_in(groups[place], taken[: maxima.shape[0]], -1)
        trial[place] = 0
        worth -= reduced[place]
        chosen -= 1
        rank += 1
    if nodes < _NODES:
        return best, best
    bound = 0.0
    for further in range(min(most, positive)):
        bound += reduced[order[further]]
    return best, bound
