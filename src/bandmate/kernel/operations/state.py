"""How an installation is, in plain words: lines that rooms declare, for the operators' page and for monitoring.

The doctor (``doctor``) looks at an installation that may not even start, from the command line. This here is asked
of one that runs, with each opening of a page, in the reader's language; both use the same thresholds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.languages import gettext as _

log = structlog.get_logger(__name__)


class Level(StrEnum):
    """How something is."""

    GOOD = "good"
    WARN = "warn"
    """It works, but somebody should look at it."""
    BAD = "bad"
    """Something does not work, or soon will not."""


@dataclass(frozen=True, slots=True)
class Installation:
    """What is looked at."""

    settings: Settings
    subscriptions: Sequence[Subscription]
    now: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """How one thing is. Texts are in the present language."""

    name: str
    """Durable: ``queue``; the key of the API."""
    title: str
    level: Level
    sentence: str
    href: str | None = None
    """The page with the rows behind it."""
    link: str = ""
    """The words of that link."""
    figures: Mapping[str, float | str | None] = field(default_factory=dict)
    """The numbers of the sentence, for programs: counts, ``…_seconds``, ``…_bytes``."""
    button: tuple[str, str] | None = None
    """Words and path of a form that mends it."""


Lines = Callable[[Tx, Installation], Iterable[Line]]

_declared: dict[str, tuple[str, Lines]] = {}


def declare_lines(name: str, lines: Lines, *, title: str) -> None:
    """Have a room's lines shown, in the order of declaration; declaring the same ones again changes nothing.

    ``title`` (English, marked with ``languages.later``) stands where they cannot be had.

    Raises:
        ValueError: when another function has the name.
    """
    if _declared.setdefault(name, (title, lines)) != (title, lines):
        raise ValueError(f"two different functions return lines under the name {name}")


def state_of(tx: Tx, installation: Installation) -> tuple[Line, ...]:
    """Return every line; what cannot be looked at is a bad line of its own."""
    found: list[Line] = []
    for name, (title, lines) in _declared.items():
        try:
            with tx.begin_nested():
                found += list(lines(tx, installation))
        except Exception:  # whatever it is, the other lines are needed all the more
            log.exception("state_failed", room=name)
            told = _("This cannot be looked at; the log of the web process says why.")
            found.append(Line(name, _(title), Level.BAD, told))
    return tuple(found)


def worst(lines: Iterable[Line]) -> Level:
    """Return how everything is together."""
    levels = {line.level for line in lines}
    return next((level for level in (Level.BAD, Level.WARN) if level in levels), Level.GOOD)
