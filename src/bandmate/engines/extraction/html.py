"""HTML of strangers into markup we may show and text we may read.

Postings arrive as whatever an employer's editor produced. Both functions walk over it with
:mod:`bandmate.engines.extraction.markup`; only what is known to be shallow is given to a tree builder (nh3).
"""
# ruff: noqa: RUF001 - typographic bullets stand in the texts these patterns read

from __future__ import annotations

import re
from html import escape, unescape

import nh3

from bandmate.engines.extraction.markup import BLOCKS, RAW, TOKEN, VOID, Piece, may_hide, too_deep, visible

ALLOWED_TAGS = frozenset(
    {
        "p",
        "br",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "b",
        "strong",
        "i",
        "em",
        "u",
        "a",
        "blockquote",
    }
    | {"pre", "code", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "hr", "div", "span"}
)
"""Elements that survive :func:`sanitise`; only ``a`` keeps an attribute (``href``)."""

_DEEPEST = 200
"""Open elements at once beyond which no honest posting goes; a tree builder's time grows with the square of it."""
_LISTS = frozenset({"ul", "ol"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TELLING = BLOCKS | {"br", "li", "td", "th"}
"""Elements that shape the text; all others stand inside a line."""

_LINE, _CELL = "\ue000", "\ue001"
"""Private-use characters that stand for a line break and a cell border until their block is finished."""
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ue000\ue001\ufeff\ufffe\uffff]+"
)
_NEWLINE = re.compile(r"\r\n?|\n")
_BORDERS = re.compile(rf"\s*+{_CELL}\s*+")
_BULLET = re.compile(r"^[•·▪‣●◦∙]\s*|^[-–—*]\s+")


def sanitise(html: str) -> str:
    """The same document with nothing but plain structure: safe to place inside a page.

    Only :data:`ALLOWED_TAGS` remain, links only to http, https and mailto, with ``rel="nofollow noopener"``.
    Elements the author hid are dropped with their content. List items outside a list (Lever writes ``<div><li>``)
    get a ``<ul>``. Markup nested deeper than any posting is given back as paragraphs of its plain text.
    """
    if too_deep(html, _DEEPEST):
        return "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in to_text(html).split("\n") if line)
    if may_hide(html):
        html = "".join(html[piece.start : piece.end] for piece in visible(html))
    clean = nh3.clean(
        html,
        tags=set(ALLOWED_TAGS),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
        clean_content_tags=set(RAW),
    )
    return _mend_lists(clean) if _has_bare_item(clean) else clean


def to_text(html: str) -> str:
    """The words of a document, one paragraph, heading or list item a line.

    A blank line stands between blocks, none between the items of a list; items begin with ``"- "``; cells of a
    table row are parted by ``" | "``. Entities are decoded, every kind of white space is a plain space, invisible
    and control characters are gone. Scripts, styles and hidden elements leave nothing behind.
    """
    writer = _Writer()
    for piece in visible(html):
        if piece.name:
            writer.tag(piece)
        else:
            writer.text(html[piece.start : piece.end])
    return writer.finish()


class _Writer:
    """Collects the words of one block after the other."""

    __slots__ = ("_begins_item", "_blocks", "_in_item", "_preformatted", "_words")

    def __init__(self) -> None:
        self._blocks: list[tuple[bool, str]] = []  # (belongs to a list item, text)
        self._words: list[str] = []
        self._in_item = False
        self._begins_item = False
        self._preformatted = False

    def text(self, raw: str) -> None:
        self._words.append(_NEWLINE.sub(_LINE, raw) if self._preformatted else raw)

    def tag(self, piece: Piece) -> None:
        name = piece.name
        if name not in _TELLING:
            return
        if name == "br":
            self._words.append(_LINE)
        elif name == "li":
            self._end_block()
            self._in_item = self._begins_item = not piece.closing
        elif name in {"td", "th"}:
            if not piece.closing and self._words and self._words[-1] != _CELL:
                self._words.append(_CELL)
        else:
            self._end_block()
            if name == "pre":
                self._preformatted = not piece.closing
            elif name in _LISTS or name in _HEADINGS:
                self._in_item = self._begins_item = False

    def finish(self) -> str:
        """All blocks as lines, with a blank line between two of them unless both belong to list items."""
        self._end_block()
        parts: list[str] = []
        previous: bool | None = None
        for in_item, text in self._blocks:
            if previous is not None:
                parts.append("\n" if in_item and previous else "\n\n")
            parts.append(text)
            previous = in_item
        return "".join(parts)

    def _end_block(self) -> None:
        if not self._words:
            return
        text = _tidy(unescape("".join(self._words)))
        self._words.clear()
        if text:
            if self._begins_item:
                text = "- " + _BULLET.sub("", text)
                self._begins_item = False
            self._blocks.append((self._in_item, text))


def _tidy(text: str) -> str:
    """One block: its lines trimmed, at most one blank line in a row, no empty outer cells."""
    if _CELL in text:
        text = _BORDERS.sub(" | ", text.strip(f" \t\r\n\xa0{_CELL}"))
    if _LINE not in text:
        return _fold(text)
    lines: list[str] = []
    for raw in text.split(_LINE):
        line = _fold(raw)
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n")


def _fold(text: str) -> str:
    """One line: every run of white space one space, nothing that cannot be seen."""
    folded = " ".join(text.split())
    return folded if folded.isprintable() else " ".join(_INVISIBLE.sub("", folded).split())


def _has_bare_item(clean: str) -> bool:
    """Whether a list item follows neither the start of a list nor another item (or too much space to tell)."""
    position = clean.find("<li>")
    while position >= 0:
        if not clean[max(0, position - 12) : position].rstrip().endswith(("<ul>", "<ol>", "</li>")):
            return True
        position = clean.find("<li>", position + 1)
    return False


def _mend_lists(clean: str) -> str:
    """Put a ``<ul>`` around every run of list items that stands outside a list (``clean`` is well-formed)."""
    out: list[str] = []
    parents: list[str] = [""]
    mending: list[bool] = [False]  # per depth: whether a <ul> of ours is open there
    position = 0
    for token in TOKEN.finditer(clean):
        name, closing = token["name"] or "", bool(token["close"])
        between = clean[position : token.start()]
        starts_item = name == "li" and not closing
        if mending[-1] and (between.strip() or not starts_item):
            out.append("</ul>")
            mending[-1] = False
        out.append(between)
        position = token.end()
        if starts_item and not mending[-1] and parents[-1] not in _LISTS:
            out.append("<ul>")
            mending[-1] = True
        out.append(token.group())
        if closing:
            parents.pop()
            mending.pop()
        elif name not in VOID:
            parents.append(name)
            mending.append(False)
    if mending[-1]:
        out.append("</ul>")
    out.append(clean[position:])
    return "".join(out)
