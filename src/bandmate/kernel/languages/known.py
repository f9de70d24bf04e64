"""The languages there are, and what the Unicode CLDR (through Babel) knows of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast

from babel import Locale, UnknownLocaleError

from bandmate.kernel.languages.catalogues import ENGLISH, catalogue_of, translated_languages, wider
from bandmate.kernel.languages.pseudo import PSEUDO

Direction = Literal["ltr", "rtl"]

_BRITISH = Locale("en", "GB")
"""Days before months and hours to 24: what most of the world can read, and what our English has always been."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language that readers can choose."""

    tag: str
    """BCP 47."""
    name: str
    """In the language itself."""


@lru_cache(maxsize=2)
def available_languages(*, pseudo: bool = False) -> tuple[Language, ...]:
    """Return the languages readers can choose, English first, those whose catalogue is broken left out.

    Args:
        pseudo: With the two made-up ones (the setting ``BANDMATE_PSEUDO_LOCALES``).
    """
    usable = [tag for tag in translated_languages() if catalogue_of(tag).tag == tag and tag != ENGLISH]
    real = [Language(tag, _name(tag)) for tag in (ENGLISH, *usable)]
    made_up = [Language("en-XA", "Accented English"), Language("ar-XB", "Mirrored English")] if pseudo else []
    return (*real, *made_up)


def direction(tag: str) -> Direction:
    """Return in which direction a language is written: ``ltr`` or ``rtl``."""
    return "rtl" if tag == "ar-XB" else cast(Direction, locale_of(tag).text_direction)


@lru_cache(maxsize=256)
def locale_of(tag: str) -> Locale:
    """Return what CLDR knows of a language; British English for English and for what it does not know."""
    if tag == ENGLISH or tag in PSEUDO:
        return _BRITISH
    for one in wider(tag):
        try:
            return Locale.parse(one, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return _BRITISH


def _name(tag: str) -> str:
    locale = Locale("en") if tag == ENGLISH else locale_of(tag)
    name = locale.get_display_name() or tag
    return name[:1].upper() + name[1:]
