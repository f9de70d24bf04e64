"""Rules that every template of every context keeps; what breaks them, our Content-Security-Policy breaks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[3] / "src" / "bandmate"
TEMPLATES = sorted(path for folder in SOURCE.rglob("templates") for path in folder.rglob("*.html"))
OWN = sorted(Path(__file__).parent.glob("templates/*.html"))

_JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_ASKS = re.compile(r"\shx-(get|post|put|patch|delete)\s*=")


FILES = "download"
"""Folders of templates for files that people take home: neither our policy nor our style sheets reach them."""


def complaints(text: str, *, is_file: bool = False) -> list[str]:
    """Return what is wrong with the markup of one template; a file taken home carries its own style."""
    found = []
    for tag in _TAG.findall(_JINJA.sub("", text)):
        name = re.split(r"[\s>/]", tag[1:], maxsplit=1)[0].lower()
        if name == "style" and not is_file:
            found.append(f"inline style sheet: {tag}")
        if name == "script" and " src=" not in tag and 'type="application/ld+json"' not in tag:
            found.append(f"inline script: {tag}")
        if re.search(r"\sstyle\s*=", tag):
            found.append(f"style attribute: {tag}")
        if re.search(r"\son[a-z]+\s*=|\shx-on", tag):
            found.append(f"inline event handler: {tag}")
        if re.search(r"""(href|src|action)\s*=\s*["']?\s*javascript:""", tag, re.IGNORECASE):
            found.append(f"script address: {tag}")
        if _ASKS.search(tag) and not (" hx-target=" in tag and " hx-swap=" in tag):
            found.append(f"hx request without hx-target and hx-swap: {tag}")
    if "|safe" in text.replace(" ", ""):
        found.append("unescaped text: |safe")
    return found


@pytest.mark.parametrize("path", [*TEMPLATES, *OWN], ids=lambda path: "/".join(path.parts[-3:]))
def test_template_keeps_the_rules(path: Path) -> None:
    """No inline script or style, no event handlers, and hx-target and hx-swap on all that asks (htmx 4)."""
    assert complaints(path.read_text(encoding="utf-8"), is_file=path.parent.name == FILES) == []


def test_files_to_take_home_may_carry_their_style_but_no_script() -> None:
    """Only the style sheet is let through."""
    assert complaints("<style>p{}</style><script>1</script>", is_file=True) == ["inline script: <script>"]


def test_the_shell_is_among_the_templates() -> None:
    """The search for templates finds them."""
    assert SOURCE / "kernel" / "web" / "templates" / "base.html" in TEMPLATES


@pytest.mark.parametrize(
    "markup",
    [
        "<style>p{}</style>",
        "<script>1</script>",
        '<p style="x">',
        '<p class="a"\n style=x>',
        '<a onclick="x()">',
        '<a href="javascript:x">',
        '<a hx-get="/x">',
        '<a hx-get="/x" hx-target="#y">',
        '<form hx-post="{{ a > b }}" hx-swap="outerMorph">',
        "{{ text | safe }}",
    ],
)
def test_the_rules_catch_what_they_forbid(markup: str) -> None:
    """Each forbidden construct is complained of exactly once."""
    assert len(complaints(markup)) == 1


def test_the_rules_allow_what_is_fine() -> None:
    """Data blocks, files and complete hx elements pass."""
    fine = (
        '<script src="/x.js"></script><script type="application/ld+json">{}</script>'
        '<a {% if x %}hx-get="/x" hx-target="#y" hx-swap="outerMorph"{% endif %} data-style="x">'
    )
    assert complaints(fine) == []
