"""The reader's pairs and suggested mentors, on the page of mentoring."""

from __future__ import annotations

from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.launches import leads
from bandmate.marketplace.opportunities import Opportunity, Place, Slot, declare_slot
from bandmate.marketplace.opportunities.domain import FORMATS, Format
from bandmate.marketplace.rounds.queries import MyPair, pairs_of
from bandmate.marketplace.rounds.suggesting import Suggestion, suggestions
from bandmate.marketplace.rounds.words import shown_parts, why

_POINTS = 100


def _section(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:  # noqa: ARG001 - the signature of a place
    if asker.person_id is None:
        return None
    return Slot(
        "marketplace_rounds/section.html",
        {
            "pairs": [shown_pair(each) for each in pairs_of(tx, asker.person_id, ended=True)],
            "suggested": [_shown(each) for each in suggestions(tx, asker.person_id, now=now)],
            "leads": leads(tx, asker),
        },
    )


def shown_pair(each: MyPair) -> dict[str, object]:
    """Return a pair as templates show it to one of the two."""
    return {
        "mine": each,
        "about": " · ".join(part for part in (each.title, each.department, each.location) if part),
        "format": _(FORMATS[Format(each.pair.format)]),
        "why": why(each.parts) if each.parts else [],
        "parts": shown_parts(each.parts) if each.parts else [],
        "together": None if each.value is None else each.value * _POINTS,
    }


def _shown(each: Suggestion) -> dict[str, object]:
    return {
        "each": each,
        "why": why(each.parts),
        "parts": shown_parts(each.parts),
        "together": each.value * _POINTS,
    }


declare_slot(Place.PAIRS, "rounds", _section)
