"""Pages of handing over: what has no owner, and the form that gives one opportunity another owner."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity import Asker, SignedIn
from bandmate.kernel.identity.access import InPerson, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.applying.queries import counts_of
from bandmate.marketplace.handover.cards import HANDOVERS
from bandmate.marketplace.handover.handing import colleague_named, hand_over, to_hand_over
from bandmate.marketplace.handover.queries import orphans
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.launches import leads, visible_kinds
from bandmate.marketplace.opportunities.domain import KINDS
from bandmate.marketplace.people import employee_of

TEMPLATES = Path(__file__).parent / "templates"
FORM = "/opportunities/{opportunity_id}/hand-over"
PRIVATE = {"Cache-Control": "private, no-store"}

router = APIRouter(include_in_schema=False)

declare_places(
    Place(
        later("Without an owner"),
        HANDOVERS,
        # Managers and programme leads come by their cards on Today; to others the page is empty.
        role=Role.ADMINISTRATOR,
        words=later("hand over take over left owner leaver projects jobs"),
        about=later("What people who left still offer, until somebody takes it over."),
    )
)

Text = Annotated[str, Form()]


@router.get(HANDOVERS)
def handovers_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading) -> Response:
    """List what people who left still offer, for who may find it a new owner."""
    employee = employee_of(tx, asker.person_id)
    open_kinds = visible_kinds(tx, asker.person_id)
    return pages.render(
        request,
        "marketplace_handover/handovers.html",
        headers=PRIVATE,
        rows=[
            {
                "each": each,
                "id": str(each.opportunity_id),
                "kind": _(KINDS[each.kind]),
                "readable": each.kind in open_kinds,
                "may_take": employee is not None and each.kind in open_kinds,
            }
            for each in orphans(tx, asker)
        ],
        leads=leads(tx, asker),
    )


@router.get(FORM)
def form_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading, opportunity_id: UUID) -> Response:
    """Show the form that hands an opportunity over."""
    return _form(request, pages, tx, asker, OpportunityId(opportunity_id))


@router.post(FORM)
def hand_over_to(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    opportunity_id: UUID,
    colleague: Text = "",
    take: Text = "",
) -> Response:
    """Hand it over to a colleague, or take it over (``take``); a form that cannot be used comes back as typed."""
    wanted = OpportunityId(opportunity_id)
    owned = to_hand_over(tx, asker, wanted).owner_id == asker.person_id
    try:
        with tx.begin_nested():
            heir = asker.person_id if take and asker.person_id else colleague_named(tx, colleague)
            made = hand_over(tx, asker, wanted, heir, now=clock())
    except InvalidInput as error:
        return _form(request, pages, tx, asker, wanted, colleague=colleague, error=error)
    if heir == asker.person_id:
        said, to = _("“{title}” is yours now."), f"/opportunities/{opportunity_id}"
    else:
        said = _("“{title}” is handed over to {name}, who is told.")
        to = "/me/opportunities" if owned else HANDOVERS
    answer = RedirectResponse(to, HTTPStatus.SEE_OTHER)
    leave_notice(answer, said.format(title=made.title, name=made.owner_name))
    return answer


def _form(
    request: Request,
    pages: Pages,
    tx: Tx,
    asker: Asker,
    opportunity_id: OpportunityId,
    *,
    colleague: str = "",
    error: InvalidInput | None = None,
) -> Response:
    held = to_hand_over(tx, asker, opportunity_id)
    return pages.render(
        request,
        "marketplace_handover/form.html",
        status=HTTPStatus.OK.value if error is None else HTTPStatus.UNPROCESSABLE_ENTITY.value,
        headers=PRIVATE,
        held=held,
        id=str(opportunity_id),
        owned=held.owner_id == asker.person_id,
        waiting=counts_of(tx, opportunity_id).waiting,
        colleague=colleague,
        errors=[] if error is None else [{"name": "colleague", "message": error.detail}],
    )
