"""What a person would see of a text: no markup, nothing hidden or invisible.

Whoever hides words in a document (white on white, zero width, behind markup) reaches people's screens no more
than our scores.
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from itertools import pairwise

from bandmate.engines.extraction.html import to_text
from bandmate.engines.skills.unseen import marked

LONGEST = 50_000
"""Characters of a text that are read; a long posting has 15,000."""

_ELEMENT = re.compile(
    r"</?(?:p|div|span|br|b|i|u|em|strong|ul|ol|li|h[1-6]|a|table|t[rdh]|font|script|style|section|article|template"
    r"|head|body|html|title|noscript|svg|img|input|textarea|small|sup|sub|pre|code)(?=[\s/>])|<!--",
    re.IGNORECASE,
)
_INVISIBLE_KINDS = frozenset({"Cf", "Co", "Cs", "Cn"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f")
"""Letters and marks by their category, but nothing is drawn for them."""
_PLAIN = re.compile(r"[\x20-\x7e]*")
_SPLIT = re.compile(r"(?<=[.!?])\s+(?=\S)|\s*[•·▪‣●◦\n\r]+\s*|(?<=\S)\s{3,}(?=\S)|[。！？]")  # noqa: RUF001 - full width
_LONGEST_SENTENCE = 400


def decoded(line: bytes) -> str:
    """Return a line as text: UTF-8, or Windows-1252 where it is none (with what is not even that left out).

    What begins with the mark of UTF-16 is that.
    """
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return line.decode("utf-16", errors="ignore")
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="ignore")


def visible_text(text: str) -> str:
    """Return what a reader would see of a text, at most LONGEST characters, white space collapsed."""
    text = text[: 4 * LONGEST]
    if _ELEMENT.search(text):
        text = to_text(marked(text))
    elif "&" in text and ";" in text:
        text = html.unescape(text)
    if not _PLAIN.fullmatch(text):
        text = text.translate(_DRAWN)
    return " ".join(text.split())[:LONGEST]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Return where the sentences of a text begin and end; one that is too long is cut at a space."""
    found: list[tuple[int, int]] = []
    marks = [(0, 0), *((one.start(), one.end()) for one in _SPLIT.finditer(text)), (len(text), len(text))]
    for (_, start), (end, _) in pairwise(marks):
        begin = start
        while end - begin > _LONGEST_SENTENCE:
            cut = text.rfind(" ", begin + _LONGEST_SENTENCE // 2, begin + _LONGEST_SENTENCE)
            stop = cut if cut > begin else begin + _LONGEST_SENTENCE
            found.append((begin, stop))
            begin = stop
        if any(letter.isalnum() for letter in text[begin:end]):
            found.append((begin, end))
    return found


class _Drawn(dict[int, str]):
    """What is drawn for a letter by its number, found once for each."""

    def __missing__(self, number: int) -> str:
        letter = chr(number)
        kind = unicodedata.category(letter)
        if kind in _INVISIBLE_KINDS or letter in _FILLERS or "\ufe00" <= letter <= "\ufe0f":
            drawn = ""
        else:
            drawn = " " if kind == "Cc" or kind.startswith("Z") else letter
        self[number] = drawn
        return drawn


_DRAWN = _Drawn()
