"""Raising prices until nobody would swap, compiled: one wish after the other, until nothing moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bandmate.engines.allocation.compiling import compiled


@compiled()
def raise_prices(
    price: NDArray[np.float64],
    mentor: NDArray[np.int64],
    holds: NDArray[np.int64],
    gain: NDArray[np.float64],
    full: NDArray[np.bool_],
    least: float,
) -> None:
    """Raise ``price`` in place to the smallest one at which no wish is worth more than what its mentee got.

    Args:
        price: one place a mentor, to begin with.
        mentor: of each wish.
        holds: of each wish the mentor whom its mentee got, or -1.
        gain: of each wish its value less that of what its mentee got.
        full: mentors without room; only theirs has a price.
        least: rises below it are none.
    """
    # A price depends on others in chains no longer than there are mentors.
    for _ in range(len(price)):
        moved = False
        for wish in range(len(mentor)):
            wanted = mentor[wish]
            if full[wanted]:
                paid = price[holds[wish]] if holds[wish] >= 0 else 0.0
                if gain[wish] + paid > price[wanted] + least:
                    price[wanted] = gain[wish] + paid
                    moved = True
        if not moved:
            return
