"""Ending a pair, for the two of it."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, InvalidInput
from bandmate.kernel.identity import Asker
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import PairId
from bandmate.marketplace.rounds.asking import check_pair
from bandmate.marketplace.rounds.domain import Pair
from bandmate.marketplace.rounds.pairing import end_pair
from bandmate.marketplace.rounds.queries import held_pair, names_of

MENTORING = "/mentoring"
PRIVATE = {"Cache-Control": "private, no-store"}

router = APIRouter(prefix=f"{MENTORING}/pairs")

Text = Annotated[str, Form()]


@router.get("/{pair_id}/end")
def end_page(request: Request, asker: InPerson, pages: Pages, tx: Reading, pair_id: UUID) -> Response:
    """Ask why a pair ends, and say what follows."""
    return _form(request, pages, tx, asker, _own(tx, asker, pair_id))


@router.post("/{pair_id}/end")
def end(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    pair_id: UUID,
    reason: Text = "",
    wish_again: Text = "",
    version: Text = "",
) -> Response:
    """End a pair; a form that cannot be used comes back as it was typed."""
    held = _own(tx, asker, pair_id)
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 19 else 0  # noqa: PLR2004 - of a bigint
    try:
        with tx.begin_nested():
            end_pair(
                tx,
                asker,
                held.pair_id,
                reason=reason,
                version=known,
                now=clock(),
                wish_again=wish_again == "yes",
            )
    except InvalidInput as error:
        return _form(request, pages, tx, asker, held, reason=reason, error=error)
    mine = asker.person_id in (held.mentee_id, held.mentor_id)
    answer = RedirectResponse(MENTORING if mine else f"/rounds/{held.round_id}", HTTPStatus.SEE_OTHER)
    leave_notice(answer, _("The pair has ended, and the place is free again."))
    return answer


def _own(tx: Tx, asker: Asker, pair_id: UUID) -> Pair:
    held = held_pair(tx, PairId(pair_id))
    check_pair(tx, asker, held)
    return held


def _form(
    request: Request,
    pages: Pages,
    tx: Tx,
    asker: Asker,
    held: Pair,
    *,
    reason: str = "",
    error: BandmateError | None = None,
) -> Response:
    names = names_of(tx, [held.mentee_id, held.mentor_id])
    is_one = asker.person_id in (held.mentee_id, held.mentor_id)
    return pages.render(
        request,
        "marketplace_rounds/end.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers=PRIVATE,
        # The words with which it ended are for the two of them.
        pair=held if is_one else replace(held, end_reason=None),
        mentee=names.get(held.mentee_id, ""),
        mentor=names.get(held.mentor_id, ""),
        is_mentee=asker.person_id == held.mentee_id,
        is_one=is_one,
        reason=reason,
        errors=[{"name": "reason", "message": error.detail}] if error else [],
    )
