"""Pages of matching: the for-you list with its switch, and the people who fit an opportunity."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity import Asker
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.matching.acting import set_aside, take_back
from bandmate.marketplace.matching.candidates import LENGTH, Candidate, show_candidates
from bandmate.marketplace.matching.deciding import record_list
from bandmate.marketplace.matching.for_you import for_you
from bandmate.marketplace.matching.queries import set_aside_by
from bandmate.marketplace.matching.showing import shown_fit, shown_suggestion
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.people import employee_of
from bandmate.marketplace.profiles import own_profile
from bandmate.marketplace.profiles.writing import set_ai_ranking

TEMPLATES = Path(__file__).parent / "templates"
FOR_YOU = "/for-you"
PRIVATE = {"Cache-Control": "private, no-store"}

router = APIRouter()


# Writing although it is a look: what somebody was shown is written down, at most once a day for each.
@router.get(FOR_YOU)
def for_you_page(request: Request, asker: InPerson, pages: Pages, tx: Writing, clock: ClockOf) -> Response:
    """Show what fits the reader, with reasons."""
    person_id, now = _own(asker), clock()
    employee = employee_of(tx, person_id)
    found = for_you(tx, person_id, now=now)
    decision = None
    if found.fits:
        decision = record_list(
            tx, person_id, found.fits, found.behind, profile_version=found.profile_version, now=now
        )
    opportunities = by_ids(tx, [fit.opportunity_id for fit in found.fits])
    return pages.render(
        request,
        "marketplace_matching/for_you.html",
        headers=PRIVATE,
        is_employee=employee is not None,
        any_kind=bool(found.kinds),
        ai_ranking=found.ai_ranking,
        thin=found.thin,
        considered=found.considered,
        decision=decision,
        fits_shown=[shown_suggestion(fit, opportunities[fit.opportunity_id]) for fit in found.fits],
        set_aside=[{"id": each, "title": title} for each, title in set_aside_by(tx, person_id, found.kinds)],
    )


@router.post(f"{FOR_YOU}/ranking")
def switch_ranking(asker: InPerson, tx: Writing, clock: ClockOf, on: Annotated[str, Form()] = "") -> Response:
    """Switch the ranking on or off for the reader, for good."""
    if on not in ("yes", "no"):
        raise InvalidInput(_("Say whether the ranking should be on: yes or no."), field="on")
    set_ai_ranking(tx, _own(asker), on=on == "yes", now=clock())
    if on == "yes":
        return _back(_("The ranking is on again."))
    return _back(_("The ranking is off. Search reaches everything that is open to you."))


@router.post(f"{FOR_YOU}/{{opportunity_id}}/set-aside")
def set_aside_suggestion(asker: InPerson, tx: Writing, clock: ClockOf, opportunity_id: UUID) -> Response:
    """Keep an opportunity out of the reader's list."""
    title = set_aside(tx, _own(asker), OpportunityId(opportunity_id), now=clock())
    undo = f"{FOR_YOU}/{opportunity_id}/take-back"
    return _back(_("“{title}” is not suggested to you any more.").format(title=title), undo=undo)


@router.post(f"{FOR_YOU}/{{opportunity_id}}/take-back")
def take_back_suggestion(asker: InPerson, tx: Writing, clock: ClockOf, opportunity_id: UUID) -> Response:
    """Let an opportunity stand in the reader's list again."""
    title = take_back(tx, _own(asker), OpportunityId(opportunity_id), now=clock())
    return _back(_("“{title}” can be suggested to you again.").format(title=title))


@router.get("/opportunities/{opportunity_id}/candidates")
def candidates_page(
    request: Request, asker: InPerson, pages: Pages, tx: Writing, clock: ClockOf, opportunity_id: UUID
) -> Response:
    """Show an owner who fits their opportunity."""
    ranked = own_profile(tx, _own(asker)).ai_ranking
    found = show_candidates(tx, asker, OpportunityId(opportunity_id), now=clock(), length=LENGTH if ranked else 0)
    return pages.render(
        request,
        "marketplace_matching/candidates.html",
        headers=PRIVATE,
        id=str(opportunity_id),
        title=found.title,
        is_open=found.is_open,
        ai_ranking=ranked,
        states_skills=found.states_skills,
        people=[_line(each) for each in found.people],
    )


def _line(candidate: Candidate) -> dict[str, object]:
    employee = candidate.employee
    named = (employee.title, employee.department, employee.location)
    return {
        "person_id": str(candidate.person_id),
        "name": employee.display_name,
        "meta": " · ".join(each for each in named if each),
        "headline": candidate.seen.headline,
        "fit": shown_fit(candidate.fit, others=True),
    }


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "InPerson admits persons only"  # noqa: S101 - what the statement ensures
    return asker.person_id


def _back(told: str, undo: str | None = None) -> Response:
    response = RedirectResponse(FOR_YOU, HTTPStatus.SEE_OTHER)
    leave_notice(response, told, undo=undo)
    return response
