"""Prices of the crowd: what popularity takes from a score, so that the same few are not shown to everyone.

Each list has room for so many; each opportunity should stand in so many lists, according to its seats. At the
prices found, lists ordered by score less price keep those limits nearly: prices are the multipliers of the limits
(Lagrangean duality), found by raising what is shown too often and lowering what is shown too seldom. A price is
never negative and never above ``Rules.most_price``: who fits far better than others sees it all the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bandmate.engines.matching.postings import Ints
from bandmate.engines.matching.rules import RULES, TENTHS, Rules
from bandmate.engines.matching.scoring import Tenths

ROUNDS = 60
SLACK = 1.25
"""How many more lists than its share an opportunity may stand in before it costs anything."""
MOST_SEATS = 10
"""An opportunity with more seats is shown no more for it."""
BY_SEATS = 0.5
"""So much of all places is shared out by seats, the rest to each opportunity alike.

By seats alone, prices take lists from what has one seat and give them to what has ten, and opportunities are seen
less evenly than without prices; alike alone, ten seats stay as hard to fill as one is crowded.
"""
_FIRST_STEP, _LEAST_STEP = 1.0, 0.05
_FASTER, _SLOWER = 1.3, 0.5
_NEARLY = 0.002
"""Share of all places that may go beyond the limits when prices are good enough."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """What could stand in the lists of persons: rows of places in a pool, padded with -1."""

    places: npt.NDArray[np.int32]
    """(persons, candidates)."""
    tenths: npt.NDArray[np.int32]
    """Scores."""
    ties: npt.NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Prices:
    """Prices in tenths of a point, and what they do."""

    tenths: Tenths
    wanted_before: Ints
    """In how many lists each would stand without prices."""
    wanted_after: Ints
    limits: Ints


def exposure_limits(seats: Ints, *, lists: int, length: int, slack: float = SLACK) -> Ints:
    """Return in how many lists each opportunity should stand at most: its share of all places (``BY_SEATS``)."""
    counted = np.clip(seats, 1, MOST_SEATS).astype(np.float64)
    if len(counted) == 0:
        return np.empty(0, np.int64)
    shares = BY_SEATS * counted / counted.sum() + (1 - BY_SEATS) / len(counted)
    result: Ints = np.maximum(1, np.ceil(slack * lists * length * shares)).astype(np.int64)
    return result


def demand(candidates: Candidates, tenths: Tenths, *, length: int) -> Ints:
    """Return in how many lists each opportunity stands at these prices."""
    listed = _listed(candidates, tenths, length)
    return np.bincount(listed[listed >= 0], minlength=len(tenths))


def prices_for(
    candidates: Candidates, limits: Ints, *, length: int, rounds: int = ROUNDS, rules: Rules = RULES
) -> Prices:
    """Return prices at which no opportunity stands in many more lists than its limit allows.

    Args:
        candidates: The best of each person, many more than ``length``: what is not among them is never shown.
        limits: For each opportunity, how many lists.
        length: Places of a list.
        rounds: How often prices are corrected.
        rules: For the greatest price.
    """
    exact = np.zeros(len(limits))
    step = np.full(len(limits), _FIRST_STEP * TENTHS)
    last = np.zeros(len(limits))
    before = demand(candidates, exact.astype(np.int32), length=length)
    best, best_excess = np.zeros(len(limits), np.int32), _excess(before, limits)
    wanted = before
    for _ in range(rounds):
        direction = np.sign(wanted - limits).astype(np.float64)
        # Faster while it goes on in one direction, slower once it has gone too far (Riedmiller and Braun 1993).
        step = np.clip(np.where(direction * last < 0, step * _SLOWER, step * _FASTER), _LEAST_STEP, 5 * TENTHS)
        step[direction * last == 0] = np.maximum(step[direction * last == 0] / _FASTER, _LEAST_STEP)
        exact = np.clip(exact + direction * step, 0, rules.most_price * TENTHS)
        last = direction
        tenths = np.rint(exact).astype(np.int32)
        wanted = demand(candidates, tenths, length=length)
        excess = _excess(wanted, limits)
        if excess < best_excess:
            best, best_excess = tenths, excess
        if best_excess <= _NEARLY * wanted.sum():
            break
    return Prices(best, before, demand(candidates, best, length=length), limits)


def _excess(wanted: Ints, limits: Ints) -> int:
    """Return how many places of lists go beyond the limits."""
    return int(np.maximum(wanted - limits, 0).sum())


def _listed(candidates: Candidates, tenths: Tenths, length: int) -> npt.NDArray[np.int32]:
    if len(tenths) == 0:
        return candidates.places
    absent = candidates.places < 0
    net = candidates.tenths.astype(np.int64) - tenths[candidates.places]
    order = np.where(absent, np.iinfo(np.int64).min, (net << 32) + candidates.ties)
    if order.shape[1] <= length:
        return candidates.places
    first = np.argpartition(-order, length - 1, axis=1)[:, :length]
    return np.take_along_axis(candidates.places, first, 1)
