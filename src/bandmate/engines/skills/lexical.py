"""How much two texts share in pieces of words and in words: TF-IDF with cosine, over a kept index.

Weights: 1 + ln(count), idf = ln((1 + n) / (1 + df)) + 1, length 1 (Salton and Buckley 1988).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.grams import BUCKETS, Numbers, piece_features, word_features

Scores = npt.NDArray[np.float32]
Features = Callable[[Sequence[str]], tuple[Numbers, Numbers]]

PIECE_LENGTHS = (3, 4)


def pieces(texts: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return the pieces of words that are compared."""
    return piece_features(texts, PIECE_LENGTHS)


FEATURES: dict[str, Features] = {"pieces": pieces, "words": word_features}


@dataclass(frozen=True, slots=True)
class LexicalIndex:
    """Texts by their features: for each bucket which texts hold it, and with what weight."""

    size: int
    starts: npt.NDArray[np.int64]
    """(BUCKETS + 1,): where the entries of a bucket begin."""
    rows: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]
    idf: npt.NDArray[np.float32]
    """(BUCKETS,): 0 for what no text holds."""

    def scores(self, features: Numbers) -> Scores:
        """Return the cosine of one text, given by its buckets, with each text of the index."""
        return self.scores_of(np.zeros(len(features), np.int64), features, 1)[:, 0]

    def scores_of(self, texts: Numbers, features: Numbers, count: int) -> Scores:
        """Return the cosine of each of ``count`` texts with each text of the index: (size, count).

        Args:
            texts: The number of the text that holds each of ``features``.
            features: Buckets.
            count: How many texts there are.
        """
        keys, counts = np.unique(texts * BUCKETS + features, return_counts=True)
        rows, buckets = np.divmod(keys, BUCKETS)
        often = 1 + np.log(counts)
        weight = often * self.idf[buckets]
        # What the index does not know still makes the text longer: it is as rare as can be.
        known = weight > 0
        length = np.sqrt(
            np.bincount(rows, np.where(known, weight, often * (np.log(1 + self.size) + 1)) ** 2, count)
        )
        if not known.any():
            return np.zeros((self.size, count), np.float32)
        # A compiled product of the columns that are asked for; scipy takes a while to load, so only here.
        from scipy.sparse import csc_array  # noqa: PLC0415 - see above

        asked, number = np.unique(buckets[known], return_inverse=True)
        weights = np.zeros((len(asked), count), np.float32)
        weights[number, rows[known]] = weight[known]
        columns = self.columns(asked)
        sparse = csc_array(
            (joined(self.weights, columns), joined(self.rows, columns), ends(columns)),
            shape=(self.size, len(columns)),
        )
        cosine: Scores = sparse @ weights if count > 1 else (sparse @ weights[:, 0])[:, None]
        cosine /= np.maximum(length, 1e-12).astype(np.float32)
        return cosine

    def columns(self, buckets: Numbers) -> list[slice]:
        """Return where the entries of each bucket lie in ``rows`` and ``weights``."""
        begin, end = self.starts[buckets].tolist(), self.starts[buckets + 1].tolist()
        return [slice(one, other) for one, other in zip(begin, end, strict=True)]


def joined(values: npt.NDArray[Any], columns: Sequence[slice]) -> npt.NDArray[Any]:
    """Return the values of some columns one behind the other."""
    return np.concatenate([values[column] for column in columns]) if columns else values[:0]


def ends(columns: Sequence[slice]) -> npt.NDArray[np.int32]:
    """Return where each of some columns begins once they are joined, and where the last one ends."""
    return np.cumsum([0, *(column.stop - column.start for column in columns)], dtype=np.int32)


def build_index(texts: Sequence[str], features: Features) -> LexicalIndex:
    """Index texts by their features."""
    rows, buckets = features(texts)
    keys, counts = np.unique(buckets * len(texts) + rows, return_counts=True)
    buckets, rows = np.divmod(keys, max(len(texts), 1))
    frequency = np.bincount(buckets, minlength=BUCKETS)
    idf = np.where(frequency > 0, np.log((1 + len(texts)) / (1 + frequency)) + 1, 0).astype(np.float32)
    weights = ((1 + np.log(counts)) * idf[buckets]).astype(np.float32)
    length = np.sqrt(np.bincount(rows, weights.astype(np.float64) ** 2, minlength=len(texts)))
    weights /= np.maximum(length, 1e-12)[rows].astype(np.float32)
    starts = np.concatenate(([0], np.cumsum(frequency)))
    return LexicalIndex(len(texts), starts, rows.astype(np.int32), weights, idf)


_COLUMNS = ("starts", "rows", "weights", "idf")


def save_index(index: LexicalIndex, folder: Path) -> None:
    """Write the columns of an index into an existing folder."""
    for name in _COLUMNS:
        np.save(folder / f"{name}.npy", getattr(index, name))
    np.save(folder / "size.npy", np.array(index.size))


def open_index(folder: Path) -> LexicalIndex:
    """Open an index where it lies; its columns are read from disk as they are needed."""
    starts, rows, weights, idf = (np.asarray(np.load(folder / f"{name}.npy", mmap_mode="r")) for name in _COLUMNS)
    size = int(np.load(folder / "size.npy"))
    return LexicalIndex(size, starts, rows, weights, idf)
