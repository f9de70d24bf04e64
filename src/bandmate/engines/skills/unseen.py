"""Elements that are there but that no reader sees: no size, no colour of their own, beside the page.

What the ``hidden`` attribute and ``display: none`` hide is known to ``engines.extraction``; here is what authors
of hidden instructions and keyword lists do instead. Such elements are marked as hidden, and so dropped by
``to_text``.
"""

from __future__ import annotations

import re

from bandmate.engines.extraction.markup import TOKEN

_NONE = r"[+-]?0*\.?0*(?:px|pt|r?em|%|vh|vw)?\s*(?=[;\"'!]|$)"
_FAR = r"-(?:[5-9]\d\d|\d{4,})"
_UNSEEN = re.compile(
    rf"""(?<![\w-])(?:
        visibility\s*:\s*(?:hidden|collapse)
      | (?:opacity|font-size)\s*:\s*(?=\.?[0+-]){_NONE}
      | font-size\s*:\s*[01](?:\.\d+)?px
      | (?:left|right|top|bottom|text-indent|margin-(?:left|top))\s*:\s*{_FAR}
      | transform\s*:\s*scale\(\s*0\s*\)
      | clip\s*:\s*rect\(\s*[01]
      | clip-path\s*:\s*inset\(\s*(?:50|100)%
      | color\s*:\s*transparent )
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""In the attributes of a tag; each needs no more than this to hide what stands in the element."""
_NO_ROOM = re.compile(rf"(?<![\w-])(?:max-)?(?:height|width)\s*:\s*(?=\.?[0+-]){_NONE}", re.IGNORECASE)
_CUT_OFF = re.compile(r"overflow(?:-[xy])?\s*:\s*hidden", re.IGNORECASE)
_VALUE = r"\s*[:=]\s*[\"']?\s*(\#?\w+(?:\([^()]{0,40}\))?)"
_COLOUR = re.compile(rf"(?<![\w-])color{_VALUE}", re.IGNORECASE)
_GROUND = re.compile(rf"(?<![\w-])(?:background(?:-color)?|bgcolor){_VALUE}", re.IGNORECASE)
_COLOURED = re.compile(r"background|bgcolor", re.IGNORECASE)
_WHITE = frozenset({"white", "#fff", "#ffff", "#ffffff", "#ffffffff", "rgb(255,255,255)", "rgba(255,255,255,1)"})
_MAY = re.compile(r"style|color", re.IGNORECASE)


def marked(html: str) -> str:
    """Return a document in which elements that nobody sees have the attribute ``hidden``.

    White letters count as unseen where nothing in the document has a background: pages are white by default.
    """
    if not _MAY.search(html):
        return html
    white = not _COLOURED.search(html)

    def mark(tag: re.Match[str]) -> str:
        attributes = tag["attributes"]
        if not attributes or tag["close"] or not _unseen(attributes, white=white):
            return tag.group()
        return f"<{tag['name']} hidden{attributes}>"

    return TOKEN.sub(mark, html)


def _unseen(attributes: str, *, white: bool) -> bool:
    if _UNSEEN.search(attributes) or (_NO_ROOM.search(attributes) and _CUT_OFF.search(attributes)):
        return True
    letters, ground = _value(_COLOUR, attributes), _value(_GROUND, attributes)
    return bool(letters) and (letters == ground or (white and letters in _WHITE))


def _value(pattern: re.Pattern[str], attributes: str) -> str:
    """Return a colour, so that the ways to write white are one."""
    found = pattern.search(attributes)
    colour = re.sub(r"\s", "", found[1].lower()) if found else ""
    return "white" if colour in _WHITE else colour
