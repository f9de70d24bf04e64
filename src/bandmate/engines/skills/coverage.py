"""How much of a term stands in a text, however long the text is: the other half of comparing words."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.grams import Numbers
from bandmate.engines.skills.lexical import LexicalIndex, joined

_ALL = 0.999
_TELLING = 12.0
"""Sum of the idf of a term's words at which it is as telling as one rare word and one common one."""


class Coverage:
    """Shares of terms by their words; a word counts by its idf."""

    def __init__(self, index: LexicalIndex) -> None:
        buckets = np.repeat(np.arange(len(index.idf)), np.diff(index.starts))
        idf = np.asarray(index.idf)[buckets]
        total = np.bincount(index.rows, idf, minlength=index.size)
        self._index = index
        self._shares = (idf / np.maximum(total, 1e-9)[index.rows]).astype(np.float32)
        self._telling = np.minimum(total / _TELLING, 2).astype(np.float32)

    def of(self, features: Numbers) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the share of each term found in the text, and how telling it is where all of it is found."""
        columns = self._index.columns(np.unique(features))
        found = joined(self._index.rows, columns)
        share = np.bincount(found, joined(self._shares, columns), minlength=self._index.size).astype(np.float32)
        return share, np.where(share > _ALL, self._telling, np.float32(0))
