"""Cards of Today: what waits for somebody, what was decided about them, what they can do next.

A room declares a function that returns its cards for whoever asks, and imports the module that does so with its
pages::

    def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
        if Role.OPERATOR in asker.roles and (open_ := count_of_open(tx)):
            yield Card(CardKind.WAITS, "things.open", _("Things to look at"), ..., "/things", _("Look at them"))


    declare_cards("things", _cards)

Rules: one query a room, whatever it shows; texts through gettext; no card that the asker cannot act on. The roles
of the asker are already narrowed to what their API key may use, so a look at ``asker.roles`` is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, StrEnum

import structlog

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions.explaining import Explanation
from bandmate.kernel.identity.access import Asker, Scope

log = structlog.get_logger(__name__)


class CardKind(StrEnum):
    """Where a card stands."""

    WAITS = "waits"
    """Somebody or something waits for the reader."""
    DECIDED = "decided"
    """It was decided about the reader."""
    NEXT = "next"
    """The reader can do it, and need not."""


class Urgency(IntEnum):
    """Which of two cards without a deadline comes first."""

    NOW = 0
    """Something is broken or somebody waits for an answer."""
    SOON = 1
    SOMETIME = 2


@dataclass(frozen=True, slots=True)
class Card:
    """One thing on Today. Texts are in the present language."""

    kind: CardKind
    key: str
    """Under which it is put away: names the occurrence, not the kind of thing (``webhooks.failing:2026-11-22``),
    so that a new occurrence shows again. At most ``LONGEST_KEY`` characters, no personal data."""
    title: str
    sentence: str
    href: str
    action: str
    """The words of the link, a verb first."""
    urgency: Urgency = Urgency.SOMETIME
    due: datetime | None = None
    """Until when it must be done; such cards come first, the earliest on top."""
    at: datetime | None = None
    """When it happened or began; of equals the newest decision and the longest waiting come first."""
    icon: str = "inbox"
    dismissible: bool = True
    """Whether the reader may put it away; not where somebody else waits for them."""
    why: Explanation | None = None
    """Of a decision: its reasons."""


Cards = Callable[[Tx, Asker, datetime], Iterable[Card]]
"""Returns a room's cards for whoever asks, at an instant."""

LONGEST_KEY = 200

_declared: dict[str, tuple[str, Cards]] = {}


@dataclass(frozen=True, slots=True)
class Day:
    """Everything on Today for one reader, sorted, with what was put away still among it."""

    cards: tuple[Card, ...]
    missing: tuple[str, ...] = ()
    """Titles (English, marked for the catalogue) of the rooms whose cards could not be had."""

    def of(self, kind: CardKind) -> tuple[Card, ...]:
        """Return the cards of one section."""
        return tuple(card for card in self.cards if card.kind is kind)


def declare_cards(name: str, cards: Cards, *, title: str) -> None:
    """Have a room's cards shown; declaring the same ones again changes nothing.

    Args:
        name: the room, durable: ``consent``.
        cards: what it shows to whom.
        title: what it is, for the sentence that it is not available; English, marked with ``languages.later``.

    Raises:
        ValueError: when another function has the name.
    """
    if _declared.setdefault(name, (title, cards)) != (title, cards):
        raise ValueError(f"two different functions return cards under the name {name}")


def cards_for(tx: Tx, asker: Asker, now: datetime) -> Day:
    """Return every card for whoever asks; a room that fails is logged and left out.

    Each room reads in a savepoint of its own, so that a statement that fails spoils nobody else's.
    """
    reader = within_scopes(asker)
    found: list[Card] = []
    missing = []
    for name, (title, cards) in _declared.items():
        try:
            with tx.begin_nested():
                found += list(cards(tx, reader, now))
        except Exception:  # whatever it is, it must not take the page down
            log.exception("cards_failed", room=name)
            missing.append(title)
    return Day(tuple(sorted(found, key=_place)), tuple(missing))


def within_scopes(asker: Asker) -> Asker:
    """Return the asker with only those roles that they may use here: by an API key, those it has the scope of."""
    if asker.via != "api_key":
        return asker
    return replace(asker, roles=frozenset(role for role in asker.roles if Scope(str(role)) in asker.scopes))


def _place(card: Card) -> tuple[bool, float, Urgency, float, str]:
    """Sort by deadline, then urgency, then age: decisions newest first, the rest longest waiting first."""
    due = card.due.timestamp() if card.due else 0.0
    age = card.at.timestamp() if card.at else 0.0
    return (card.due is None, due, card.urgency, -age if card.kind is CardKind.DECIDED else age, card.key)
