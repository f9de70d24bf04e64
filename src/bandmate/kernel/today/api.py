"""Today over HTTP as JSON: the cards of whoever asks."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.today.cards import Card, Urgency, cards_for
from bandmate.kernel.today.dismissals import dismissed
from bandmate.kernel.web.dependencies import ClockOf, Reading

router = APIRouter(prefix="/today/v1", tags=["Today"])

UrgencyName = Literal["now", "soon", "sometime"]

_URGENCY: dict[Urgency, UrgencyName] = {
    Urgency.NOW: "now",
    Urgency.SOON: "soon",
    Urgency.SOMETIME: "sometime",
}


class TodayCard(BaseModel):
    """One thing on Today."""

    kind: Literal["waits", "decided", "next"] = Field(
        description="`waits` for you, was `decided` about you, or what you can do `next`."
    )
    key: str = Field(description="Names this occurrence.")
    title: str
    sentence: str
    href: str = Field(description="Path of the page where it is dealt with.")
    action: str = Field(description="What the link there says.")
    urgency: UrgencyName
    due: datetime | None = Field(description="Until when it must be done; null without a deadline.")
    at: datetime | None = Field(description="When it happened or began.")
    dismissed: bool = Field(description="Whether you put it away.")


class TodayAnswer(BaseModel):
    """Your cards: what is due first, then by urgency."""

    data: list[TodayCard]
    missing: list[str] = Field(description="Parts of the program whose cards could not be had this time.")


@router.get("/cards")
def today_cards(asker: SignedIn, tx: Reading, clock: ClockOf) -> TodayAnswer:
    """Return what waits for you, what was decided about you and what you can do next.

    By an API key, cards for operators come only where the key holds the scope `operator`.
    """
    day = cards_for(tx, asker, clock())
    assert asker.person_id is not None, "SignedIn admits persons only"  # noqa: S101 - what the statement ensures
    away = dismissed(tx, asker.person_id, [card.key for card in day.cards if card.dismissible])
    return TodayAnswer(data=[_shown(card, card.key in away) for card in day.cards], missing=list(day.missing))


def _shown(card: Card, is_away: bool) -> TodayCard:
    return TodayCard(
        kind=card.kind.value,
        key=card.key,
        title=card.title,
        sentence=card.sentence,
        href=card.href,
        action=card.action,
        urgency=_URGENCY[card.urgency],
        due=card.due,
        at=card.at,
        dismissed=is_away,
    )
