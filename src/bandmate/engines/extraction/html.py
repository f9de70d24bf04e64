"""HTML of strangers into markup we may show and text we may read.

Postings arrive as whatever an employer's editor produced. Both functions here share one tokeniser: a single regular
expression that walks over tags and comments once. It builds no tree, so that neither nesting nor size can hurt: the
time is linear in the input and nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape, unescape

import nh3

ALLOWED_TAGS = frozenset(
    "p br h1 h2 h3 h4 h5 h6 ul ol li b strong i em u a blockquote pre code "
    "table thead tbody tfoot tr th td caption hr div span".split()
)
"""Elements that survive :func:`sanitise`; only ``a`` keeps an attribute (``href``)."""

_DEEPEST = 200
"""Open elements at once beyond which no honest posting goes; html5ever's time grows with the square of the depth."""

# Quotes are read as browsers read them, so that a ">" inside an attribute ends nothing. Every part is possessive: where
# a tag turns out malformed the last alternative swallows it up to the next angle bracket, and nothing is tried twice.
_TOKEN = re.compile(
    r"""<!--(?:.*?-->|.*+)
      | <(?P<close>/?)(?P<name>[a-zA-Z][^\s/<>"']*+)(?P<attributes>(?:[^<>"']|"[^"]*+"|'[^']*+')*+)>
      | <[/!?a-zA-Z][^<>]*+>?""",
    re.DOTALL | re.VERBOSE,
)
_HIDING = re.compile(r"""\shidden(?=[\s=/]|$)|display\s{0,9}:\s{0,9}none""", re.IGNORECASE)

_RAW = frozenset(
    {"script", "style", "template", "iframe", "svg", "textarea", "select", "noscript", "title", "math"}
)
"""Elements whose content is never prose, whatever stands in it."""
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"})
_SELF_CLOSING = frozenset({"p", "li", "td", "th", "tr", "dt", "dd", "option", "thead", "tbody", "tfoot"})
"""Elements that HTML allows to leave open."""
_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr html legend main nav ol p pre section summary table tbody tfoot thead "
    "tr ul".split()
)
_CELLS = frozenset({"td", "th"})
_LISTS = frozenset({"ul", "ol"})

_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufffe\uffff]+"
)
_SPACES = re.compile(r"\s+")
_PRE_LINES = re.compile(r"\r\n?|\n")
_LINE = "\ue000"
"""Stands for a line break inside a block until the block is finished (a private-use character; real ones are cut)."""
_CELL = "\ue001"
"""Stands for the border between two cells of a row, likewise."""
_OUTER = f" \t\r\n\xa0{_CELL}"
_BORDERS = re.compile(rf"\s*+{_CELL}\s*+")
_BULLETS = re.compile(r"^[•·▪‣●◦∙]\s*|^[-–—*]\s+")


def sanitise(html: str) -> str:
    """The same document with nothing but plain structure: safe to place inside a page.

    Only :data:`ALLOWED_TAGS` remain, links only to http, https and mailto, with ``rel="nofollow noopener"``. Elements
    the author hid are dropped with their content. List items outside a list (Lever writes ``<div><li>``) get a
    ``<ul>``. Markup nested deeper than any posting is given back as paragraphs of its plain text.
    """
    if _too_deep(html):
        return "\n".join(f"<p>{escape(line, quote=False)}</p>" for line in to_text(html).split("\n") if line)
    if _HIDING.search(html):
        html = "".join(html[start:end] for start, end, _, _ in _visible(html))
    clean = nh3.clean(
        html,
        tags=set(ALLOWED_TAGS),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
        clean_content_tags={
            "script",
            "style",
            "template",
            "iframe",
            "svg",
            "textarea",
            "select",
            "noscript",
            "title",
        },
    )
    return _mend_lists(clean) if "<li" in clean else clean


def to_text(html: str) -> str:
    """The words of a document, one paragraph, heading or list item a line.

    A blank line stands between blocks, none between the items of a list; items begin with ``"- "``; cells of a table
    row are parted by ``" | "``. Entities are decoded, every kind of white space is a plain space, invisible and control
    characters are gone. Scripts, styles and hidden elements leave nothing behind.
    """
    blocks: list[tuple[bool, str]] = []  # (belongs to a list item, text)
    words: list[str] = []
    item = fresh_item = in_pre = False

    def flush() -> None:
        nonlocal fresh_item
        if not words:
            return
        text = _tidy("".join(words))
        words.clear()
        if text:
            if fresh_item:
                text = "- " + _BULLETS.sub("", text)
                fresh_item = False
            blocks.append((item, text))

    for start, end, name, closing in _visible(html):
        if not name:
            text = _clean(unescape(html[start:end]))
            words.append(_PRE_LINES.sub(_LINE, text) if in_pre else text)
        elif name == "br":
            words.append(_LINE)
        elif name == "li":
            flush()
            item = fresh_item = not closing
        elif name in _CELLS:
            if not closing and words and words[-1] != _CELL:
                words.append(_CELL)
        elif name in _BLOCKS:
            flush()
            if name == "pre":
                in_pre = not closing
            elif name in _LISTS or name.startswith("h"):
                item = fresh_item = False
    flush()
    return _join(blocks)


