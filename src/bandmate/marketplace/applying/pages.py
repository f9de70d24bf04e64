"""Pages of applicants: apply, all one's applications, one of them with what comes next."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.decisions import Explanation, ObjectRef, decisions_on, explain
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity import Asker, SignedIn
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.applying import acting
from bandmate.marketplace.applying.deciding import APPLICATION
from bandmate.marketplace.applying.domain import NotTaken, State
from bandmate.marketplace.applying.queries import (
    Role,
    Seen,
    application_seen,
    no_application,
    own_application_for,
    own_applications,
    steps_of,
)
from bandmate.marketplace.applying.showing import MINE, OPPORTUNITIES, PRIVATE, hours_from, shown
from bandmate.marketplace.applying.standing import cost_for
from bandmate.marketplace.applying.words import cost_sentences
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.launches import something_is_open
from bandmate.marketplace.opportunities.queries import opportunity as opportunity_seen
from bandmate.marketplace.people.asking import person_asking

router = APIRouter()
Text = Annotated[str, Form()]

declare_places(
    Place(
        later("Your applications"),
        MINE,
        words=later("applied interested offers answers withdraw"),
        shown=something_is_open,
    ),
)


@router.get(f"{OPPORTUNITIES}/{{opportunity_id}}/apply")
def apply_page(
    request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf, opportunity_id: UUID
) -> Response:
    """Show the form to apply, with what it costs."""
    person_id = person_asking(tx, asker)
    found = own_application_for(tx, person_id, OpportunityId(opportunity_id))
    written = found.application if found else None
    return _form(
        request,
        pages,
        tx,
        asker,
        OpportunityId(opportunity_id),
        clock,
        words=written.words if written else "",
        hours=f"{written.hours_per_week:g}" if written and written.hours_per_week else "",
    )


@router.post(f"{OPPORTUNITIES}/{{opportunity_id}}/apply")
def apply(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    opportunity_id: UUID,
    words: Text = "",
    hours_per_week: Text = "",
) -> Response:
    """Apply, or change what was written."""
    wanted = OpportunityId(opportunity_id)
    try:
        hours = hours_from(hours_per_week)
        made = acting.apply(tx, asker, wanted, words=words, hours=hours, now=clock())
    except InvalidInput as error:
        return _form(request, pages, tx, asker, wanted, clock, words=words, hours=hours_per_week, error=error)
    undo = f"{MINE}/{made.application_id}/withdraw"
    return _to(made.application_id, _("You applied. You get an answer in any case."), undo)


@router.post(f"{OPPORTUNITIES}/{{opportunity_id}}/interest")
def show_interest(asker: InPerson, tx: Writing, clock: ClockOf, opportunity_id: UUID) -> Response:
    """Show interest."""
    made = acting.show_interest(tx, asker, OpportunityId(opportunity_id), now=clock())
    answer = RedirectResponse(f"{OPPORTUNITIES}/{opportunity_id}", HTTPStatus.SEE_OTHER)
    leave_notice(
        answer, _("Who offers it sees that you are interested."), undo=f"{MINE}/{made.application_id}/withdraw"
    )
    return answer


@router.get(MINE)
def mine_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """List the reader's applications."""
    person_id, now = person_asking(tx, asker), clock()
    found = own_applications(tx, person_id)
    steps = steps_of(tx, [each.application.application_id for each in found])
    rows = [shown(each, steps[each.application.application_id], now) for each in found]
    return pages.render(
        request,
        "marketplace_applying/mine.html",
        headers=PRIVATE,
        rows=[row for row, each in zip(rows, found, strict=True) if _goes_on(each)],
        past=[row for row, each in zip(rows, found, strict=True) if not _goes_on(each)],
    )


@router.get(f"{MINE}/{{application_id}}")
def application_page(
    request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf, application_id: UUID
) -> Response:
    """Show one of the reader's applications: where it stands, why, what comes next."""
    person_id, now = person_asking(tx, asker), clock()
    found = application_seen(tx, asker, ApplicationId(application_id))
    if found.role is not Role.APPLICANT:
        raise no_application()
    steps = steps_of(tx, [found.application.application_id])[found.application.application_id]
    hours = found.application.hours_per_week
    goes_on = found.application.state not in {State.ACCEPTED, State.NOT_CHOSEN, State.DECLINED}
    return pages.render(
        request,
        "marketplace_applying/application.html",
        headers={**PRIVATE, "ETag": f'"{found.application.version}"'},
        each=shown(found, steps, now),
        costs=cost_sentences(cost_for(tx, person_id, found.opportunity, hours, now=now)) if goes_on else [],
        why=_explanation(tx, asker, found),
    )


