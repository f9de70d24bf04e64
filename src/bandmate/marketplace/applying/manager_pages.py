"""Pages of managers, who are asked about their people, and of programme leads: how quickly it goes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity import SignedIn
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.applying.approving import APPROVALS, answer_ask
from bandmate.marketplace.applying.domain import Answer, State
from bandmate.marketplace.applying.figures import PERIOD, figures
from bandmate.marketplace.applying.queries import asks_of
from bandmate.marketplace.applying.showing import PRIVATE, own, shown
from bandmate.marketplace.ids import ApplicationId
from bandmate.marketplace.launches import leads, something_is_open
from bandmate.marketplace.people.asking import person_asking

router = APIRouter()

declare_places(
    Place(
        later("Asked as manager"),
        APPROVALS,
        words=later("approvals concern my team offers"),
        shown=something_is_open,
    ),
)


@router.get(APPROVALS)
def approvals_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """Show a manager what they are asked, and what they answered."""
    person_id, now = person_asking(tx, asker), clock()
    found = [
        {
            "each": shown(seen, (), now),
            "ask": seen.ask,
            "waits": seen.ask is not None and seen.ask.waits(now) and seen.application.state is State.OFFERED,
            "hours": seen.application.hours_per_week or seen.opportunity.hours_per_week,
        }
        for seen in asks_of(tx, person_id)
    ]
    return pages.render(
        request,
        "marketplace_applying/approvals.html",
        headers=PRIVATE,
        waiting=[row for row in found if row["waits"]],
        past=[row for row in found if not row["waits"]],
        leads=leads(tx, asker),
    )


@router.post(f"{APPROVALS}/{{application_id}}")
def answer(
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    application_id: UUID,
    answer: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """Answer as a manager: fine, or a concern with words."""
    if answer not in set(Answer):
        raise InvalidInput(_("Say whether it is fine, or whether you have a concern."), field="answer")
    person_asking(tx, asker)
    seen = answer_ask(tx, own(asker), ApplicationId(application_id), Answer(answer), words, now=clock())
    told = RedirectResponse(APPROVALS, HTTPStatus.SEE_OTHER)
    leave_notice(told, _("{name} reads your answer.").format(name=seen.name))
    return told


@router.get(f"{APPROVALS}/figures")
def figures_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """Show programme leads how quickly people are answered."""
    return pages.render(
        request,
        "marketplace_applying/figures.html",
        headers=PRIVATE,
        figures=figures(tx, asker, now=clock()),
        days=PERIOD.days,
    )
