"""Which wishes to write down when everybody could be paired with anybody.

Each mentee's best few are the same few mentors for all, so that most of a round could not be paired at all. Here
wishes are added where prices say that they would improve the pairing, until no pair of all has a value above the
two sides' surplus: then the pairing is the best of all pairs, not only of those written down (column generation;
Dantzig and Wolfe 1960).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.pairing.flow import Pairing, Wishes, pair
from bandmate.engines.allocation.pairing.prices import prices_of

Values = Callable[[int, int], NDArray[np.float32]]
"""Values of the mentees from one place to before another: shape (mentees, mentors); 0 or less for never."""

_BLOCK = 2_048
_ENOUGH = 1e-6
"""Share of the value up to which the pairing may be below what all pairs could reach."""


@dataclass(frozen=True, slots=True)
class CandidateSearch:
    """A pairing, the wishes it was chosen from, and what no pairing of all pairs can exceed."""

    wishes: Wishes
    """Mentees and mentors are meant by their places."""
    pairing: Pairing
    bound: float
    rounds: int


def find_pairing(
    values: Values, mentees: int, capacities: NDArray[np.int32], *, each: int = 20, rounds: int = 20
) -> CandidateSearch:
    """Pair ``mentees`` with the mentors of these capacities, writing down few of all pairs.

    Args:
        values: asked for blocks of mentees, again in every round.
        mentees: how many there are.
        capacities: one place a mentor.
        each: wishes a mentee begins with, and wishes that a round may add for each.
        rounds: after so many the pairing is returned as it is; its bound says how far it may be from the best.
    """
    mentors = np.arange(len(capacities))
    price = np.zeros(len(capacities))
    held = np.zeros((0, 2), np.int64)
    best: CandidateSearch | None = None
    for number in range(1, max(rounds, 1) + 1):
        added, bound = _better(values, mentees, price, capacities, each)
        if best is not None:
            bound = min(bound, best.bound)
            if bound - best.pairing.value <= _ENOUGH * max(bound, 1e-300):
                return CandidateSearch(best.wishes, best.pairing, bound, number - 1)
        held = np.unique(np.concatenate([held, added]), axis=0)
        wishes = _wishes(values, held, mentees)
        pairing = pair(wishes, mentors, capacities)
        best = CandidateSearch(wishes, pairing, bound, number)
        price = prices_of(wishes, pairing.granted, mentors, capacities).price
    assert best is not None  # noqa: S101 - there is at least one round
    return best


def _better(
    values: Values, mentees: int, price: NDArray[np.float64], capacities: NDArray[np.int32], each: int
) -> tuple[NDArray[np.int64], float]:
    """Return each mentee's best mentors at these prices, and what no pairing can exceed (weak duality)."""
    found = []
    bound = float(price @ capacities)
    open_mentors = np.flatnonzero(capacities > 0)
    count = min(each, len(open_mentors))
    for start in range(0, mentees, _BLOCK):
        stop = min(start + _BLOCK, mentees)
        block = values(start, stop)[:, open_mentors]
        left = np.where(block > 0, block - price[open_mentors], -np.inf)
        if not count:
            continue
        near = np.argpartition(-left, count - 1, axis=1)[:, :count]
        surplus = np.take_along_axis(left, near, 1)
        bound += float(np.maximum(surplus.max(1), 0).sum())
        rows, columns = np.nonzero(np.isfinite(surplus))
        found.append(np.column_stack([start + rows, open_mentors[near[rows, columns]]]))
    return np.concatenate(found) if found else np.zeros((0, 2), np.int64), bound


def _wishes(values: Values, held: NDArray[np.int64], mentees: int) -> Wishes:
    """Return the wishes that are written down, with their values."""
    value = np.zeros(len(held), np.float32)
    for start in range(0, mentees, _BLOCK):
        stop = min(start + _BLOCK, mentees)
        first, last = np.searchsorted(held[:, 0], [start, stop])
        if last > first:
            value[first:last] = values(start, stop)[held[first:last, 0] - start, held[first:last, 1]]
    return Wishes(held[:, 0], held[:, 1], value)
