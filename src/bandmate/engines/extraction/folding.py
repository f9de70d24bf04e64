"""One spelling for comparing names."""
# ruff: noqa: RUF001 - typographic dashes and quotes are what these patterns look for

from __future__ import annotations

import re
import unicodedata

_BETWEEN = re.compile(r"[\s\-‐-―/_,;:()\[\]|·•&+]+")
_WITHIN = re.compile(r"[.'’‘`´ʻʼ\"]+")
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})


def fold(name: str) -> str:
    """Lower case, accents and full stops gone, every run of white space and punctuation one space.

    >>> fold("Saint-Étienne"), fold("U.S.A."), fold("ŁÓDŹ")
    ('saint etienne', 'usa', 'lodz')
    """
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(character for character in decomposed if not unicodedata.combining(character))
        name = name.casefold().translate(_LETTERS)
    return _BETWEEN.sub(" ", _WITHIN.sub("", name.casefold())).strip()
