"""One opportunity: its facts, its story, its skills, and the places that other rooms fill."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.identity import SignedIn
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.launches.queries import note_visit
from bandmate.marketplace.opportunities import writing
from bandmate.marketplace.opportunities.domain import (
    FORMATS_EXPLAINED,
    Fault,
    Opportunity,
    Part,
    State,
    Wrong,
    check,
)
from bandmate.marketplace.opportunities.pages.cards import card_of, marked_part
from bandmate.marketplace.opportunities.pages.words import PRIVATE, SEARCH
from bandmate.marketplace.opportunities.queries import opportunity
from bandmate.marketplace.opportunities.skills import fits
from bandmate.marketplace.opportunities.slots import Place, filled
from bandmate.marketplace.people.asking import person_asking

router = APIRouter()

Text = Annotated[str, Form()]


@router.get(f"{SEARCH}/{{opportunity_id}}")
def opportunity_page(
    request: Request,
    asker: SignedIn,
    pages: Pages,
    tx: Reading,
    database: DatabaseOf,
    clock: ClockOf,
    opportunity_id: UUID,
) -> Response:
    """Show one opportunity; a draft shows itself to its owner as others will see it."""
    person, now = person_asking(tx, asker), clock()
    each = opportunity(tx, asker, OpportunityId(opportunity_id))
    note_visit(tx, database, person, [each.kind], now=now)
    fit = fits(tx, person, [each])[each.opportunity_id]
    owned = each.owner_id == person
    return pages.render(
        request,
        "marketplace_opportunities/one.html",
        headers={**PRIVATE, "ETag": f'"{each.version}"'},
        each=each,
        card=card_of(each, fit, now),
        fit=fit,
        wanted=marked_part(each, fit, Part.WANTED),
        learn=marked_part(each, fit, Part.LEARN),
        format_explained=_(FORMATS_EXPLAINED[each.format]) if each.format else "",
        owned=owned,
        missing=_missing(each, now.date()) if owned and each.state is State.DRAFT else (),
        is_open=each.is_open(now),
        apply_slots=() if owned else filled(Place.APPLY, tx, asker, each, now),
        fit_slots=() if owned else filled(Place.FIT, tx, asker, each, now),
        owner_slots=filled(Place.OWNER, tx, asker, each, now) if owned and each.state is not State.DRAFT else (),
        api_address=f"/marketplace/v1/opportunities/{each.opportunity_id}",
    )


@router.post(f"{SEARCH}/{{opportunity_id}}/publish")
def publish(asker: InPerson, tx: Writing, clock: ClockOf, opportunity_id: UUID, version: Text = "") -> Response:
    """Open a draft, or what was closed; what is missing is said on the form."""
    person_asking(tx, asker)
    held = opportunity(tx, asker, OpportunityId(opportunity_id))
    try:
        with tx.begin_nested():
            made = writing.publish(
                tx, asker, held.opportunity_id, version=_version(version, held.version), now=clock()
            )
    except Wrong:
        return RedirectResponse(f"{SEARCH}/{opportunity_id}/edit?publishing=true", HTTPStatus.SEE_OTHER)
    undo = f"{SEARCH}/{opportunity_id}/close"
    return _to(opportunity_id, _("“{title}” is open: people find it now.").format(title=made.title), undo)


@router.post(f"{SEARCH}/{{opportunity_id}}/close")
def close(asker: InPerson, tx: Writing, clock: ClockOf, opportunity_id: UUID, version: Text = "") -> Response:
    """Close an opportunity; it can be opened again."""
    person_asking(tx, asker)
    held = opportunity(tx, asker, OpportunityId(opportunity_id))
    made = writing.close(tx, asker, held.opportunity_id, version=_version(version, held.version), now=clock())
    undo = f"{SEARCH}/{opportunity_id}/publish" if held.state is State.OPEN else None
    return _to(opportunity_id, _("“{title}” is closed.").format(title=made.title), undo)


def _missing(each: Opportunity, today: date) -> tuple[Fault, ...]:
    try:
        check(writing.terms_of(each), publishing=True, today=today)
    except Wrong as error:
        return error.faults
    return ()


def _version(written: str, present: int) -> int:
    """Return the version a form was made for; an undo names none and means the present one."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else present  # noqa: PLR2004 - of a bigint


def _to(opportunity_id: UUID, said: str, undo: str | None) -> Response:
    answer = RedirectResponse(f"{SEARCH}/{opportunity_id}", HTTPStatus.SEE_OTHER)
    leave_notice(answer, said, undo=undo)
    return answer
