"""Today: the first screen of whoever signed in, made of cards that every room declares (``cards``)."""

from bandmate.kernel.today import holding as _holding  # noqa: F401 - declares what is held about persons
from bandmate.kernel.today.cards import Card, CardKind, Cards, Day, Urgency, cards_for, declare_cards

__all__ = ["Card", "CardKind", "Cards", "Day", "Urgency", "cards_for", "declare_cards"]
