"""What a language calls the work model: the patterns a sentence is read with.

One :class:`Wording` a language or family of languages. English stands in `wording_english`, the others in
`wording_languages`; how they are applied, in `workplace`.
"""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
from dataclasses import dataclass

NEVER = re.compile(r"(?!)")
"""Matches nothing."""


@dataclass(frozen=True, slots=True)
class Days:
    """How a language counts days at a place."""

    nouns: tuple[str, ...]
    """Lower-case words without one of which a sentence counts no days: spares the search in most sentences."""
    count: re.Pattern[str]
    """"2 to 3 days a week": groups ``low``, ``high`` (of a range) and ``week`` (whether the week is named)."""
    numbers: dict[str, int]
    """The numbers that are written as words."""
    office: re.Pattern[str]
    """Words for the employer's place."""
    home: re.Pattern[str]
    """Words for any other place of work."""
    home_after: re.Pattern[str]
    """A word for home right behind the count."""
    home_before: re.Pattern[str]
    """A word for home right in front of it."""
    rest: re.Pattern[str]
    """"The remaining days", "the others"."""
    otherwise: re.Pattern[str]
    """Words that make the days something else: holidays, travel, notice."""


@dataclass(frozen=True, slots=True, eq=False)
class Wording:
    """How a language speaks of the work model. All patterns search a single sentence."""

    stems: tuple[str, ...]
    """Lower-case beginnings of words, one of which every sentence holds that is worth reading in the language."""
    common: tuple[str, ...]
    """Lower-case words, one of which every longer text in the language holds; none where it is always read."""
    days: Days
    hybrid: re.Pattern[str]
    not_remote: re.Pattern[str]
    not_only: re.Pattern[str]
    """What turns a "not" around: "not only"."""
    remote: re.Pattern[str]
    on_site: re.Pattern[str]
    hybrid_words: tuple[str, ...] = ("",)
    """Lower-case words without one of which ``hybrid`` need not be tried."""
    remote_words: tuple[str, ...] = ("",)
    """Lower-case words without one of which ``not_remote`` and ``remote`` need not be tried."""
    remote_company: re.Pattern[str] = NEVER
    """The employer in general is remote: said of the role only where nothing else is."""
    at_our_place: re.Pattern[str] = NEVER
    """The work is at the employer's place, without a word about being there always."""


def pattern(*alternatives: str) -> re.Pattern[str]:
    """One pattern of several, in whatever case."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


def words(joined: str) -> tuple[str, ...]:
    """The words that are parted by ``|``."""
    return tuple(joined.split("|"))


def days_of(
    *,
    numbers: str,
    ranges: str,
    nouns: str,
    telling: str,
    weekly: str,
    office: str,
    home: str,
    rest: str,
    otherwise: str,
) -> Days:
    """The patterns of a language that counts as "number, days, a week"; words are parted by ``|``.

    ``numbers`` are the words for one to five in order, several for the same number joined by ``/``; ``telling`` is
    what every form of the ``nouns`` holds.
    """
    values = {name: value for value, names in enumerate(words(numbers), 1) for name in names.split("/")}
    number = "|".join(("[1-5]", *values))
    return Days(
        nouns=words(telling),
        count=re.compile(
            rf"(?<![\w.,/€$£])(?P<low>{number})(?:\s?(?:[-–/]|{ranges})\s?(?P<high>{number}))?\+?"
            rf"[ -](?:\w+ )?(?:{nouns})\b(?P<week>[ -]?(?:{weekly})(?!\w))?",
            re.IGNORECASE,
        ),
        numbers=values,
        office=pattern(rf"(?<!\w)(?:{office})"),
        home=pattern(rf"(?<!\w)(?:{home})"),
        home_after=pattern(rf"^(?:(?! (?:und|et|y|och|og|oraz) )[^,.;]){{0,24}}?(?<!\w)(?:{home})"),
        home_before=pattern(rf"(?<!\w)(?:{home})\w*(?:\W|\w+\s){{1,3}}\Z"),
        rest=pattern(rf"(?<!\w)(?:{rest})"),
        otherwise=pattern(rf"(?<!\w)(?:{otherwise})"),
    )
