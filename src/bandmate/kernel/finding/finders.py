"""Search everywhere: every room declares a finder, and one field asks them all.

    def _find(tx: Tx, asker: Asker, words: str, limit: int) -> Iterator[Hit]: ...

    declare_finder(Finder("things", later("Things"), _find, place=50))

A finder shows nothing that the asker may not open; it is asked with every letter somebody types, so it answers
with one indexed or bounded query. Finders that need more than a transaction (the search index) are not declared
but made by the application and handed to ``find_everywhere``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import ANONYMOUS, Asker

LONGEST = 100
"""Letters of a question that are looked at."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    title: str
    href: str
    note: str = ""
    """What tells it from its like: a company, an address, a state."""
    verbatim: bool = True
    """Whether title and note are data, which nobody translates."""


Find = Callable[[Tx, Asker, str, int], Iterable[Hit]]
"""``find(tx, asker, words, limit)``: the best hits first, at most ``limit``; ``words`` are never empty."""


@dataclass(frozen=True, slots=True)
class Finder:
    """Where one kind of thing is looked for."""

    name: str
    """Durable and unique: ``companies``; also the id of its group on the page."""
    title: str
    """In English, marked with ``languages.later``."""
    find: Find
    icon: str
    place: int
    """Lower stands higher on the page."""


@dataclass(frozen=True, slots=True)
class Group:
    """What one finder found."""

    finder: Finder
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What all finders found."""

    words: str
    """The question as it was asked of them."""
    groups: tuple[Group, ...] = ()
    """Those with hits, in their order."""
    missing: tuple[str, ...] = ()
    """Titles (English, marked for the catalogue) of finders that failed."""

    @property
    def total(self) -> int:
        """How many hits there are in all groups."""
        return sum(len(group.hits) for group in self.groups)


_declared: dict[str, Finder] = {}


def declare_finder(finder: Finder) -> Finder:
    """Have everywhere searched by one more finder; declaring the same one again changes nothing.

    Raises:
        ValueError: when another finder has the name.
    """
    if _declared.setdefault(finder.name, finder) != finder:
        raise ValueError(f"two different finders are declared under the name {finder.name}")
    return finder


def find_everywhere(tx: Tx, asker: Asker, question: str, *, limit: int, further: Iterable[Finder] = ()) -> Found:
    """Ask every finder; one that fails is logged and left out.

    Args:
        tx: a reading transaction.
        asker: who asks. An API key finds what anybody finds: it names what it wants to the API instead.
        question: what was typed.
        limit: hits a finder, at most.
        further: the application's own finders.
    """
    words = asked(question)
    if not words:
        return Found(words)
    reader = ANONYMOUS if asker.via == "api_key" else asker
    groups, missing = [], []
    for finder in sorted((*_declared.values(), *further), key=lambda each: each.place):
        try:
            with tx.begin_nested():
                hits = tuple(finder.find(tx, reader, words, limit))
        except Exception:  # whatever it is, the other finders' hits are still worth showing
            log.exception("finder_failed", finder=finder.name)
            missing.append(finder.title)
        else:
            groups += [Group(finder, hits)] if hits else []
    return Found(words, tuple(groups), tuple(missing))


def asked(question: str) -> str:
    """Return what a question comes to: no control characters, spaces as one, cut; empty for a lone letter.

    One letter says something in Chinese or Japanese, hence only letters of alphabets need company.
    """
    plain = "".join(
        " " if unicodedata.category(letter)[0] == "C" else letter for letter in question[: 4 * LONGEST]
    )
    words = " ".join(plain.split())[:LONGEST]
    lone = len(words) == 1 and unicodedata.category(words) != "Lo"
    return "" if lone else words
