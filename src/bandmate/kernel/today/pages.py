"""The page of Today: ``/today``, and ``/`` for whoever is signed in (the front page asks ``show_today``)."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.access import Asker, InPerson
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.today.cards import LONGEST_KEY, CardKind, cards_for
from bandmate.kernel.today.dismissals import dismiss, dismissed, restore
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import templates_of

TEMPLATES = Path(__file__).parent / "templates"
TODAY = "/today"
PRIVATE = {"Cache-Control": "private, no-store"}

router = APIRouter(include_in_schema=False)


@router.get(TODAY)
def today_page(request: Request, asker: InPerson, tx: Reading, clock: ClockOf) -> Response:
    """Show what waits for the reader, what was decided about them, and what they can do next."""
    return show_today(request, asker, tx, clock())


def show_today(request: Request, asker: Asker, tx: Tx, now: datetime) -> Response:
    """Answer with Today for whoever is signed in."""
    day = cards_for(tx, asker, now)
    away = dismissed(tx, _own(asker), [card.key for card in day.cards if card.dismissible])
    shown = {kind: [card for card in day.of(kind) if card.key not in away] for kind in CardKind}
    return templates_of(request).render(
        request,
        "today/today.html",
        headers=PRIVATE,
        waits=shown[CardKind.WAITS],
        decided=shown[CardKind.DECIDED],
        following=shown[CardKind.NEXT],
        missing=[_(title) for title in day.missing],
    )


@router.post(f"{TODAY}/dismiss")
def dismiss_card(
    asker: InPerson, tx: Writing, clock: ClockOf, key: Annotated[str, Form(max_length=LONGEST_KEY)] = ""
) -> Response:
    """Put a card away. Only one that is there can be: so nobody's rows grow beyond their cards."""
    now = clock()
    there = (card for card in cards_for(tx, asker, now).cards if card.dismissible and card.key == key)
    card = next(there, None)
    if card is None:
        return _back(_("The card is gone already; there is nothing to put away."))
    dismiss(tx, _own(asker), key, now=now)
    return _back(_("“{title}” is put away.").format(title=card.title), undo=key)


@router.post(f"{TODAY}/restore")
def restore_card(asker: InPerson, tx: Writing, key: Annotated[str, Query(max_length=LONGEST_KEY)]) -> Response:
    """Take a card out again."""
    if "\0" in key:
        raise InvalidInput(_("This is no key of a card."), field="key")
    restore(tx, _own(asker), key)
    return _back(_("The card is back."))


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "InPerson admits persons only"  # noqa: S101 - what the statement ensures
    return asker.person_id


def _back(told: str, *, undo: str | None = None) -> Response:
    response = RedirectResponse(TODAY, HTTPStatus.SEE_OTHER.value)
    leave_notice(response, told, undo=f"{TODAY}/restore?{urlencode({'key': undo})}" if undo is not None else None)
    return response
