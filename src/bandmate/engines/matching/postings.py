"""An inverted index of whole numbers: for each feature the opportunities that have it, and how much.

Sums over it are sums of whole numbers in float64, hence exact, in whatever order they are added.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Postings:
    """Columns of opportunities: feature ``f`` is had by ``holders[ends[f]:ends[f + 1]]``."""

    ends: Ints
    holders: npt.NDArray[np.int32]
    amounts: npt.NDArray[np.float64]
    """Whole numbers."""
    count: int
    """Opportunities."""

    def gather(self, features: Ints, values: Ints) -> Floats:
        """Return for each opportunity the sum over ``features`` of amount times value."""
        places, repeats = self._places(features)
        weights = self.amounts[places] * np.repeat(values.astype(np.float64), repeats)
        sums: Floats = np.bincount(self.holders[places], weights=weights, minlength=self.count).astype(np.float64)
        return sums

    def gather_some(self, features: Ints, values: Ints) -> tuple[Ints, Floats]:
        """Return the opportunities that have any of ``features``, ascending, and their sums."""
        places, repeats = self._places(features)
        weights = self.amounts[places] * np.repeat(values.astype(np.float64), repeats)
        holders, inverse = np.unique(self.holders[places], return_inverse=True)
        sums: Floats = np.bincount(inverse, weights=weights, minlength=len(holders)).astype(np.float64)
        return holders.astype(np.int64), sums

    def _places(self, features: Ints) -> tuple[Ints, Ints]:
        starts, repeats = self.ends[features], self.ends[features + 1] - self.ends[features]
        total = int(repeats.sum())
        if total == 0:
            return np.empty(0, np.int64), repeats
        first = np.repeat(starts - np.concatenate(([0], np.cumsum(repeats)[:-1])), repeats)
        return first + np.arange(total), repeats


def postings_of(rows: Sequence[Mapping[str, int]], numbers: Mapping[str, int]) -> Postings:
    """Turn rows (feature to amount) round; features have the numbers given."""
    total = sum(map(len, rows))
    features = np.fromiter((numbers[name] for row in rows for name in row), np.int64, total)
    amounts = np.fromiter((amount for row in rows for amount in row.values()), np.float64, total)
    holders = np.repeat(np.arange(len(rows), dtype=np.int32), [len(row) for row in rows])
    order = np.argsort(features, kind="stable")
    ends = np.concatenate(([0], np.cumsum(np.bincount(features, minlength=len(numbers))))).astype(np.int64)
    return Postings(ends, holders[order], amounts[order], len(rows))


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Give each name a number, in the order of their first appearance."""
    return {name: number for number, name in enumerate(dict.fromkeys(names))}
