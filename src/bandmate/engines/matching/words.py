"""Texts as sets of words: enough to see whether an opportunity speaks of an interest."""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+(?:\+\+|#)?")

# fmt: off
_EMPTY = frozenset((
    "a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "do", "for", "from", "get", "has",
    "have", "how", "i", "in", "into", "is", "it", "its", "like", "me", "more", "my", "of", "on", "or", "our",
    "out", "so", "some", "than", "that", "the", "their", "them", "then", "they", "this", "to", "up", "us",
    "want", "was", "we", "what", "when", "where", "which", "who", "will", "with", "would", "you", "your",
    "about", "also", "am", "learn", "learning", "become", "better", "help", "work", "working", "job", "team",
    "new", "good", "make", "using", "und", "der", "die", "das", "ein", "eine", "für", "mit", "von", "zu",
    "im", "et", "le", "la", "les", "des", "de", "du", "un", "une", "pour", "dans", "el", "los", "las", "y",
    "en", "para", "con",
))
# fmt: on
"""Words that say nothing about what somebody cares for."""

_LONGEST_TEXT = 20_000
_SHORT = 3
"""Letters of a word that keeps its s."""


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text: lower case, without accents, without the plural s, without empty ones."""
    plain = unicodedata.normalize("NFKD", text[:_LONGEST_TEXT]).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return frozenset(_singular(word) for word in _WORD.findall(plain) if word not in _EMPTY and len(word) > 1)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > _SHORT and word.endswith("s") and not word.endswith("ss") else word
