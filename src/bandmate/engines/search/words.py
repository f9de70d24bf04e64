r"""Taking text apart into words: the same way for documents and for what a person types.

A word is a run of letters and digits of any script, in small letters and without accents (``Größe`` is
``grosse``), with three additions:

* the names ``C++`` (any letter with ``++``), ``C#``, ``F#``, ``J#`` and ``.NET`` are words of their own, so that
  ``c++`` is not ``c`` and ``asp.net`` contains ``.net``;
* scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) give one word a character, and several in a
  row are asked as a phrase;
* whatever else joins letters separates words, and asked together they are a phrase: ``Node.js`` finds
  ``node`` beside ``js``, ``R&D`` finds ``R & D``, ``full-stack`` finds ``full stack``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import tantivy

MOST_WORDS: Final = 32
"""Later words of a question, and of one phrase, are ignored."""

LONGEST_QUESTION: Final = 4_096
"""Characters of a question that are read."""

UNSPACED: Final = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"

LONGEST_KEYWORD: Final = 512
"""Characters of a keyword that count; the rest is cut off, in documents and in filters alike."""

ANALYZER: Final = (
    tantivy.TextAnalyzerBuilder(
        tantivy.Tokenizer.regex(
            rf"(?i)\.net\b|\p{{L}}\+\+|\b[cfj]#|[{UNSPACED}]|[\p{{L}}\p{{M}}\p{{N}}--[{UNSPACED}]]+"
        )
    )
    .filter(tantivy.Filter.lowercase())
    .filter(tantivy.Filter.ascii_fold())
    .build()
)

ACCENTS: Final = re.compile("[\u0300-\u036f\u00ad]+")
"""Combining diacritical marks (Unicode block 0300 to 036F), and the soft hyphen."""

QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))  # noqa: RUF001 - these are the look-alikes meant

PART: Final = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Word:
    """One demand of a question.

    Attributes:
        written: as the person wrote it, without quotes and minus.
        tokens: its words in the index's form, at least one; several stand side by side.
        excluded: no document with it is wanted.
        unfinished: the person may still be typing it.
    """

    written: str
    tokens: tuple[str, ...]
    excluded: bool = False
    unfinished: bool = False


def clean(text: str) -> str:
    """Valid Unicode with composed accents (NFC); halves of surrogate pairs become ``?``."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))


def unaccented(text: str) -> str:
    """Clean text without soft hyphens and accents, in any script; tantivy's own folding is for Latin only."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text.encode("utf-8", "replace").decode("utf-8"))
    return unicodedata.normalize("NFC", ACCENTS.sub("", apart))


def keyword(value: str) -> str:
    """A keyword as it is indexed and asked: valid Unicode, composed, at most 512 characters."""
    return clean(value)[:LONGEST_KEYWORD]


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in the index's form, in order."""
    return tuple(ANALYZER.analyze(clean(text)))


def read_question(text: str) -> tuple[Word, ...]:
    """The demands in what a person typed; punctuation without a word demands nothing."""
    return tuple(dict.fromkeys(_words(unaccented(text[:LONGEST_QUESTION]).translate(QUOTES))))[:MOST_WORDS]


def _words(text: str) -> Iterator[Word]:
    for part in PART.finditer(text):
        written = part["word"] or part["phrase"] or ""
        tokens = tuple(ANALYZER.analyze(written)[:MOST_WORDS])
        if tokens:
            excluded = part["minus"] is not None
            at_the_end = part.end() == len(text) and not part["closed"]
            yield Word(written, tokens, excluded, unfinished=at_the_end and not excluded)
