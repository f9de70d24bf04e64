"""A posting's sanitised description made to fit into a page that has headings and lists of its own.

Only names of tags are changed and empty blocks left out; what the sanitiser let through is not touched otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

FIRST_LEVEL, LAST_LEVEL = 3, 6

_TAG = re.compile(r"<(?P<close>/?)(?P<name>[a-z][a-z0-9]*)(?P<rest>[^<>]*)>")
_HEADING = re.compile(r"h([1-6])")
_VOID = frozenset({"br", "hr", "img", "wbr"})
_LISTS = frozenset({"ul", "ol"})
_BLOCKS = r"p|div|li|ul|ol|h[1-6]"
_NOTHING = r"(?:\s|&nbsp;|\u00a0|<br>|</?(?:strong|b|em|i|u|span)>)*"
_EMPTY = re.compile(rf"(^|</?(?:{_BLOCKS})>)\s*<({_BLOCKS})>{_NOTHING}</\2>")
"""A block that holds nothing and stands behind the edge of another, so that leaving it out joins no words."""
_DEEPEST_EMPTY = 8


def fitted(html: str) -> Markup:
    """Return a sanitised description that may stand below a heading of level 2.

    Headings begin at level 3 and never skip one; a list that holds no item is none; blocks that hold nothing, with
    which editors make space, are gone.

    Args:
        html: What ``engines.extraction.sanitise`` returned; nothing else is safe here.
    """
    for _ in range(_DEEPEST_EMPTY):
        html, removed = _EMPTY.subn(r"\1", html)
        if not removed:
            break
    return Markup("".join(_renamed(html)))  # noqa: S704 - sanitised; see the docstring


@dataclass(slots=True)
class _Open:
    """An element that is open: what it is called now, and whether an item of ours was put around it."""

    name: str
    as_name: str
    wrapped: bool = False


def _renamed(html: str) -> Iterator[str]:
    with_items = _lists_with_items(html)
    open_: list[_Open] = []
    outline: list[int] = []
    position = 0
    for tag in _TAG.finditer(html):
        yield html[position : tag.start()]
        position = tag.end()
        name = tag["name"]
        if name in _VOID:
            yield tag.group()
        elif tag["close"]:
            if not open_ or open_[-1].name != name:
                yield tag.group()
                continue
            element = open_.pop()
            yield f"</{element.as_name}>" + ("</li>" if element.wrapped else "")
        else:
            as_name = name
            if heading := _HEADING.fullmatch(name):
                as_name = f"h{_level(outline, int(heading[1]))}"
            elif name in _LISTS and tag.start() not in with_items:
                as_name = "div"
            wrapped = bool(open_) and open_[-1].as_name in _LISTS and name != "li"
            open_.append(_Open(name, as_name, wrapped))
            yield ("<li>" if wrapped else "") + f"<{as_name}{tag['rest']}>"
    yield html[position:]


def _level(outline: list[int], stated: int) -> int:
    """Return the level of the next heading; ``outline`` holds the stated levels of those it stands below."""
    while outline and outline[-1] >= stated:
        outline.pop()
    outline.append(stated)
    return min(FIRST_LEVEL - 1 + len(outline), LAST_LEVEL)


def _lists_with_items(html: str) -> frozenset[int]:
    """Return where the lists begin that have an item among their own children."""
    found: set[int] = set()
    open_: list[tuple[str, int]] = []
    for tag in _TAG.finditer(html):
        name = tag["name"]
        if name in _VOID:
            continue
        if tag["close"]:
            if open_ and open_[-1][0] == name:
                open_.pop()
            continue
        if name == "li" and open_ and open_[-1][0] in _LISTS:
            found.add(open_[-1][1])
        open_.append((name, tag.start()))
    return frozenset(found)
