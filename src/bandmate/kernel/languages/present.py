"""The present language, and texts in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bandmate.kernel.languages.catalogues import ENGLISH, catalogue_of

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """Return the present language (BCP 47)."""
    return _language.get()


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Speak another language within the block; any tag will do, one we have no texts in reads in English."""
    before = _language.set(tag)
    try:
        yield
    finally:
        _language.reset(before)


def gettext(message: str) -> str:
    """Return ``message`` in the present language."""
    tag = _language.get()
    return message if tag == ENGLISH else catalogue_of(tag).text(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a message that fits ``count``, in the present language."""
    return catalogue_of(_language.get()).form(one, many, count)


def later(message: str) -> str:
    """Mark a text for the catalogue without translating it, where it is written before anybody is spoken to.

    Constants of modules are such places: ``LABELS = {"remote": later("Remote")}``. Whoever shows it calls
    ``gettext`` on it.
    """
    return message
