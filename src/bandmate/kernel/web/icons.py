"""Lucide icons (vendored, ISC), inlined into the page so that they take the text's colour and cost no request."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

FOLDER = Path(__file__).parent / "static" / "vendor" / "lucide"
_SHAPES = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_BETWEEN_TAGS = re.compile(r"\s*\n\s*")


@cache
def _shapes(name: str) -> Markup:
    path = FOLDER / f"{name}.svg"
    if not path.is_file():
        raise LookupError(f"No icon {name!r} is vendored; the names are the files of static/vendor/lucide.")
    found = _SHAPES.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise LookupError(f"{path.name} holds no <svg> element.")
    return Markup(_BETWEEN_TAGS.sub("", found[1]))  # noqa: S704 - a vendored file whose sha256 a test verifies


def icon(name: str, label: str | None = None, size: int = 18) -> Markup:
    """Return an icon as inline SVG.

    Args:
        name: File name in ``static/vendor/lucide`` without ``.svg``.
        label: What it means, for an icon that stands without text; without it the icon is hidden from readers.
        size: Width and height in CSS pixels.

    Raises:
        LookupError: when no such icon is vendored.
    """
    meaning = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon" width="{size}" height="{size}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        ' stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" {meaning}>{shapes}</svg>'
    ).format(size=size, meaning=meaning, shapes=_shapes(name))
