"""The API of staffing: the proposal of a project's team, as the page shows it, by the same functions."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput, NotFound
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.people.asking import person_asking
from bandmate.marketplace.staffing import acts
from bandmate.marketplace.staffing.asking import lead_staffing, staffed_by
from bandmate.marketplace.staffing.domain import Run
from bandmate.marketplace.staffing.gathering import gather
from bandmate.marketplace.staffing.pages import MOST_CHOSEN
from bandmate.marketplace.staffing.queries import open_proposal
from bandmate.marketplace.staffing.runs import ask, is_stale, run_for, run_of
from bandmate.marketplace.staffing.views import proposal_json, run_json, team_as_is

router = APIRouter(prefix="/marketplace/v1", tags=["Marketplace: staffing"])

_TEAM = "/opportunities/{opportunity_id}/team"
_STAFFING = "/staffing"
_WRONG = problem_responses(Forbidden, NotFound, Conflict, InvalidInput)


class MateData(BaseModel):
    """Somebody in the team."""

    person_id: UUID
    name: str
    title: str
    offered: bool = Field(description="True while they were offered a seat and did not answer.")
    leads: list[str] = Field(description="Labels of the wanted skills that they can lead.")


class MemberData(BaseModel):
    """Somebody in a proposed team."""

    person_id: UUID
    leads: list[str] = Field(description="URIs of the skills for which the team relies on them.")
    strength: str | None = Field(description="What they bring that nobody else in the team does.")
    hours_per_week: float | None


class ProposalData(BaseModel):
    """A proposed team."""

    proposal_id: UUID
    opportunity_id: UUID
    state: str = Field(description="`proposed`, `accepted` or `dropped`.")
    created_at: datetime
    by_hand: bool
    value: float = Field(description="Of all projects that were staffed together.")
    bound: float = Field(description="No staffing of them is worth more.")
    how_good: str
    uncovered: list[str] = Field(description="URIs of the skills sought that nobody leads.")
    together_with: list[UUID] = Field(description="The other projects staffed at once.")
    members: list[MemberData]


class RunData(BaseModel):
    """Teams that are worked out in the background: ask for this again until it is `ready` or `failed`."""

    run_id: UUID
    state: str = Field(description="`waiting`, `computing`, `ready` or `failed`.")
    projects: list[UUID] = Field(description="Where the proposals stand once it is ready.")
    problem: str | None = Field(description="Why it failed, and what to do.")
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class ProposalList(BaseModel):
    """Proposed teams of projects staffed together."""

    data: list[ProposalData]


class StaffingInput(BaseModel):
    """Projects to be staffed together."""

    model_config = ConfigDict(extra="forbid")

    projects: list[UUID] = Field(min_length=1, max_length=acts.MOST_PROJECTS)


class TeamData(BaseModel):
    """The team of a project as it is, and the proposal that stands."""

    team: list[MateData]
    missing: list[str] = Field(description="Labels of the wanted skills that nobody leads.")
    seats_left: int
    applicants: int
    proposal: ProposalData | None
    is_stale: bool = Field(description="Whether what the proposal was worked out from has changed since.")
    run: RunData | None = Field(description="The last computation in the background, if there was one.")


class ProposalInput(BaseModel):
    """What to propose."""

    model_config = ConfigDict(extra="forbid")

    chosen: list[UUID] = Field(
        default=[], max_length=MOST_CHOSEN, description="Persons instead of the best team; none for that."
    )


class AcceptedData(BaseModel):
    """What came of accepting."""

    offered: list[UUID]
    left_out: list[UUID] = Field(description="Members who do not wait for an answer any more.")


_LONG = {**_WRONG, HTTPStatus.ACCEPTED.value: {"model": RunData, "description": "It is worked out."}}


@router.get(_TEAM, operation_id="read_team", response_model=TeamData, responses=_WRONG)
def read_team(asker: SignedIn, tx: Reading, clock: ClockOf, opportunity_id: UUID) -> dict[str, Any]:
    """Return the team of a project and the proposal that stands; for its host and programme leads."""
    key = OpportunityId(opportunity_id)
    field = gather(tx, person_asking(tx, asker), staffed_by(tx, asker, [key]), now=clock())
    shown, standing, run = team_as_is(field.projects[key]), open_proposal(tx, key), run_for(tx, key)
    return {
        "team": shown["mates"],
        "missing": shown["missing"],
        "seats_left": field.projects[key].seats_left,
        "applicants": len(field.applicants),
        "proposal": proposal_json(standing) if standing else None,
        "is_stale": standing is not None and is_stale(tx, standing, now=clock()),
        "run": run_json(run) if run else None,
    }


@router.post(
    _TEAM,
    operation_id="propose_team",
    response_model=ProposalData,
    status_code=HTTPStatus.CREATED.value,
    responses=_LONG,
)
def propose_team(asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, wanted: ProposalInput) -> Any:
    """Propose a team: the best there is, or the people chosen. The same question again changes nothing.

    Where many applied the best team is worked out in the background: 202, and `Location` says where to ask.
    """
    key = OpportunityId(opportunity_id)
    chosen = [PersonId(each) for each in wanted.chosen]
    made = ask(tx, asker, [key], chosen=chosen, now=clock())
    return _accepted(made) if isinstance(made, Run) else proposal_json(made[key])


@router.post(
    _STAFFING,
    operation_id="staff_projects",
    response_model=ProposalList,
    status_code=HTTPStatus.CREATED.value,
    responses=_LONG,
)
def staff_projects(asker: SignedIn, tx: Writing, clock: ClockOf, wanted: StaffingInput) -> Any:
    """Propose teams for several projects together; for programme leads. The same question changes nothing.

    Where there is much to compare it is done in the background: 202, and `Location` says where to ask.
    """
    lead_staffing(tx, asker)
    made = ask(tx, asker, [OpportunityId(each) for each in wanted.projects], now=clock())
    return _accepted(made) if isinstance(made, Run) else {"data": [proposal_json(each) for each in made.values()]}


@router.get(_STAFFING + "/{run_id}", operation_id="read_staffing_run", response_model=RunData, responses=_WRONG)
def read_run(asker: SignedIn, tx: Reading, run_id: UUID) -> dict[str, Any]:
    """Return how teams that you asked for come along."""
    return run_json(run_of(tx, person_asking(tx, asker), run_id))


def _accepted(run: Run) -> Response:
    """Answer that it is done later, and where that is told (RFC 9110, section 15.3.3)."""
    return JSONResponse(
        RunData(**run_json(run)).model_dump(mode="json"),
        HTTPStatus.ACCEPTED.value,
        {"Location": f"{router.prefix}{_STAFFING}/{run.run_id}"},
    )


@router.post(
    _TEAM + "/{proposal_id}/accept", operation_id="accept_team", response_model=AcceptedData, responses=_WRONG
)
def accept_team(
    asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, proposal_id: UUID
) -> dict[str, Any]:
    """Offer a seat to each member who still waits for an answer; for who answers the applicants."""
    done = acts.accept(tx, asker, OpportunityId(opportunity_id), proposal_id, now=clock())
    return {"offered": list(done.offered), "left_out": list(done.left_out)}


@router.post(
    _TEAM + "/{proposal_id}/drop",
    operation_id="drop_team",
    status_code=HTTPStatus.NO_CONTENT.value,
    responses=_WRONG,
)
def drop_team(asker: SignedIn, tx: Writing, opportunity_id: UUID, proposal_id: UUID) -> None:
    """Drop a proposal; nobody in it was told of it."""
    acts.drop(tx, asker, OpportunityId(opportunity_id), proposal_id)
