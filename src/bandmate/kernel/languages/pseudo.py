"""Two made-up languages, for tests and for whoever builds pages: English dressed up as something foreign.

``en-XA`` has accents, words longer by two fifths, and ⟦brackets⟧ around each text: what stands outside of brackets
never went through a catalogue, and what breaks will break in German. ``ar-XB`` runs from right to left. The tags
are those that CLDR keeps for this purpose ("XA", "XB": private-use regions of ISO 3166-1).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

_KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w*\}|<[^<>]*>|&\w+;)")
"""What a text holds for the program: placeholders, elements, entities."""
_WORD = re.compile(r"[^\W\d_]+")
_VOWELS = "aeiouyAEIOUY"
_GROWTH = 0.4
_ACCENTS = str.maketrans(
    "ABCDEFGHIJKLMNOPRSTUVWYZabcdefghijklmnopqrstuvwxyz",
    "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞŔŠŢÛṼŴÝŽåƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýž",
)
_OVERRIDE, _END = "\u202e", "\u202c"
"""Right-to-left override and its end (Unicode Bidirectional Algorithm, UAX 9)."""


@dataclass(frozen=True, slots=True)
class Dress:
    """A made-up language: its tag, and how a text is put into it."""

    tag: str
    on: Callable[[str], str]


def accented(text: str) -> str:
    """Return a text with accents, longer by two fifths, in brackets; placeholders and markup stay as they are."""
    pieces = _KEPT.split(text)
    return "⟦" + "".join(piece if odd % 2 else _foreign(piece) for odd, piece in enumerate(pieces)) + "⟧"


def mirrored(text: str) -> str:
    """Return a text that runs from right to left."""
    return f"{_OVERRIDE}{text}{_END}"


def _foreign(text: str) -> str:
    return _WORD.sub(lambda found: _longer(found[0]).translate(_ACCENTS), text)


def _longer(word: str) -> str:
    """Return a word with its first vowel, or its last letter, drawn out by two fifths of the word."""
    place = next((number for number, letter in enumerate(word) if letter in _VOWELS), len(word) - 1)
    more = word[place].lower() * math.ceil(_GROWTH * len(word))
    return word[: place + 1] + more + word[place + 1 :]


PSEUDO = {dress.tag: dress for dress in (Dress("en-XA", accented), Dress("ar-XB", mirrored))}
"""The made-up languages by tag; no reader is offered one unless the settings ask for it."""


def dressed(text: str, tag: str) -> str:
    """Return a text that no catalogue holds, such as a date, as a made-up language has it; else as it is."""
    return PSEUDO[tag].on(text) if tag in PSEUDO else text
