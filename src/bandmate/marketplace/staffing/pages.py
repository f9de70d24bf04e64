"""The team of one project, for its host: as it is, a proposal, and the host's own choice beside it."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.identity.access import InPerson, SignedIn
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.applying.queries import answers_for
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.opportunities import State
from bandmate.marketplace.people.asking import person_asking
from bandmate.marketplace.staffing import acts
from bandmate.marketplace.staffing.asking import staffed_by
from bandmate.marketplace.staffing.domain import Run
from bandmate.marketplace.staffing.gathering import gather
from bandmate.marketplace.staffing.queries import names_of, open_proposal
from bandmate.marketplace.staffing.runs import ask, is_stale, run_for
from bandmate.marketplace.staffing.views import (
    compared_choice,
    proposed_team,
    read_people,
    shown_applicants,
    shown_run,
    team_as_is,
)
from bandmate.marketplace.staffing.words import how_good

TEMPLATES = Path(__file__).parent / "templates"
PRIVATE = {"Cache-Control": "private, no-store"}
TEAM = "/opportunities/{opportunity_id}/team"
MOST_CHOSEN = 100

router = APIRouter()

Chosen = Annotated[list[str], Query(max_length=MOST_CHOSEN)]
ChosenForm = Annotated[list[str], Form(max_length=MOST_CHOSEN)]


@router.get(TEAM)
def team_page(
    request: Request,
    asker: SignedIn,
    pages: Pages,
    tx: Reading,
    clock: ClockOf,
    opportunity_id: UUID,
    chosen: Chosen = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Show the team of a project, the proposal that stands, and what some chosen people would cover."""
    key = OpportunityId(opportunity_id)
    field = gather(tx, person_asking(tx, asker), staffed_by(tx, asker, [key]), now=clock())
    staffed, standing = field.projects[key], open_proposal(tx, key)
    people = [each for each in read_people(chosen) if each in {one.person_id for one in field.applicants}]
    names = names_of(tx, [place.person_id for place in standing.places]) if standing else {}
    run = run_for(tx, key)
    stale = standing is not None and is_stale(tx, standing, now=clock())
    return pages.render(
        request,
        "marketplace_staffing/team.html",
        headers=PRIVATE,
        each=staffed.opportunity,
        href=f"/opportunities/{key}/team",
        is_open=staffed.opportunity.state is State.OPEN,
        seats_left=staffed.seats_left,
        team=team_as_is(staffed),
        applicants=shown_applicants(field, key, people),
        unranked=sum(not one.ranked for one in field.applicants),
        proposal=standing,
        proposed=proposed_team(field, standing, names) if standing else None,
        how_good=how_good(standing) if standing else "",
        by_name=names_of(tx, [standing.created_by]).get(standing.created_by, "") if standing else "",
        together=len(standing.figures["projects"]) if standing else 1,
        may_offer=answers_for(tx, asker, staffed.opportunity),
        choice=compared_choice(field, key, people, standing, stale=stale) if people else None,
        is_stale=stale,
        run=shown_run(run, person_asking(tx, asker), standing) if run else None,
        chosen=people,
    )


@router.post(TEAM)
def propose(
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    opportunity_id: UUID,
    chosen: ChosenForm = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Propose a team: the best there is, or the people chosen."""
    key = OpportunityId(opportunity_id)
    made = ask(tx, asker, [key], chosen=read_people(chosen), now=clock())
    if isinstance(made, Run):
        said = _("The team is being worked out. You can close this page: Today tells you when it is there.")
    elif not made[key].places:
        said = _("No team could be put together. Below stands why.")
    else:
        said = _("Here is a team. Nobody was told of it; you decide.")
    return _to(opportunity_id, said)


@router.post(TEAM + "/{proposal_id}/accept")
def accept(asker: InPerson, tx: Writing, clock: ClockOf, opportunity_id: UUID, proposal_id: UUID) -> Response:
    """Offer a seat to each member of a proposal."""
    done = acts.accept(tx, asker, OpportunityId(opportunity_id), proposal_id, now=clock())
    count = len(done.offered)
    said = ngettext(
        "{count} person was offered a seat and told.", "{count} people were offered a seat and told.", count
    ).format(count=count)
    if done.left_out:
        names = names_of(tx, done.left_out)
        missing = ", ".join(names.get(each, "") for each in done.left_out)
        said += " " + _("Left out, because they do not wait for an answer any more: {names}.").format(
            names=missing
        )
    return _to(opportunity_id, said)


@router.post(TEAM + "/{proposal_id}/drop")
def drop(asker: InPerson, tx: Writing, opportunity_id: UUID, proposal_id: UUID) -> Response:
    """Drop a proposal."""
    acts.drop(tx, asker, OpportunityId(opportunity_id), proposal_id)
    return _to(opportunity_id, _("The proposal is gone. Nobody was told of it."))


def _to(opportunity_id: UUID, said: str) -> Response:
    answer = RedirectResponse(TEAM.format(opportunity_id=opportunity_id), HTTPStatus.SEE_OTHER)
    leave_notice(answer, said)
    return answer
