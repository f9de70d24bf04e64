"""Labels by the beginnings of their words, for search while somebody types: in memory, within milliseconds."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int32]

LONGEST_QUESTION = 200
"""Characters of a question that are looked at; no label is longer."""

_WORD = re.compile(r"[^\W_]+[+#]*")
_LAST = "\U0010ffff"

# What tells a better label from a worse one, in the order of weight; words beyond the first eight count alike.
_NOT_ALL_OF_IT = 80
_NOT_FROM_ITS_START = 40
_NOT_PREFERRED = 20
_NOT_WHOLE_WORDS = 10
_MOST_WORDS = 9


@dataclass(frozen=True, slots=True)
class Hits:
    """Concepts whose labels fit, the best first."""

    places: Places
    forms: Places
    """For each place the number of its label that fits best; 0 is the preferred one."""


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: without accents and case; ``C++`` keeps its signs."""
    if not text.isascii():
        text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return _WORD.findall(text.casefold())


@dataclass(frozen=True)
class LabelIndex:
    """All labels of all concepts: ``forms[place]`` holds those of one, the preferred one first."""

    forms: Sequence[Sequence[str]]

    @cached_property
    def alphabetical(self) -> Places:
        """Places in the order of their preferred labels."""
        keys = [(" ".join(words_of(forms[0])), forms[0]) for forms in self.forms]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), np.int32)

    @cached_property
    def rank(self) -> Places:
        """Where each place stands in ``alphabetical``."""
        rank = np.empty(len(self.forms), np.int32)
        rank[self.alphabetical] = np.arange(len(self.forms), dtype=np.int32)
        return rank

    def find(self, question: str) -> Hits:
        """Return the concepts of which one label holds every word of the question, each at least begun.

        A label that is just the question comes first, then one that begins with it, then preferred labels before
        others, whole words before begun ones, short labels before long ones, and the alphabet.
        """
        asked = words_of(question[:LONGEST_QUESTION])
        spans = [self._span(word) for word in asked]
        if not spans or any(low == high for low, high in spans):
            return Hits(np.empty(0, np.int32), np.empty(0, np.int32))
        fits = self._holding(*spans[0])
        for span in spans[1:]:
            fits &= self._holding(*span)
        found = np.flatnonzero(fits)
        whole = np.ones(len(found), bool)
        for word, (low, _) in zip(asked, spans, strict=True):
            whole &= self._holding(low, low + 1)[found] if self._words[low] == word else False
        low, high = spans[0]
        first, length, place = self._first[found], self._length[found], self._place[found]
        begins = (first >= low) & (first < high)
        penalty = (
            np.where(whole & begins & (length == len(asked)), 0, _NOT_ALL_OF_IT)
            + np.where(begins, 0, _NOT_FROM_ITS_START)
            + np.where(self._number[found] == 0, 0, _NOT_PREFERRED)
            + np.where(whole, 0, _NOT_WHOLE_WORDS)
            + np.minimum(length, _MOST_WORDS)
        )
        # One number to sort by is three times as quick as several; labels of a concept stand in their own order.
        order = np.argsort(penalty.astype(np.int64) * len(self.forms) + self.rank[place], kind="stable")
        ordered = place[order]
        best = np.zeros(len(self.forms), np.int64)
        best[ordered[::-1]] = np.arange(len(ordered))[::-1]  # where each concept comes first: what is written last
        kept = best[ordered] == np.arange(len(ordered))
        return Hits(ordered[kept], self._number[found][order][kept])

    def _span(self, word: str) -> tuple[int, int]:
        return bisect_left(self._words, word), bisect_left(self._words, word + _LAST)

    def _holding(self, low: int, high: int) -> npt.NDArray[np.bool_]:
        """Say of each label whether it holds one of the words from ``low`` to before ``high``."""
        holds = np.zeros(len(self._first), bool)
        holds[self._rows[self._starts[low] : self._starts[high]]] = True
        return holds

    @cached_property
    def _table(self) -> tuple[list[str], npt.NDArray[np.int64], Places, Places, Places]:
        """All words in order; where the labels of each begin; those labels; each label's first word and length."""
        split = [words_of(form) for forms in self.forms for form in forms]
        words = sorted(set(chain.from_iterable(split)))
        number = {word: place for place, word in enumerate(words)}
        first = np.array([number[each[0]] if each else -1 for each in split], np.int32)
        length = np.array([len(each) for each in split], np.int32)
        word = np.fromiter((number[one] for one in chain.from_iterable(split)), np.int64)
        # Each word once a label, ordered by word, then by label.
        pairs = np.unique(word * len(split) + np.repeat(np.arange(len(split)), length))
        word, rows = np.divmod(pairs, max(len(split), 1))
        starts = np.concatenate(([0], np.cumsum(np.bincount(word, minlength=len(words)))))
        return words, starts, rows.astype(np.int32), first, length

    @property
    def _words(self) -> list[str]:
        return self._table[0]

    @property
    def _starts(self) -> npt.NDArray[np.int64]:
        return self._table[1]

    @property
    def _rows(self) -> Places:
        return self._table[2]

    @property
    def _first(self) -> Places:
        return self._table[3]

    @property
    def _length(self) -> Places:
        return self._table[4]

    @cached_property
    def _place(self) -> Places:
        """To which concept each label belongs."""
        counts = [len(forms) for forms in self.forms]
        return np.repeat(np.arange(len(counts), dtype=np.int32), counts)

    @cached_property
    def _number(self) -> Places:
        """Which label of its concept each is."""
        return np.array([number for forms in self.forms for number in range(len(forms))], np.int32)
