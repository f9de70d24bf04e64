"""What a pairing would be like, before anybody hears of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.pairing.flow import Pairing, Wishes, is_optimal


@dataclass(frozen=True, slots=True)
class PairingFigures:
    """Figures of one pairing."""

    matched: int
    unmatched: int
    """Mentees with at least one wish and without a mentor."""
    value: float
    bound: float
    ranks: Mapping[int, int]
    """How many mentees got their first, second, third ... best mentor; equally good ones share the better rank."""
    blocking_pairs: int
    """Wishes whose both sides would rather have each other than the worst of what they got (Gale and Shapley)."""
    places_left: int

    @property
    def optimal(self) -> bool:
        """Whether value and bound are the same but for the last digits of sums of floating point numbers."""
        return is_optimal(self.value, self.bound)


def figures_of(
    wishes: Wishes, pairing: Pairing, mentors: NDArray[np.int64], capacities: NDArray[np.int32]
) -> PairingFigures:
    """Return the figures of a pairing; a mentor who is not in ``mentors`` has no room."""
    useful = np.flatnonzero((wishes.value > 0) & np.isin(wishes.mentor, mentors[capacities > 0]))
    mentees, mentee = np.unique(wishes.mentee[useful], return_inverse=True)
    order = np.argsort(mentors, kind="stable")
    mentor = order[np.searchsorted(mentors[order], wishes.mentor[useful])]
    value = wishes.value[useful].astype(np.float64)
    taken = np.isin(useful, pairing.granted)
    got = np.zeros(len(mentees))
    got[mentee[taken]] = value[taken]
    better = np.bincount(mentee[value > got[mentee]], minlength=len(mentees))[mentee[taken]]
    worst = _worst_of_each(mentor[taken], value[taken], capacities)
    return PairingFigures(
        matched=pairing.matched,
        unmatched=len(mentees) - pairing.matched,
        value=pairing.value,
        bound=pairing.bound,
        ranks={
            int(rank) + 1: int(count) for rank, count in zip(*np.unique(better, return_counts=True), strict=True)
        },
        blocking_pairs=int(np.count_nonzero((value > got[mentee]) & (value > worst[mentor]))),
        places_left=int(capacities.sum()) - pairing.matched,
    )


def _worst_of_each(
    holder: NDArray[np.int64], value: NDArray[np.float64], capacities: NDArray[np.int32]
) -> NDArray[np.float64]:
    """Return what each mentor's least good pair is worth; a mentor with room would rather have anybody."""
    worst = np.full(len(capacities), np.inf)
    np.minimum.at(worst, holder, value)
    worst[np.bincount(holder, minlength=len(capacities)) < capacities] = 0.0
    return worst
