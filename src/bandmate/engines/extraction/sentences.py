"""Finding the few sentences of a long text that matter, without running a heavy pattern over all of it."""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from collections.abc import Iterator

_END = re.compile(r"[.!?](?=\s)|\n")
_ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|incl|min|max|ca|z\.b|u\.s|u\.k|p\.a|vs)|\b[A-Z])\Z", re.IGNORECASE
)
_LEADING = " \t\n\r-•*–—·"


def sentences_with(text: str, stems: tuple[str, ...], *, reach: int = 240) -> Iterator[tuple[int, int]]:
    """Bounds of the sentences and lines that hold one of the lower-case ``stems``, in order, each once.

    A sentence is cut ``reach`` characters on either side of its first stem. Bullets and white space around it
    are left out.
    """
    if not text:
        return
    lowered = text.lower()
    if len(lowered) != len(text):  # a few capitals have two small letters ("İ"); positions must stay true
        lowered = "".join(character if len(character.lower()) != 1 else character.lower() for character in text)
    done = 0
    for position in _positions(lowered, stems):
        if position < done:
            continue
        start = max(done, position - reach)
        for mark in _END.finditer(text, start, position):
            if mark.group() != "." or not _ABBREVIATED.search(text, max(0, mark.start() - 7), mark.start()):
                start = mark.end()
        limit = min(len(text), position + reach)
        end = limit
        for mark in _END.finditer(text, position, limit):
            if mark.group() == "." and _ABBREVIATED.search(text, max(0, mark.start() - 7), mark.start()):
                continue
            end = mark.start() if mark.group() == "\n" else mark.end()
            break
        done = max(end, position + 1)
        while start < end and text[start] in _LEADING:
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        yield start, end


def _positions(lowered: str, stems: tuple[str, ...]) -> list[int]:
    found: list[int] = []
    for stem in stems:
        position = lowered.find(stem)
        while position >= 0:
            found.append(position)
            position = lowered.find(stem, position + len(stem))
    found.sort()
    return found
