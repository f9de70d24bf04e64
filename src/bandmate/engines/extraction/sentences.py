"""Finding the few sentences of a long text that matter, without running a heavy pattern over all of it."""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_END = re.compile(r"[.!?](?=\s)|[。！？]|\n")
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|incl|min|max|ca|z\.b|u\.s|u\.k|p\.a|vs)|\b[A-Z])\Z", re.IGNORECASE
)
_LEADING = " \t\n\r-•*–—·"


_LONGEST = 200_000
"""Characters that are read: no posting says where the work is done behind them."""


def sentences_with(text: str, stems: tuple[str, ...], *, reach: int = 240) -> Iterator[tuple[int, int]]:
    """Bounds of the sentences and lines that hold one of the lower-case ``stems``, in order, each once.

    A sentence is cut ``reach`` characters on either side of its first stem. Bullets and white space around it are
    left out.
    """
    done = 0
    for position in _positions(lowered(text), stems):
        if position < done:
            continue
        start, end = _around(text, position, max(done, position - reach), min(len(text), position + reach))
        done = max(end, position + 1)
        while start < end and text[start] in _LEADING:
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        yield start, end


@lru_cache(maxsize=4)  # several facts are read from the same text, one after the other
def lowered(text: str) -> str:
    """What is read of a text, in small letters that stand where theirs stood."""
    text = text[:_LONGEST]
    small = text.lower()
    if len(small) != len(text):  # "İ" has two small letters
        small = "".join(letter if len(letter.lower()) != 1 else letter.lower() for letter in text)
    return small


def _around(text: str, position: int, start: int, end: int) -> tuple[int, int]:
    """Bounds of the sentence at ``position``, inside ``start`` and ``end``."""
    for mark in _END.finditer(text, start, end):
        if mark.group() == "." and _ABBREVIATED.search(text, max(0, mark.start() - 7), mark.start()):
            continue
        if mark.start() >= position:
            return start, mark.start() if mark.group() == "\n" else mark.end()
        start = mark.end()
    return start, end


def _positions(lowered: str, stems: tuple[str, ...]) -> list[int]:
    found: list[int] = []
    for stem in stems:
        position = lowered.find(stem)
        while position >= 0:
            found.append(position)
            position = lowered.find(stem, position + len(stem))
    found.sort()
    return found