@router.post(f"{MINE}/{{application_id}}/withdraw")
def withdraw(asker: InPerson, tx: Writing, clock: ClockOf, application_id: UUID, words: Text = "") -> Response:
    """Withdraw, or leave."""
    wanted = ApplicationId(application_id)
    before = application_seen(tx, asker, wanted).application.state
    acting.withdraw(tx, asker, wanted, words=words, now=clock())
    if before is State.ACCEPTED:
        return _to(wanted, _("You left. Your seat is free again."), None)
    return _to(wanted, _("You withdrew."), f"{MINE}/{application_id}/resume")


@router.post(f"{MINE}/{{application_id}}/resume")
def resume(asker: InPerson, tx: Writing, clock: ClockOf, application_id: UUID) -> Response:
    """Take a withdrawal back."""
    acting.resume(tx, asker, ApplicationId(application_id), now=clock())
    return _to(ApplicationId(application_id), _("Everything is as it was before you withdrew."), None)


@router.post(f"{MINE}/{{application_id}}/accept")
def accept(asker: InPerson, tx: Writing, clock: ClockOf, application_id: UUID, words: Text = "") -> Response:
    """Take an offer."""
    acting.accept(tx, asker, ApplicationId(application_id), words=words, now=clock())
    return _to(ApplicationId(application_id), _("You said yes. Have a good start!"), None)


@router.post(f"{MINE}/{{application_id}}/decline")
def decline(asker: InPerson, tx: Writing, clock: ClockOf, application_id: UUID, words: Text = "") -> Response:
    """Do not take an offer."""
    acting.decline(tx, asker, ApplicationId(application_id), words=words, now=clock())
    return _to(ApplicationId(application_id), _("You said no to the offer. Who offered it was told."), None)


def _goes_on(each: Seen) -> bool:
    return each.application.state not in {State.DECLINED, State.NOT_CHOSEN, State.WITHDRAWN}


def _explanation(tx: Tx, asker: Asker, found: Seen) -> Explanation | None:
    """Return the "Why?" of the answer, where one stands; what the person made of it changes nothing about it."""
    application = found.application
    if application.state not in {State.OFFERED, State.ACCEPTED, State.DECLINED, State.NOT_CHOSEN}:
        return None
    about = ObjectRef("marketplace.opportunity", str(application.opportunity_id))
    newest = decisions_on(tx, about, asker=asker).items
    case = next((each for each in newest if each.decision.kind == APPLICATION), None)
    return None if case is None else explain(case, asker.person_id)


def _form(
    request: Request,
    pages: Pages,
    tx: Tx,
    asker: Asker,
    opportunity_id: OpportunityId,
    clock: ClockOf,
    *,
    words: str,
    hours: str,
    error: InvalidInput | None = None,
) -> Response:
    now = clock()
    person_id = person_asking(tx, asker)
    opportunity = opportunity_seen(tx, asker, opportunity_id)
    found = own_application_for(tx, person_id, opportunity_id)
    if not opportunity.is_open(now) and (found is None or found.application.state is not State.APPLIED):
        raise NotTaken(_("One cannot apply for this any more: it is filled, closed, or its last day is over."))
    wrong = {str(error.extra.get("field", "words")): error.detail} if error else {}
    return pages.render(
        request,
        "marketplace_applying/apply.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK,
        headers=PRIVATE,
        opportunity=opportunity,
        changes=found is not None and found.application.state is State.APPLIED,
        costs=cost_sentences(cost_for(tx, person_id, opportunity, now=now)),
        words=words,
        hours=hours,
        wrong=wrong,
        errors=[{"name": name, "message": message} for name, message in wrong.items()],
    )


def _to(application_id: ApplicationId, said: str, undo: str | None) -> Response:
    answer = RedirectResponse(f"{MINE}/{application_id}", HTTPStatus.SEE_OTHER)
    leave_notice(answer, said, undo=undo)
    return answer
