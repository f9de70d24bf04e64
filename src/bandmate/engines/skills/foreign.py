"""Titles in a language that neither the model nor the vocabulary knows: letters alone speak.

The model was taught English, and the names of the packaged vocabulary are English. Whether a text is English is
not guessed from its letters but counted: how many of its words stand in names of occupations. Shares of English
lists are 0.96 and more, of lists in eight other languages 0.36 (Portuguese) and less (docs/skills.md).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.grams import BUCKETS, Numbers, folded, word_features, words
from bandmate.engines.skills.lexical import LexicalIndex, build_index, pieces

Scores = npt.NDArray[np.float32]

_KNOWN_LINES = 0.7
_KNOWN_QUERY = 0.5
"""Shares of known words from which on a list, and a single title, count as English."""
_FEWEST_WORDS = 2_000
"""Words that a vocabulary must have to tell languages apart; the names of ESCO occupations have 5,080."""
_PIECES = 0.5
"""How much pieces of three and four letters inside words count beside runs of one to three across words."""
_MEANING = 0.5
"""How much the model counts for a foreign title among English ones: it knows some words that languages share."""
_LENGTHS = (1, 2, 3)
_LINE = 10
_MIX = np.uint64(0x9E3779B97F4A7C15)


class KnownWords:
    """The words of a list of names."""

    def __init__(self, names: LexicalIndex) -> None:
        self._known = np.asarray(names.idf) > 0
        self._enough = int(self._known.sum()) >= _FEWEST_WORDS

    def english(self, titles: Sequence[str]) -> bool:
        """Return whether a list of titles is written in the language of the names."""
        return self._share(titles) >= _KNOWN_LINES

    def english_query(self, title: str) -> bool:
        """Return whether one title is; one strange word ("DevOps") makes none foreign."""
        return len(words(folded(title))) == 1 or self._share([title]) >= _KNOWN_QUERY

    def _share(self, titles: Sequence[str]) -> float:
        buckets = word_features(titles)[1]
        return float(self._known[buckets].mean()) if len(buckets) and self._enough else 1.0


class ForeignTitles:
    """A list of titles compared by their letters."""

    def __init__(self, cores: Sequence[str], parts: LexicalIndex) -> None:
        self._runs = build_index(cores, letter_runs)
        self._pieces = parts

    def scores(self, core: str, meaning: Scores | None) -> Scores:
        """Return how near one title is to each; ``meaning`` are its cosines by the model, if that may speak."""
        near: Scores = self._runs.scores(letter_runs([core])[1])
        near = near + _PIECES * self._pieces.scores(pieces([core])[1])
        return near if meaning is None else near + _MEANING * meaning


def letter_runs(texts: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return (text number, bucket) of every run of one to three characters, borders between words included.

    These are the features of the character TF-IDF of MELO (Retyk et al. 2024), but accents alone are dropped, not
    other scripts.
    """
    joined = "".join(f" {' '.join(words(folded(text)))} \n" for text in texts)
    letters = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    ends = letters == _LINE
    line = np.cumsum(ends)
    rows, buckets = [], []
    for length in _LENGTHS:
        count = max(len(letters) - length + 1, 0)
        value = np.full(count, length, np.uint64)
        good = np.ones(count, bool)
        for place in range(length):
            value = value * np.uint64(1_000_003) + letters[place : place + count]
            good &= ~ends[place : place + count]
        chosen = np.flatnonzero(good)
        rows.append(line[chosen])
        buckets.append(((value[chosen] * _MIX) >> np.uint64(44)).astype(np.int64) % BUCKETS)
    return np.concatenate(rows).astype(np.int64), np.concatenate(buckets)
