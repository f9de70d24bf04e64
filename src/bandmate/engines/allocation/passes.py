"""Passes over a range of persons, compiled: the smoothed dual, the exact dual, and rounding to whole choices.

Each is a pure function of the arrays of a range of persons and the prices; what it returns is small. So a
range can be worked on in a thread, in another process or on another machine, and sums over ranges in a fixed
order give the same plan everywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.choosing import (
    WIDE,
    Counts,
    Floats,
    Marks,
    Words,
    choose_best,
    count_in,
    fits,
    groups_of,
    project,
    reduce_values,
)
from bandmate.engines.allocation.compiling import compiled

Values = NDArray[np.float32]

HALF = 0.5
WHOLE = 1e-7
"""How near to 0 or 1 a smoothed choice must be to count as whole."""


@compiled()
def smoothed_pass(
    first: Counts,
    option: NDArray[np.int32],
    value: Values,
    columns: Values,
    known: NDArray[np.int32],
    memberships: Words,
    maxima: Counts,
    most: int,
    prices: Floats,
    gamma: float,
    begin: int,
    end: int,
    stride: int,
    usage: Floats,
) -> float:
    """Return the sum of the smoothed optima of persons ``begin`` to ``end``; add what they use of each row."""
    widest = _widest(first, begin, end)
    reduced, x = np.empty(widest), np.empty(widest)
    groups, scratch = np.zeros(widest, np.uint64), np.empty(3 * widest + maxima.shape[0] + 3)
    total = 0.0
    for person in range(begin, end, stride):
        start = first[person]
        count = first[person + 1] - start
        reduce_values(start, count, value, columns, prices, reduced)
        filled = 0.0
        for place in range(count):
            x[place] = min(max(reduced[place] / gamma, 0.0), 1.0)
            filled += x[place]
        if filled == 0.0:
            continue
        if maxima.shape[0] > 0:
            for place in range(count):
                groups[place] = groups_of(option[start + place], known, memberships)
            project(reduced, count, gamma, most, groups, maxima, scratch, x)
        elif filled > most:
            project(reduced, count, gamma, most, groups, maxima, scratch, x)
        for place in range(count):
            if x[place] > 0.0:
                total += x[place] * (reduced[place] - 0.5 * gamma * x[place])
                for row in range(prices.shape[0]):
                    usage[row] += x[place] * columns[start + place, row]
    return total


@compiled()
def exact_pass(
    first: Counts,
    option: NDArray[np.int32],
    value: Values,
    columns: Values,
    known: NDArray[np.int32],
    memberships: Words,
    maxima: Counts,
    most: int,
    laminar: bool,
    prices: Floats,
    begin: int,
    end: int,
) -> float:
    """Return a bound on the sum of the best whole choices of persons ``begin`` to ``end`` at these prices."""
    widest = _widest(first, begin, end)
    reduced, marks = np.empty(widest), np.empty(widest, np.uint8)
    groups, order = np.zeros(widest, np.uint64), np.empty(widest, np.int64)
    taken = np.zeros(maxima.shape[0], np.int64)
    total = 0.0
    for person in range(begin, end):
        start = first[person]
        count = first[person + 1] - start
        reduce_values(start, count, value, columns, prices, reduced)
        if maxima.shape[0] > 0:
            for place in range(count):
                groups[place] = groups_of(option[start + place], known, memberships)
        _, bound = choose_best(reduced, count, most, groups, maxima, laminar, order, taken, marks)
        total += bound
    return total


@compiled()
def rounding_pass(
    first: Counts,
    option: NDArray[np.int32],
    value: Values,
    columns: Values,
    known: NDArray[np.int32],
    memberships: Words,
    maxima: Counts,
    most: int,
    laminar: bool,
    prices: Floats,
    gamma: float,
    begin: int,
    end: int,
    chosen: Marks,
    margin: Values,
) -> None:
    """Mark whole choices of persons ``begin`` to ``end``, and how near each person is to another choice.

    Where the smoothed choice is whole it is taken. A person torn between options gets those that bring the rows'
    totals nearest to the smoothed ones: what one person's rounding misses is carried to the next (error
    diffusion), so the totals of a range are off by a few candidates, not by the root of their number.
    """
    widest = _widest(first, begin, end)
    reduced, x = np.empty(widest), np.empty(widest)
    groups, scratch = np.zeros(widest, np.uint64), np.empty(3 * widest + maxima.shape[0] + 3)
    order, taken = np.empty(widest, np.int64), np.zeros(maxima.shape[0], np.int64)
    missed = np.zeros(prices.shape[0])
    priced = np.abs(prices)
    guided = priced.shape[0] > 0 and priced.max() > 0.0
    for person in range(begin, end):
        start = first[person]
        count = first[person + 1] - start
        reduce_values(start, count, value, columns, prices, reduced)
        if maxima.shape[0] > 0:
            for place in range(count):
                groups[place] = groups_of(option[start + place], known, memberships)
        project(reduced, count, gamma, most, groups, maxima, scratch, x)
        marks = chosen[start : start + count]
        torn = False
        for place in range(count):
            torn |= WHOLE < x[place] < 1.0 - WHOLE
        if torn and guided:
            _settle(start, count, columns, x, groups, maxima, most, priced, order, taken, missed, marks)
        else:
            for place in range(count):
                marks[place] = x[place] > HALF
        if (torn and not guided) or not _is_allowed(count, groups, maxima, most, taken, marks):
            choose_best(reduced, count, most, groups, maxima, laminar, order, taken, marks)
        margin[person] = _margin(reduced, count, most, marks)


@compiled()
def _settle(
    start: int,
    count: int,
    columns: Values,
    x: Floats,
    groups: Words,
    maxima: Counts,
    most: int,
    priced: Floats,
    open_places: Counts,
    taken: Counts,
    missed: Floats,
    marks: Marks,
) -> None:
    """Choose among a torn person's options so that what all persons so far missed of the rows stays small.

    The best step first; of very many options each is looked at once.
    """
    taken[:] = 0
    room, left = most, 0
    for place in range(count):
        marks[place] = x[place] >= 1.0 - WHOLE
        if marks[place]:
            room -= 1
            count_in(groups[place], taken, 1)
        elif x[place] > WHOLE:
            open_places[left] = place
            left += 1
        for row in range(priced.shape[0]):
            missed[row] += (x[place] - marks[place]) * columns[start + place, row]
    wide = left > WIDE
    begin = 0
    while room > 0 and begin < left:
        best, least = -1, -1e-300
        for at in range(begin, begin + 1 if wide else left):
            place = open_places[at]
            if marks[place] or not fits(groups[place], taken, maxima):
                continue
            change = 0.0
            for row in range(priced.shape[0]):
                use = priced[row] * columns[start + place, row]
                change += use * (use - 2.0 * priced[row] * missed[row])
            if change < least:
                best, least = place, change
        begin += wide
        if best < 0:
            if wide:
                continue
            return
        marks[best] = 1
        room -= 1
        count_in(groups[best], taken, 1)
        for row in range(priced.shape[0]):
            missed[row] -= columns[start + best, row]


@compiled(inline=True)
def _is_allowed(count: int, groups: Words, maxima: Counts, most: int, taken: Counts, marks: Marks) -> bool:
    """Say whether the marks keep within a person's own limits."""
    taken[:] = 0
    chosen = 0
    for place in range(count):
        if marks[place]:
            chosen += 1
            count_in(groups[place], taken, 1)
    for group in range(maxima.shape[0]):
        if taken[group] > maxima[group]:
            return False
    return chosen <= most


@compiled(inline=True)
def _margin(reduced: Floats, count: int, most: int, marks: Marks) -> float:
    """Return how much a person's choice would lose, at these prices, by the least change of it."""
    weakest, strongest, chosen = np.inf, -np.inf, 0
    for place in range(count):
        if marks[place]:
            weakest = min(weakest, reduced[place])
            chosen += 1
        else:
            strongest = max(strongest, reduced[place])
    if chosen == most:
        return min(abs(weakest), abs(weakest - strongest))
    return min(abs(weakest), abs(strongest))


@compiled()
def usage_pass(
    first: Counts, value: Values, columns: Values, chosen: Marks, begin: int, end: int, usage: Floats
) -> float:
    """Return the value of what is chosen for persons ``begin`` to ``end``; add what it uses of each row."""
    total = 0.0
    for place in range(first[begin], first[end]):
        if chosen[place]:
            total += np.float64(value[place])
            for row in range(columns.shape[1]):
                usage[row] += columns[place, row]
    return total


@compiled(inline=True)
def _widest(first: Counts, begin: int, end: int) -> int:
    widest = 1
    for person in range(begin, end):
        widest = max(widest, first[person + 1] - first[person])
    return widest
