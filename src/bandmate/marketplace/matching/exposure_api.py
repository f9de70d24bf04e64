"""HTTP JSON of what gets seen, for programme leads."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.problems import problem_responses
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import lead_asking
from bandmate.marketplace.matching.exposure_figures import KindSeen, OpportunitySeen, seen
from bandmate.marketplace.matching.exposure_words import (
    crowded_hint,
    headline,
    record,
    unseen_hint,
)

router = APIRouter(prefix="/marketplace/v1", tags=["Matching"])


class KindSeenData(BaseModel):
    """How evenly opportunities of a kind were shown, and what came of it."""

    kind: Kind | None = Field(description="Null: all kinds together.")
    opportunities: int = Field(description="Shown in the period, or open with a free seat.")
    coverage: float = Field(description="Share of them that stood in any list.")
    gini: float = Field(description="0: all were shown to as many people; near 1: one was shown to all.")
    gini_of_seats: float = Field(description="The same for each free seat, at most ten of an opportunity.")
    busiest_tenth: float = Field(description="Share of all showings that the most shown tenth has.")
    people: int | None = Field(description="Shown something. Null: fewer than 10, but somebody.")
    shown: int | None = Field(description="Showings: a person and an opportunity count once. Null: too few.")
    applications: int | None = Field(description="Showings that an application followed. Null: too few people.")
    rate: float | None = Field(description="Share of showings that an application followed.")
    rate_low: float | None = Field(description="Lower end of its 95 % interval.")
    rate_high: float | None


class OpportunitySeenData(BaseModel):
    """How often an opportunity was shown."""

    opportunity_id: UUID
    kind: Kind
    title: str
    department: str | None
    state: str
    free_seats: int
    people: int | None = Field(description="To how many. Null: to fewer than 10, but to somebody.")
    fewer_than_10: bool
    price: float = Field(description="Points that the crowd takes from its score, as of the last night.")
    names_skills: bool
    hint: str = Field(description="What could be done, in the reader's language.")


class ExposureData(BaseModel):
    """What got seen."""

    first: date
    last: date
    summary: str
    everything: KindSeenData
    kinds: list[KindSeenData]
    tenths: list[float] = Field(description="Share of the showings of each tenth, the most shown first.")
    crowded: list[OpportunitySeenData]
    unseen: list[OpportunitySeenData] = Field(description="The first 25.")
    unseen_count: int


@router.get("/exposure", operation_id="read_exposure", responses=problem_responses(NotFound))
def read_exposure(
    asker: SignedIn,
    tx: Reading,
    clock: ClockOf,
    days: Annotated[Literal["7", "30", "90", "365"], Query(description="The last so many days.")] = "30",
) -> ExposureData:
    """Return how evenly opportunities were shown, which are crowded, which nobody saw. For programme leads."""
    found = seen(tx, lead_asking(tx, asker), days=int(days), now=clock())
    return ExposureData(
        first=found.first,
        last=found.last,
        summary=headline(found),
        everything=_kind(found.everything),
        kinds=[_kind(each) for each in found.kinds],
        tenths=[round(share, 4) for share in found.tenths],
        crowded=[_opportunity(each, crowded_hint(each)) for each in found.crowded],
        unseen=[_opportunity(each, unseen_hint(each)) for each in found.unseen],
        unseen_count=found.unseen_count,
    )


def _kind(each: KindSeen) -> KindSeenData:
    low, high = each.funnel.interval or (None, None)
    return KindSeenData(
        kind=each.kind,
        opportunities=each.evenness.opportunities,
        coverage=each.evenness.coverage,
        gini=each.evenness.gini,
        gini_of_seats=each.evenness.gini_of_seats,
        busiest_tenth=each.evenness.busiest_tenth,
        people=each.funnel.people,
        shown=each.funnel.shown,
        applications=each.funnel.applications,
        rate=each.funnel.rate,
        rate_low=low,
        rate_high=high,
    )


def _opportunity(each: OpportunitySeen, hint: str) -> OpportunitySeenData:
    return OpportunitySeenData(**record(each), hint=hint)
