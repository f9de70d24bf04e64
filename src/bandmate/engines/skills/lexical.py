"""How much two texts share in pieces of words and in words: TF-IDF with cosine, over a kept index.

Weights: 1 + ln(count), idf = ln((1 + n) / (1 + df)) + 1, length 1 (Salton and Buckley 1988).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

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
        buckets, counts = np.unique(features, return_counts=True)
        weight = (1 + np.log(counts)) * self.idf[buckets]
        # What the index does not know still makes the text longer: it is as rare as can be.
        unknown = np.where(self.idf[buckets] == 0, (1 + np.log(counts)) * (np.log(1 + self.size) + 1), 0)
        length = np.sqrt(float((weight**2).sum() + (unknown**2).sum()))
        known = weight > 0
        if not known.any():
            return np.zeros(self.size, np.float32)
        begin, end = self.starts[buckets[known]], self.starts[buckets[known] + 1]
        spans = [slice(int(a), int(b)) for a, b in zip(begin, end, strict=True)]
        rows = np.concatenate([self.rows[span] for span in spans])
        weights = weight[known].astype(np.float32)
        values = np.concatenate([self.weights[span] * one for span, one in zip(spans, weights, strict=True)])
        total = np.bincount(rows, values, minlength=self.size)
        cosine: Scores = (total / length).astype(np.float32)
        return cosine


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