def _join(blocks: list[tuple[bool, str]]) -> str:
    """Blocks into lines, with a blank line between two blocks unless both belong to list items."""
    parts: list[str] = []
    previous: bool | None = None
    for item, text in blocks:
        if previous is not None:
            parts.append("\n" if item and previous else "\n\n")
        parts.append(text)
        previous = item
    return "".join(parts)


def _clean(text: str) -> str:
    """Text without what nobody can see, and without our own marks."""
    return _INVISIBLE.sub("", text)


def _tidy(text: str) -> str:
    """One block: inner white space folded, lines trimmed, at most one blank line in a row, no empty outer cells."""
    if _CELL in text:
        text = _BORDERS.sub(" | ", text.strip(_OUTER))
    if _LINE not in text:
        return _SPACES.sub(" ", text).strip()
    lines: list[str] = []
    for raw in text.split(_LINE):
        line = _SPACES.sub(" ", raw).strip()
        if line or (lines and lines[-1]):
            lines.append(line)
    return "\n".join(lines).strip("\n")


def _visible(html: str) -> Iterator[tuple[int, int, str, bool]]:
    """Walk over what a reader would see: ``(start, end, name, closing)``, name empty for text between tags.

    Comments, raw-text elements and hidden elements are passed over whole. A hidden element lasts until its own end tag
    (nested ones of its name counted); a hidden element HTML allows to leave open also ends where the next block begins.
    """
    position = 0
    hidden = ""
    depth = 0
    tokens = _TOKEN.finditer(html)
    for token in tokens:
        start = token.start()
        if start < position:  # inside a raw-text element
            continue
        if not hidden and start > position:
            yield position, start, "", False
        position = token.end()
        name = (token["name"] or "").lower()
        if not name:
            continue
        closing = bool(token["close"])
        attributes = token["attributes"]
        if hidden:
            if name == hidden and not attributes.endswith("/"):
                depth += -1 if closing else 1
            if depth > 0 and not (hidden in _SELF_CLOSING and name in _BLOCKS):
                continue
            hidden = ""
            if closing:
                continue
        if name in _RAW:
            if not closing and not attributes.endswith("/"):
                position = _end_of_raw(html, name, position)
        elif not closing and name not in _VOID and attributes and _HIDING.search(attributes):
            hidden, depth = name, 1
            if name in _BLOCKS:
                yield start, start, name, False  # nothing to show, but a border all the same
        else:
            yield start, token.end(), name, closing
    if not hidden and position < len(html):
        yield position, len(html), "", False


def _end_of_raw(html: str, name: str, position: int) -> int:
    """Where the raw-text element that opened before ``position`` ends: after its end tag, or with the document."""
    end = re.compile(rf"</{re.escape(name)}[^<>]*+>?", re.IGNORECASE).search(html, position)
    return end.end() if end else len(html)


def _too_deep(html: str) -> bool:
    """Whether more elements are open at once than a tree builder should be asked to hold."""
    if html.count("<") <= 3 * _DEEPEST:
        return False
    open_now: dict[str, int] = {}
    depth = 0
    for token in _TOKEN.finditer(html):
        name = (token["name"] or "").lower()
        if not name or name in _VOID or name in _SELF_CLOSING:
            continue
        count = open_now.get(name, 0)
        if not token["close"]:
            open_now[name] = count + 1
            depth += 1
            if depth > _DEEPEST:
                return True
        elif count:
            open_now[name] = count - 1
            depth -= 1
    return False


def _mend_lists(clean: str) -> str:
    """Put a ``<ul>`` around every run of list items that stands outside a list (``clean`` is well-formed)."""
    out: list[str] = []
    parents: list[str] = []
    mending: list[bool] = [False]  # per depth: whether a <ul> of ours is open there
    position = 0
    for token in _TOKEN.finditer(clean):
        name, closing = token["name"] or "", bool(token["close"])
        between = clean[position : token.start()]
        starts_item = name == "li" and not closing
        if mending[-1] and (between.strip() or not starts_item):
            out.append("</ul>")
            mending[-1] = False
        out.append(between)
        position = token.end()
        if starts_item and not mending[-1] and (not parents or parents[-1] not in _LISTS):
            out.append("<ul>")
            mending[-1] = True
        out.append(token.group())
        if closing:
            if parents:
                parents.pop()
                mending.pop()
        elif name not in _VOID:
            parents.append(name)
            mending.append(False)
    rest = clean[position:]
    if mending[-1]:
        out.append("</ul>")
    out.append(rest)
    return "".join(out)
