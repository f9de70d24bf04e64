"""Walking over markup of any quality once, from left to right.

No tree is built, so neither nesting nor size can hurt: the time is linear in the input and nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

# Quotes are read as browsers read them, so that a ">" inside an attribute ends nothing. Every part is possessive:
# a malformed tag falls to the last alternative, which swallows it up to the next angle bracket.
TOKEN = re.compile(
    r"""<!--(?:.*?-->|.*+)
      | <(?P<close>/?)(?P<name>[a-zA-Z][^\s/<>"']*+)(?P<attributes>(?:[^<>"']|"[^"]*+"|'[^']*+')*+)>
      | <[/!?a-zA-Z][^<>]*+>?""",
    re.DOTALL | re.VERBOSE,
)
"""A comment, a tag (with groups), or something that only looks like a tag."""
_HIDING = re.compile(r"\shidden(?=[\s=/]|$)|display\s{0,9}:\s{0,9}none", re.IGNORECASE)
"""Attributes that hide an element."""

BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "div",
        "dl",
    }
    | {
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
    }
    | {"html", "legend", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead"}
    | {"tr", "ul"}
)
"""Elements that begin and end a paragraph of their own."""
RAW = frozenset(
    {"script", "style", "template", "iframe", "svg", "textarea", "select", "noscript", "title", "math"}
)
"""Elements whose content is never prose, whatever stands in it."""
_END_TAGS = {name: re.compile(rf"</{name}[^<>]*+>?", re.IGNORECASE) for name in RAW}
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
"""Elements without content."""
LEFT_OPEN = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot"})
"""Elements that HTML allows to leave open."""


class Piece(NamedTuple):
    """A tag or a run of text that a browser would act upon (a tuple: there are hundreds in a posting)."""

    start: int
    end: int
    name: str
    """Of the tag, in lower case; empty for text."""
    closing: bool


@dataclass(slots=True)
class _Hidden:
    """The hidden element the walk is in."""

    name: str
    depth: int = 1

    def ends_at(self, name: str, *, closing: bool) -> bool:
        """Whether a tag ends it: its own end tag (nested ones counted), or a block where it may stay open."""
        if name == self.name:
            self.depth += -1 if closing else 1
        return self.depth <= 0 or (self.name in LEFT_OPEN and name in BLOCKS)


def visible(html: str) -> Iterator[Piece]:  # noqa: C901 - one pass with one state, told in one place
    """What a reader would see, in order.

    Comments, raw-text elements and hidden elements are passed over whole. Of a hidden block its border remains, as
    a piece without length.
    """
    position = 0
    hidden: _Hidden | None = None
    hiding = may_hide(html)
    for token in TOKEN.finditer(html):
        start = token.start()
        if start < position:  # inside a raw-text element
            continue
        if hidden is None and start > position:
            yield Piece(position, start, "", False)
        position = token.end()
        slash, name, _ = token.groups()
        if not name:
            continue
        name = name.lower()
        closing = slash == "/"
        if hidden is not None:
            if hidden.ends_at(name, closing=closing):
                hidden = None
            if hidden is not None or closing:
                continue
        if name in RAW:
            position = _after_raw(html, token)
        elif hiding and not closing and _hides(token, name):
            hidden = _Hidden(name)
            if name in BLOCKS:
                yield Piece(start, start, name, closing=False)
        else:
            yield Piece(start, position, name, closing)
    if hidden is None and position < len(html):
        yield Piece(position, len(html), "", closing=False)


def may_hide(html: str) -> bool:
    """Whether it is worth looking for hidden elements."""
    lowered = html.lower()
    return "hidden" in lowered or "display" in lowered


def too_deep(html: str, limit: int) -> bool:
    """Whether more than ``limit`` elements are open at once anywhere."""
    if html.count("<") <= 3 * limit:
        return False
    open_now: dict[str, int] = {}
    depth = 0
    for token in TOKEN.finditer(html):
        name = (token["name"] or "").lower()
        if not name or name in VOID or name in LEFT_OPEN:
            continue
        count = open_now.get(name, 0)
        if not token["close"]:
            open_now[name] = count + 1
            depth += 1
            if depth > limit:
                return True
        elif count:
            open_now[name] = count - 1
            depth -= 1
    return False


def _hides(tag: re.Match[str], name: str) -> bool:
    return name not in VOID and bool(_HIDING.search(tag["attributes"]))


def _after_raw(html: str, tag: re.Match[str]) -> int:
    """Where the raw-text element ends that ``tag`` opens: after its end tag, or with the document."""
    if tag["close"] or tag["attributes"].endswith("/"):
        return tag.end()
    end = _END_TAGS[tag["name"].lower()].search(html, tag.end())
    return end.end() if end else len(html)
