"""Mending and bettering whole choices by single steps: drop one, add one, or change one for another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.choosing import Counts, Floats, Marks, Words, count_in, fits, groups_of
from bandmate.engines.allocation.compiling import compiled

Values = NDArray[np.float32]

MOST_CHANGES = 1_000_000
"""Changes of one choice for another that are tried for a person; where there are more, none is."""


@compiled()
def polish(
    first: Counts,
    option: NDArray[np.int32],
    value: Values,
    columns: Values,
    known: NDArray[np.int32],
    memberships: Words,
    maxima: Counts,
    most: int,
    signs: Floats,
    bounds: Floats,
    exchange_rates: Floats,
    penalties: Floats,
    usage: Floats,
    marks: Marks,
    rounds: int,
    least_gain: float,
) -> int:
    """Take, person by person, the best step that gains; until none does or ``rounds`` are over. Return the steps.

    A step gains what the objective gains, plus ``penalties`` for each unit by which it lessens the excess of
    a cap. ``usage`` (of all persons, not only of these) and ``marks`` are changed in place.
    """
    widest = 1
    for person in range(first.shape[0] - 1):
        widest = max(widest, first[person + 1] - first[person])
    groups, taken = np.zeros(widest, np.uint64), np.zeros(maxima.shape[0], np.int64)
    steps = 0
    for _ in range(rounds):
        before = steps
        for person in range(first.shape[0] - 1):
            start = first[person]
            count = first[person + 1] - start
            taken[:] = 0
            chosen = 0
            for place in range(count):
                if maxima.shape[0] > 0:
                    groups[place] = groups_of(option[start + place], known, memberships)
                if marks[start + place]:
                    chosen += 1
                    count_in(groups[place], taken, 1)
            wide = count * chosen > MOST_CHANGES
            leaving, coming, gain = -1, -1, least_gain
            for out in range(-1, count):
                if out >= 0:
                    if not marks[start + out]:
                        continue
                    count_in(groups[out], taken, -1)
                room = chosen - (out >= 0) < most
                for into in range(-1, 0 if wide and out >= 0 else count):
                    if into == out or (into >= 0 and marks[start + into]):
                        continue
                    if into >= 0 and not (room and fits(groups[into], taken, maxima)):
                        continue
                    step = _gain(start, out, into, value, columns, signs, bounds, exchange_rates, penalties, usage)
                    if step > gain:
                        leaving, coming, gain = out, into, step
                if out >= 0:
                    count_in(groups[out], taken, 1)
            if leaving >= 0 or coming >= 0:
                steps += 1
                if leaving >= 0:
                    marks[start + leaving] = 0
                if coming >= 0:
                    marks[start + coming] = 1
                for row in range(usage.shape[0]):
                    usage[row] += _change(start, leaving, coming, columns, row)
        if steps == before:
            break
    return steps


@compiled(inline=True)
def _change(start: int, leaving: int, coming: int, columns: Values, row: int) -> float:
    change = 0.0
    if coming >= 0:
        change += columns[start + coming, row]
    if leaving >= 0:
        change -= columns[start + leaving, row]
    return change


@compiled(inline=True)
def _gain(
    start: int,
    leaving: int,
    coming: int,
    value: Values,
    columns: Values,
    signs: Floats,
    bounds: Floats,
    exchange_rates: Floats,
    penalties: Floats,
    usage: Floats,
) -> float:
    gain = 0.0
    if coming >= 0:
        gain += value[start + coming]
    if leaving >= 0:
        gain -= value[start + leaving]
    for row in range(usage.shape[0]):
        change = _change(start, leaving, coming, columns, row)
        if change == 0.0:
            continue
        if signs[row] > 0.0:
            after, before = max(usage[row] + change - bounds[row], 0.0), max(usage[row] - bounds[row], 0.0)
            gain -= penalties[row] * (after - before)
        else:
            after, before = max(bounds[row] - usage[row] - change, 0.0), max(bounds[row] - usage[row], 0.0)
            gain -= exchange_rates[row] * (after - before)
    return gain
