"""What the API of applying takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bandmate.marketplace.applying.costs import Cost, Direction
from bandmate.marketplace.applying.domain import LONGEST_ANSWER, LONGEST_WORDS, Answer, State, Step
from bandmate.marketplace.applying.figures import Figures
from bandmate.marketplace.applying.queries import Role, Seen
from bandmate.marketplace.applying.words import cost_sentences, next_step, why
from bandmate.marketplace.kinds import Kind


class Given(BaseModel):
    """What is sent; unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class ApplicationInput(Given):
    """How somebody takes part."""

    interested_only: bool = Field(default=False, description="True: a sign of interest, not an application.")
    words: str = Field(default="", max_length=LONGEST_WORDS)
    hours_per_week: Decimal | None = Field(default=None, description="Where you offer others than it asks for.")


class WordsInput(Given):
    """Words with a step."""

    words: str = Field(default="", max_length=LONGEST_ANSWER)


class AnswersInput(Given):
    """A no for one or many."""

    application_ids: list[UUID] = Field(min_length=1, max_length=500)
    words: str = Field(min_length=1, max_length=LONGEST_ANSWER)


class ManagerAnswerInput(Given):
    """A manager's answer."""

    answer: Answer
    words: str = Field(default="", max_length=LONGEST_ANSWER)


class FinishInput(Given):
    """Words for the members of a project."""

    words: dict[UUID, str] = Field(
        default_factory=dict, description="By the member's id; a member may be left out."
    )


class ManagerData(BaseModel):
    """What a manager was asked."""

    name: str
    asked_at: datetime
    due_at: datetime
    answer: Answer | None
    words: str
    answered_at: datetime | None
    waits: bool = Field(description="Whether they can still answer; after that silence is no objection.")


class StepData(BaseModel):
    """One step."""

    state: State
    at: datetime
    by: str | None
    words: str


class ApplicationData(BaseModel):
    """An application, as its applicant or its owner sees it."""

    application_id: UUID
    opportunity_id: UUID
    kind: Kind
    title: str
    posting_path: str | None
    role: Role = Field(description="What you are to it.")
    person_id: UUID
    name: str
    state: State
    words: str
    hours_per_week: Decimal | None
    answer_words: str
    answer_code: str | None = Field(description="Of a no: `owner`, `filled` or `closed`.")
    answer_due_at: datetime | None
    answered_at: datetime | None
    why: str
    next: str
    manager: ManagerData | None
    version: int
    created_at: datetime
    changed_at: datetime
    steps: list[StepData]


class ApplicationList(BaseModel):
    """Applications."""

    data: list[ApplicationData]


class CostData(BaseModel):
    """What something takes and gives; only the person it is about sees it."""

    available: Decimal | None = Field(description="Hours a week you declared.")
    taken: Decimal
    left: Decimal | None
    takes: Decimal | None
    over: Decimal = Field(
        description="Hours a week more than you have; 0 where they suffice or it cannot be told."
    )
    direction: Direction
    target: str | None
    gained: list[str]
    sentences: list[str]


class AskData(BaseModel):
    """What a manager is asked."""

    application_id: UUID
    name: str
    kind: Kind
    title: str
    hours_per_week: Decimal | None
    manager: ManagerData


class AskList(BaseModel):
    """What a manager is asked, what waits first."""

    data: list[AskData]


class FiguresData(BaseModel):
    """How quickly people are answered, in the last 90 days."""

    in_time: int
    late: int
    overdue: int
    waiting: int
    share_in_time: float | None
    asked: int
    fine: int
    concern: int
    silent: int
    still_asked: int
    median_hours: float | None
    slow_hours: float | None
    went_on: int


class FinishedData(BaseModel):
    """Who has a finished project in their portfolio."""

    members: list[UUID]


def application_data(seen: Seen, steps: Sequence[Step], now: datetime) -> ApplicationData:
    """Return an application for whoever may see it."""
    application, opportunity = seen.application, seen.opportunity
    return ApplicationData(
        application_id=application.application_id,
        opportunity_id=application.opportunity_id,
        kind=opportunity.kind,
        title=opportunity.title,
        posting_path=opportunity.posting_path,
        role=seen.role,
        person_id=application.person_id,
        name=seen.name,
        state=application.state,
        words=application.words,
        hours_per_week=application.hours_per_week,
        answer_words=application.answer_words,
        answer_code=application.answer_code,
        answer_due_at=application.answer_due_at,
        answered_at=application.answered_at,
        why=why(seen),
        next=next_step(seen, now),
        manager=_manager(seen, now),
        version=application.version,
        created_at=application.created_at,
        changed_at=application.changed_at,
        steps=[StepData(state=step.state, at=step.at, by=step.by_name, words=step.words) for step in steps],
    )


def ask_data(seen: Seen, now: datetime) -> AskData:
    """Return what a manager is asked; without what the applicant wrote."""
    manager = _manager(seen, now)
    assert manager is not None  # noqa: S101 - it was found by it
    return AskData(
        application_id=seen.application.application_id,
        name=seen.name,
        kind=seen.opportunity.kind,
        title=seen.opportunity.title,
        hours_per_week=seen.application.hours_per_week or seen.opportunity.hours_per_week,
        manager=manager,
    )


def cost_data(cost: Cost) -> CostData:
    """Return what something costs."""
    return CostData(
        available=cost.available,
        taken=cost.taken,
        left=cost.left,
        takes=cost.takes,
        over=cost.over,
        direction=cost.direction,
        target=cost.target,
        gained=list(cost.gained),
        sentences=[each.text for each in cost_sentences(cost)],
    )


def figures_data(found: Figures) -> FiguresData:
    """Return the figures."""
    names = [name for name in FiguresData.model_fields if name != "share_in_time"]
    return FiguresData(**{name: getattr(found, name) for name in names}, share_in_time=found.share_in_time)


def _manager(seen: Seen, now: datetime) -> ManagerData | None:
    ask = seen.ask
    if ask is None:
        return None
    return ManagerData(
        name=ask.manager_name,
        asked_at=ask.asked_at,
        due_at=ask.due_at,
        answer=ask.answer,
        words=ask.words,
        answered_at=ask.answered_at,
        waits=ask.waits(now),
    )
