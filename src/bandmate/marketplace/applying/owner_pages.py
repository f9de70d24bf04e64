"""Pages of owners: who applied and their answers, closing a project with words, inviting somebody to look."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity import Asker, SignedIn
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.formats import counted
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, Templates
from bandmate.marketplace.applying import answering
from bandmate.marketplace.applying.domain import State
from bandmate.marketplace.applying.finishing import finish
from bandmate.marketplace.applying.queries import (
    Role,
    answered_by,
    applicants,
    application_seen,
    members_of,
    no_application,
    steps_of,
)
from bandmate.marketplace.applying.showing import OPPORTUNITIES, PRIVATE, shown
from bandmate.marketplace.applying.words import KIND_ANSWERS, STATES
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import State as OpportunityState

router = APIRouter()
Text = Annotated[str, Form()]
ActName = Literal["shortlist", "unlist", "offer", "take-back", "reconsider"]

APPLICANTS = f"{OPPORTUNITIES}/{{opportunity_id}}/applicants"
FINISH = f"{OPPORTUNITIES}/{{opportunity_id}}/finish"


@router.get(APPLICANTS)
def applicants_page(
    request: Request,
    asker: SignedIn,
    pages: Pages,
    tx: Reading,
    clock: ClockOf,
    opportunity_id: UUID,
    words: int = -1,
) -> Response:
    """Show who applied, who is interested, and what can be answered; ``words`` names a template of a kind no."""
    return _applicants(request, asker, pages, tx, clock(), opportunity_id, words=_kind_answer(words))


def _applicants(
    request: Request,
    asker: Asker,
    pages: Templates,
    tx: Tx,
    now: datetime,
    opportunity_id: UUID,
    *,
    words: str = "",
    ticked: Collection[UUID] = (),
    error: InvalidInput | None = None,
) -> Response:
    """Show the page of who applied, with an answer that is being written and those it is for."""
    opportunity, found = applicants(tx, asker, OpportunityId(opportunity_id))
    steps = steps_of(tx, [each.application.application_id for each in found])
    groups = [
        (
            _(name),
            state.value,
            [
                shown(each, steps[each.application.application_id], now)
                for each in found
                if each.application.state is state
            ],
        )
        for state, name in _IN_ORDER
    ]
    kept = sum(each.application.state in {State.OFFERED, State.ACCEPTED} for each in found)
    members = members_of(tx, opportunity.opportunity_id) if opportunity.kind is Kind.PROJECT else ()
    return pages.render(
        request,
        "marketplace_applying/applicants.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers=PRIVATE,
        opportunity=opportunity,
        base=f"{OPPORTUNITIES}/{opportunity_id}",
        groups=[group for group in groups if group[2]],
        answerable=any(
            each.application.state in {State.INTERESTED, State.APPLIED, State.SHORTLISTED} for each in found
        ),
        kept=max(kept, opportunity.seats_taken),
        templates=[(place, _(name)) for place, (name, _words) in enumerate(KIND_ANSWERS)],
        words=words,
        ticked={str(each) for each in ticked},
        errors=[]
        if error is None
        else [{"name": str(error.extra.get("field", "words")), "message": error.detail}],
        members=members,
        may_finish=bool(members) and opportunity.owner_id == asker.person_id,
    )


def _kind_answer(place: int) -> str:
    """Return the words of a template of a kind no, nothing where there is none of that number."""
    return _(KIND_ANSWERS[place][1]) if 0 <= place < len(KIND_ANSWERS) else ""


@router.post(f"{APPLICANTS}/answers")
def answer_many(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    opportunity_id: UUID,
    ids: Annotated[list[UUID] | None, Form()] = None,
    words: Text = "",
    begin: Annotated[int | None, Form()] = None,
) -> Response:
    """Answer one or many with a no and words; ``begin`` only puts the words of a template in, ticks are kept."""
    wanted, now = [ApplicationId(each) for each in ids or ()], clock()
    if begin is not None:
        kind = _kind_answer(begin)
        return _applicants(request, asker, pages, tx, now, opportunity_id, words=kind or words, ticked=wanted)
    try:
        with tx.begin_nested():
            answered = answering.turn_down(tx, asker, OpportunityId(opportunity_id), wanted, words=words, now=now)
    except InvalidInput as error:
        return _applicants(request, asker, pages, tx, now, opportunity_id, words=words, ticked=wanted, error=error)
    said = counted("{count} person was answered.", "{count} people were answered.", len(answered))
    return _back(opportunity_id, said)


@router.post(f"{APPLICANTS}/{{application_id}}/{{act}}")
def act_on(
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    opportunity_id: UUID,
    application_id: UUID,
    act: ActName,
    words: Text = "",
) -> Response:
    """Shortlist, offer, take back an offer, or reconsider."""
    seen = application_seen(tx, asker, ApplicationId(application_id))
    if seen.role is not Role.OWNER or seen.opportunity.opportunity_id != opportunity_id:
        raise no_application()
    wanted, now = ApplicationId(application_id), clock()
    undo = None
    base = f"{OPPORTUNITIES}/{opportunity_id}/applicants/{application_id}"
    if act in {"shortlist", "unlist"}:
        answering.shortlist(tx, asker, wanted, on=act == "shortlist", now=now)
        said = _("{name} is on the shortlist.") if act == "shortlist" else _("{name} is off the shortlist.")
        undo = f"{base}/{'unlist' if act == 'shortlist' else 'shortlist'}"
    elif act == "offer":
        answering.offer(tx, asker, wanted, words=words, now=now)
        said = _("It is offered to {name}. A seat is kept until they answer.")
    elif act == "take-back":
        answering.take_back(tx, asker, wanted, words=words, now=now)
        said = _("The offer to {name} is taken back; they read your words.")
    else:
        answering.reconsider(tx, asker, wanted, now=now)
        said = _("{name} is on the shortlist again.")
    return _back(opportunity_id, said.format(name=seen.name), undo)


@router.get(FINISH)
def finish_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading, opportunity_id: UUID) -> Response:
    """Show the form with which a host closes a project."""
    project = answered_by(tx, asker, OpportunityId(opportunity_id))
    return pages.render(
        request,
        "marketplace_applying/finish.html",
        headers=PRIVATE,
        opportunity=project,
        is_host=project.owner_id == asker.person_id and project.kind is Kind.PROJECT,
        members=members_of(tx, project.opportunity_id),
        is_closed=project.state is OpportunityState.CLOSED,
    )


async def _words(request: Request) -> Mapping[PersonId, str]:
    """Return the words for each member: fields are named ``words-<person>``."""
    async with request.form() as form:
        named = [(_person_in(name), value) for name, value in form.multi_items()]
    return {person: value for person, value in named if person is not None and isinstance(value, str)}


@router.post(FINISH)
def finish_project(
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    opportunity_id: UUID,
    words: Annotated[Mapping[PersonId, str], Depends(_words)],
) -> Response:
    """Close a project with words for each member."""
    members = finish(tx, asker, OpportunityId(opportunity_id), words, now=clock())
    said = counted(
        "Closed. {count} person has it in their portfolio, confirmed by you.",
        "Closed. {count} people have it in their portfolios, confirmed by you.",
        len(members),
    )
    return _back(opportunity_id, said)


@router.post(f"{OPPORTUNITIES}/{{opportunity_id}}/candidates/{{person_id}}/invite")
def invite(asker: InPerson, tx: Writing, clock: ClockOf, opportunity_id: UUID, person_id: UUID) -> Response:
    """Invite somebody who fits to look."""
    invited = answering.invite(tx, asker, OpportunityId(opportunity_id), PersonId(person_id), now=clock())
    answer = RedirectResponse(f"{OPPORTUNITIES}/{opportunity_id}/candidates", HTTPStatus.SEE_OTHER)
    leave_notice(answer, _("{name} was invited to look.").format(name=invited.display_name))
    return answer


_IN_ORDER = tuple(
    (state, STATES[state])
    for state in (
        State.SHORTLISTED,
        State.APPLIED,
        State.OFFERED,
        State.ACCEPTED,
        State.INTERESTED,
        State.DECLINED,
        State.NOT_CHOSEN,
        State.WITHDRAWN,
    )
)


def _person_in(name: str) -> PersonId | None:
    prefix, dash, written = name.partition("-")
    if prefix != "words" or not dash:
        return None
    try:
        return PersonId(UUID(written))
    except ValueError:
        return None


def _back(opportunity_id: UUID, said: str, undo: str | None = None) -> Response:
    answer = RedirectResponse(f"{OPPORTUNITIES}/{opportunity_id}/applicants", HTTPStatus.SEE_OTHER)
    leave_notice(answer, said, undo=undo)
    return answer
