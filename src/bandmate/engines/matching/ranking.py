"""The order of a list: score less the price of the crowd; ties settled differently for each person.

Were ties settled alike for everybody, the same opportunity would stand first in thousands of lists.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.engines.matching.pool import Pool
from bandmate.engines.matching.postings import Ints
from bandmate.engines.matching.scoring import Tenths

Mask = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).min + 1
"""Key of what may not be in the list; its negative is a number, too."""


def keys(total: Tenths, prices: Tenths, pool: Pool, *, seed: int, allowed: Mask | None = None) -> Ints:
    """Return one sortable number for each opportunity; the greatest goes first.

    Args:
        total: Scores, in tenths of a point.
        prices: What the crowd takes from each, in tenths.
        pool: The opportunities.
        seed: A lasting number of the person's, which settles ties.
        allowed: Which may be in the list; all when left out.
    """
    net = total.astype(np.int64) - prices.astype(np.int64)
    result = (net << 32) + ties(pool, seed)
    return result if allowed is None else np.where(allowed, result, NEVER)


def ties(pool: Pool, seed: int) -> Ints:
    """Return a number below 2**32 for each opportunity that looks random and is the same every time."""
    # The finaliser of MurmurHash3 (32 bits) mixes well enough, and is quick.
    mixed = pool.salt ^ np.uint32((seed * 0x9E3779B1) & 0xFFFFFFFF)
    for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):
        mixed = (mixed ^ (mixed >> np.uint32(shift))) * np.uint32(factor)
    return (mixed ^ (mixed >> np.uint32(16))).astype(np.int64)


def best(sort_keys: Ints, count: int) -> Ints:
    """Return the places of the greatest keys, the greatest first; what may not be in the list is left out."""
    count = min(count, len(sort_keys))
    if count == 0:
        return np.empty(0, np.int64)
    found = np.argpartition(-sort_keys, count - 1)[:count] if count < len(sort_keys) else np.arange(count)
    found = found[sort_keys[found] != NEVER]
    ordered: Ints = found[np.argsort(-sort_keys[found], kind="stable")]
    return ordered


def rank_of(sort_keys: Ints, place: int) -> int:
    """Return the rank of one, from 1."""
    return 1 + int(np.count_nonzero(sort_keys > sort_keys[place]))
