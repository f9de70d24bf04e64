"""What a mentor's place is worth to those who did not get it: the smallest prices at which nobody would swap.

With a price on each mentor's places, every mentee takes whoever leaves the most of the value. The smallest prices
at which that is the pairing itself are what each mentee's place costs all others together (Leonard 1983; Demange,
Gale and Sotomayor 1986: they form a lattice, and the smallest ones are Vickrey's).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.pairing.flow import Wishes
from bandmate.engines.allocation.pairing.raising import raise_prices

_DIGITS = 1e-6
"""Share of the largest value below which a price rises no further: values are given in single precision."""


@dataclass(frozen=True, slots=True)
class MentorPrices:
    """One place a mentor, in the order they were given in."""

    price: NDArray[np.float64]
    """In the unit of the values; 0 where there is room left."""
    wanted: NDArray[np.int64]
    """How many mentees would like this mentor at least as much as what they got."""


def prices_of(
    wishes: Wishes, granted: NDArray[np.int64], mentors: NDArray[np.int64], capacities: NDArray[np.int32]
) -> MentorPrices:
    """Return the smallest prices that hold up the optimal pairing ``granted`` (places in ``wishes``).

    A pairing that quotas keep from the optimum has no such prices; what is returned then is the smallest at which
    nobody paired would rather have a mentor without room, as far as ``mentors`` rounds of raising get.
    """
    known = np.flatnonzero((wishes.value > 0) & np.isin(wishes.mentor, mentors))
    order = np.argsort(mentors, kind="stable")
    mentor = order[np.searchsorted(mentors[order], wishes.mentor[known])]
    ids, mentee = np.unique(wishes.mentee[known], return_inverse=True)
    value = wishes.value[known].astype(np.float64)
    got, got_value = _what_each_got(known, granted, mentee, mentor, value, len(ids))
    full = np.bincount(got[got >= 0], minlength=len(mentors)) >= capacities
    price = np.zeros(len(mentors))
    gain = value - got_value[mentee]
    raise_prices(price, mentor, got[mentee], gain, full, _DIGITS * float(value.max(initial=0.0)))
    wanted = np.bincount(mentor[value >= got_value[mentee]], minlength=len(mentors))
    return MentorPrices(price, wanted.astype(np.int64))


def _what_each_got(
    known: NDArray[np.int64],
    granted: NDArray[np.int64],
    mentee: NDArray[np.int64],
    mentor: NDArray[np.int64],
    value: NDArray[np.float64],
    mentees: int,
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return for each mentee the place of their mentor, or -1, and its value, or 0."""
    got, got_value = np.full(mentees, -1), np.zeros(mentees)
    taken = np.flatnonzero(np.isin(known, granted))
    got[mentee[taken]] = mentor[taken]
    got_value[mentee[taken]] = value[taken]
    return got, got_value
