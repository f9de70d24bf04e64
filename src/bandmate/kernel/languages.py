"""The language of whoever is spoken to: every text for people goes through here.

The language is a context variable: a request sets it for its reader, a delivery for its recipient; commands, logs
and the API speak English. Sources are written in English, and a text that has no translation appears as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ENGLISH = "en"

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """Return the present language (BCP 47)."""
    return _language.get()


@contextmanager
def speaking(tag: str) -> Iterator[None]:
    """Speak another language within the block."""
    before = _language.set(tag)
    try:
        yield
    finally:
        _language.reset(before)


def gettext(message: str) -> str:
    """Return ``message`` in the present language."""
    return message


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a message that fits ``count``, in the present language."""
    return one if count == 1 else many
