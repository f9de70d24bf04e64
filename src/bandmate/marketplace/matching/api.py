"""HTTP JSON of matching: the asker's for-you list, what they set aside, the ranking's switch, people who fit."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Forbidden, NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.identity.access import SignedIn
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Writing
from bandmate.kernel.web.problems import problem_responses
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.matching import acting, sentences
from bandmate.marketplace.matching.candidates import LENGTH, show_candidates
from bandmate.marketplace.matching.deciding import record_list
from bandmate.marketplace.matching.domain import Fit
from bandmate.marketplace.matching.for_you import for_you
from bandmate.marketplace.people import employee_of
from bandmate.marketplace.profiles import own_profile
from bandmate.marketplace.profiles.writing import set_ai_ranking

router = APIRouter(prefix="/marketplace/v1", tags=["Matching"])


class PartData(BaseModel):
    """One part of a score."""

    part: str
    points: float = Field(description="To the tenth; the parts add up to the score exactly.")
    most: float = Field(description="What it gives at most.")
    known: bool = Field(description="False where one side says nothing about it: then it is neutral.")


class RaisedData(BaseModel):
    """The smallest addition to the profile that brings an opportunity into the first three."""

    skills: list[str] = Field(description="URIs of skills to have.")
    hours_per_week: float | None
    rank: int
    sentence: str


class FitData(BaseModel):
    """How well something fits, and why."""

    opportunity_id: UUID
    kind: Kind
    title: str
    rank: int
    score: float = Field(description="Of 100.")
    price: float = Field(description="What is taken off in the order, because many are shown it.")
    parts: list[PartData]
    why: str
    raised: RaisedData | None


class ForYouData(BaseModel):
    """A for-you list."""

    ai_ranking: bool = Field(description="False where the person switched it off; the list is empty then.")
    considered: int = Field(description="How many opportunities are open to the person.")
    decision_id: UUID | None = Field(description="The decision that tells of this list.")
    items: list[FitData]


class CandidateData(BaseModel):
    """A person who fits."""

    person_id: UUID
    name: str
    title: str | None
    department: str | None
    fit: FitData


class CandidatesData(BaseModel):
    """Who fits an opportunity."""

    is_open: bool
    items: list[CandidateData]


class Ranking(BaseModel):
    """Whether a person's lists are ranked."""

    model_config = ConfigDict(extra="forbid")

    on: bool


@router.get("/for-you", responses=problem_responses(Forbidden))
def read_for_you(asker: SignedIn, tx: Writing, clock: ClockOf) -> ForYouData:
    """Return what fits the asker, best first. What was returned is written down as shown."""
    person_id, now = _employee(asker, tx), clock()
    found = for_you(tx, person_id, now=now)
    decision = None
    if found.fits:
        decision = record_list(
            tx, person_id, found.fits, found.behind, profile_version=found.profile_version, now=now
        )
    return ForYouData(
        ai_ranking=found.ai_ranking,
        considered=found.considered,
        decision_id=decision,
        items=[fit_data(fit) for fit in found.fits],
    )


@router.put("/for-you/ranking", responses=problem_responses(Forbidden))
def put_ranking(asker: SignedIn, tx: Writing, clock: ClockOf, wanted: Ranking) -> Ranking:
    """Switch the ranking on or off for the asker, for good."""
    set_ai_ranking(tx, _employee(asker, tx), on=wanted.on, now=clock())
    return wanted


@router.put(
    "/for-you/set-aside/{opportunity_id}", status_code=204, responses=problem_responses(Forbidden, NotFound)
)
def put_set_aside(asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID) -> None:
    """Keep an opportunity out of the asker's list."""
    acting.set_aside(tx, _employee(asker, tx), OpportunityId(opportunity_id), now=clock())


@router.delete(
    "/for-you/set-aside/{opportunity_id}", status_code=204, responses=problem_responses(Forbidden, NotFound)
)
def delete_set_aside(asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID) -> None:
    """Let an opportunity stand in the asker's list again."""
    acting.take_back(tx, _employee(asker, tx), OpportunityId(opportunity_id), now=clock())


@router.get("/opportunities/{opportunity_id}/candidates", responses=problem_responses(Forbidden, NotFound))
def read_candidates(asker: SignedIn, tx: Writing, clock: ClockOf, opportunity_id: UUID) -> CandidatesData:
    """Return who fits the asker's own opportunity, best first; empty for who switched the ranking off."""
    ranked = own_profile(tx, _employee(asker, tx)).ai_ranking
    found = show_candidates(tx, asker, OpportunityId(opportunity_id), now=clock(), length=LENGTH if ranked else 0)
    return CandidatesData(
        is_open=found.is_open,
        items=[
            CandidateData(
                person_id=each.person_id,
                name=each.employee.display_name,
                title=each.employee.title,
                department=each.employee.department,
                fit=fit_data(each.fit, others=True),
            )
            for each in found.people
        ],
    )


def fit_data(fit: Fit, *, others: bool = False) -> FitData:
    """Return a fit as JSON; ``others``: for whoever looks at a person."""
    raised = fit.raised
    return FitData(
        opportunity_id=fit.opportunity_id,
        kind=fit.kind,
        title=fit.title,
        rank=fit.rank,
        score=fit.score,
        price=fit.price,
        parts=[
            PartData(part=part.part.value, points=part.points, most=part.most / 10, known=part.known)
            for part in fit.parts
        ],
        why=sentences.why(fit, others=others),
        raised=None
        if raised is None
        else RaisedData(
            skills=list(raised.addition.skills),
            hours_per_week=raised.addition.hours_per_week,
            rank=raised.rank,
            sentence=sentences.raise_sentence(raised, fit.labels or {}),
        ),
    )


def _employee(asker: Asker, tx: Tx) -> PersonId:
    if employee_of(tx, asker.person_id) is None or asker.person_id is None:
        raise Forbidden(
            _("This is for people who work here. Whoever runs the directory of your company can add you.")
        )
    return asker.person_id
