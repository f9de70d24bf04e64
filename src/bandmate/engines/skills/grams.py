"""What texts are compared by: pieces of words and words without their endings, as numbers.

Features are hashed into a fixed number of buckets, so that an index needs no dictionary, loads at once and is
the same on every machine. Building is done on whole arrays of characters.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

BUCKETS = 1 << 20

Numbers = npt.NDArray[np.int64]

_WORD = re.compile(r"[^\W_]+(?:[+#]+|(?<=\w)\.(?=net\b))?|[.](?=net\b)")
_LINE, _SPACE = 10, 32
_FACTOR = np.uint64(1_000_003)
_MIX = np.uint64(0x9E3779B97F4A7C15)
_VOWELS = frozenset("aeiouy")
_ENDINGS = (("ing", 3), ("ed", 3), ("ies", 2), ("es", 3), ("s", 3), ("e", 3), ("y", 3))
"""Endings, and the fewest letters that must be left."""


def folded(text: str) -> str:
    """Return a text in small letters without accents, with composed letters taken apart (NFKD)."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def lowered(text: str) -> str:
    """Return a text in small letters that stand where theirs stood ("İ" has two small letters)."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)


def words(text: str) -> list[str]:
    """Return the words of a folded text in order; ``c++`` and ``c#`` are words."""
    return _WORD.findall(text)


def word_spans(text: str) -> list[tuple[str, int, int]]:
    """Return the words of a text as it was written, folded and stemmed, with where each begins and ends."""
    found = _WORD.finditer(lowered(text))
    return [(stem(folded(one[0])), one.start(), one.end()) for one in found]


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Cut common English endings: plurals, -ing, -ed; short words stay as they are.

    Deliberately weak ("managing", "manages", "managed" to "manag"): pieces of words catch what it misses.
    """
    if len(word) <= 3 or not word.isascii():  # noqa: PLR2004 - "bus", "was" are no plurals
        return word
    for ending, shortest in _ENDINGS:
        if word.endswith(ending) and not (ending == "s" and word.endswith(("ss", "us", "is"))):
            cut = word.removesuffix(ending)
            if len(cut) >= shortest and _VOWELS & set(cut):
                if ending in {"ing", "ed"} and cut[-1] == cut[-2] and cut[-1] not in "ls":
                    return cut[:-1]
                return cut
    return word


def piece_features(texts: Sequence[str], lengths: tuple[int, ...]) -> tuple[Numbers, Numbers]:
    """Return (text number, bucket) of every piece of a word of the given lengths, the word's borders included."""
    joined = "\n".join(" " + " ".join(words(folded(text))) + " " for text in texts) + "\n"
    letters = np.frombuffer(joined.encode("utf-32-le", "replace"), np.uint32)
    line = np.cumsum(letters == _LINE)
    breaks, spaces = letters == _LINE, letters == _SPACE
    rows, buckets = [], []
    for length in lengths:
        count = max(len(letters) - length + 1, 0)
        value = np.full(count, length, np.uint64)
        good = np.ones(count, bool)
        for place in range(length):
            part = slice(place, place + count)
            value = value * _FACTOR + letters[part].astype(np.uint64)
            good &= ~breaks[part]
            if 0 < place < length - 1:
                good &= ~spaces[part]
        chosen = np.flatnonzero(good)
        rows.append(line[chosen])
        buckets.append(((value[chosen] * _MIX) >> np.uint64(44)).astype(np.int64))
    return np.concatenate(rows).astype(np.int64), np.concatenate(buckets)


def word_features(texts: Sequence[str]) -> tuple[Numbers, Numbers]:
    """Return (text number, bucket) of every word without its ending."""
    rows: list[int] = []
    buckets: list[int] = []
    for row, text in enumerate(texts):
        found = words(folded(text))
        rows += [row] * len(found)
        buckets += [bucket_of(stem(word)) for word in found]
    return np.array(rows, np.int64), np.array(buckets, np.int64)


@lru_cache(maxsize=200_000)
def bucket_of(word: str) -> int:
    """Return the bucket of a word."""
    return (zlib.crc32(word.encode("utf-8", "replace")) * 2_654_435_761 >> 8) % BUCKETS
