"""HTTP JSON of handing over: what has no owner, and giving an opportunity another one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.marketplace.handover.handing import hand_over
from bandmate.marketplace.handover.queries import orphans
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind

router = APIRouter(prefix="/marketplace/v1", tags=["Marketplace: handing over"])


class HandoverData(BaseModel):
    """An opportunity whose owner does not work here any more."""

    opportunity_id: UUID
    kind: Kind
    title: str
    state: str
    owner_id: UUID
    left_at: datetime | None
    manager_id: UUID | None = Field(description="Who finds it a new owner; null: programme leads.")
    waiting: int = Field(description="Applications that wait for an answer.")
    due_at: datetime | None = Field(description="When the first answer is due.")


class HandoverList(BaseModel):
    """All that the asker may find a new owner for."""

    data: list[HandoverData]


class Owner(BaseModel):
    """Who owns an opportunity."""

    model_config = ConfigDict(extra="forbid")

    person_id: UUID


@router.get("/handovers", operation_id="list_handovers")
def list_handovers(asker: SignedIn, tx: Reading) -> HandoverList:
    """Return what people who left still offer: to managers what theirs left, to programme leads everything."""
    return HandoverList(
        data=[
            HandoverData(
                opportunity_id=each.opportunity_id,
                kind=each.kind,
                title=each.title,
                state=each.state,
                owner_id=each.owner_id,
                left_at=each.left_at,
                manager_id=each.manager_id,
                waiting=each.waiting,
                due_at=each.due_at,
            )
            for each in orphans(tx, asker)
        ]
    )


@router.put(
    "/opportunities/{opportunity_id}/owner",
    operation_id="hand_over_opportunity",
    responses=problem_responses(NotFound, Conflict, InvalidInput),
)
def put_owner(asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID, wanted: Owner) -> Owner:
    """Hand an opportunity over; the same owner again changes nothing."""
    hand_over(tx, asker, OpportunityId(opportunity_id), PersonId(wanted.person_id), now=clock())
    return wanted
