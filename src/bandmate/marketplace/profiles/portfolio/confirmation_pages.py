"""Where somebody answers what colleagues ask them to confirm."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.identity.forms import SEE_OTHER
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles.asking import FOLDER, PRIVATE, employee
from bandmate.marketplace.profiles.pages import vocabulary
from bandmate.marketplace.profiles.portfolio import confirmations
from bandmate.marketplace.profiles.portfolio.domain import ConfirmationState
from bandmate.marketplace.profiles.portfolio.queries import asked_of

CONFIRMATIONS = "/me/confirmations"

Text = Annotated[str, Form()]

router = APIRouter()


@router.get(CONFIRMATIONS)
def confirmations_page(request: Request, asker: InPerson, pages: Pages, tx: Reading) -> Response:
    """Show what colleagues ask the reader to confirm, and what they answered before."""
    return _page(request, pages, tx, employee(tx, asker))


@router.post(f"{CONFIRMATIONS}/{{claim_id}}")
def answer(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    claim_id: UUID,
    decision: Text = "",
    words: Text = "",
    version: Text = "",
) -> Response:
    """Confirm or decline, in one's own words."""
    person = employee(tx, asker)
    try:
        shown = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else 0  # noqa: PLR2004 - longer is none of ours
        with tx.begin_nested():
            found = confirmations.answer(
                tx,
                person,
                ClaimId(claim_id),
                confirms=_confirms(decision),
                words=words,
                version=shown,
                now=clock(),
            )
    except (InvalidInput, Conflict) as error:
        return _page(request, pages, tx, person, typed={str(claim_id): words}, error=error)
    told = _("You confirmed “{title}”.") if decision == "confirm" else _("You did not confirm “{title}”.")
    response = RedirectResponse(CONFIRMATIONS, SEE_OTHER)
    leave_notice(response, told.format(title=found.title) + " " + _("They get a message."))
    return response


def _confirms(decision: str) -> bool:
    if decision not in {"confirm", "decline"}:
        raise InvalidInput(_("Choose whether you confirm it."), field="words")
    return decision == "confirm"


def _page(
    request: Request,
    pages: Pages,
    tx: Tx,
    person: PersonId,
    *,
    typed: dict[str, str] | None = None,
    error: BandmateError | None = None,
) -> Response:
    every = asked_of(tx, person)
    field = f"words-{next(iter(typed or {}), '')}"
    return pages.render(
        request,
        f"{FOLDER}/confirmations.html",
        status=200 if error is None else error.status,
        headers=PRIVATE,
        waiting=[each for each in every if each.mine.state is ConfirmationState.ASKED],
        answered=[each for each in every if each.mine.state is not ConfirmationState.ASKED],
        typed=typed or {},
        errors=[] if error is None else [{"name": field, "message": error.detail}],
        **vocabulary(),
    )
