"""The HTTP API of decisions, under ``/decisions/v1``; described for people in docs/decisions-explained.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from bandmate.kernel.decisions import contests, ledger, overrides
from bandmate.kernel.decisions.acting import LONGEST_WORDS
from bandmate.kernel.decisions.domain import DecisionId, ObjectRef, Verdict
from bandmate.kernel.decisions.plain import case_as_json
from bandmate.kernel.errors import Conflict, Forbidden, InvalidCursor, InvalidInput, NotFound
from bandmate.kernel.identity.access import Operator, SignedIn
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.problems import problem_responses

PRIVATE = {"Cache-Control": "private, no-store"}

router = APIRouter(prefix="/decisions/v1", tags=["Decisions"])

ObjectQuery = Annotated[
    str | None,
    Query(alias="object", max_length=300, description="What it is about, such as postings.job:3f2a…"),
]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST_WORDS, description="Why, in plain words.")]
Outcome = Annotated[str, Field(min_length=1, max_length=200)]

_ACTING = problem_responses(NotFound, Forbidden, Conflict, InvalidInput)


class _Shape(BaseModel):
    """What all models share: a member that is not known is an error."""

    model_config = ConfigDict(extra="forbid")


class InputShape(_Shape):
    """Something the rule looked at."""

    name: str
    value: Any
    source: str | None
    version: str | None


class ScoreShape(_Shape):
    """A part of the score; the parts add up to it."""

    name: str
    points: float


class AlternativeShape(_Shape):
    """What was not chosen."""

    option: str
    score: float | None
    why_not: str


class ActShape(_Shape):
    """What a person did about it."""

    act_id: UUID
    kind: Literal["overridden", "contested", "answered"]
    at: AwareDatetime
    words: str | None
    outcome: str | None
    verdict: Literal["upheld", "changed"] | None
    contest_id: UUID | None


class DecisionShape(_Shape):
    """A decision, its reasons, and what was said about it."""

    decision_id: UUID
    context: str
    kind: str
    subject: UUID | None = Field(description="About whom; null when it is about no person.")
    object: str = Field(description="What it is about: kind and id.")
    sentence: str = Field(description="The decision in a sentence, generated from what follows.")
    outcome: str = Field(description="What holds now.")
    decided_outcome: str = Field(description="What the rule gave; another one where a human changed it since.")
    rule: str
    rule_version: int
    inputs: list[InputShape]
    score: float | None
    scores: list[ScoreShape]
    alternatives: list[AlternativeShape]
    decided_at: AwareDatetime
    decided_by: str = Field(description="The name of a system, or “person”.")
    acts: list[ActShape]
    open_contest: UUID | None = Field(description="The contest that waits for an answer.")
    stored: bool = Field(description="False while it is derived from the record on reading; name its object then.")
    href: str = Field(description="Its page.")


class _None(_Shape):
    """Nothing is said about a single thing."""


class _ListMeta(_Shape):
    """Where a list stands."""

    limit: int
    next_cursor: str | None
    total: int


class DecisionAnswer(_Shape):
    """A decision in its envelope."""

    data: DecisionShape
    meta: _None


class DecisionsAnswer(_Shape):
    """A page of decisions, the newest first."""

    data: list[DecisionShape]
    meta: _ListMeta


class Contesting(_Shape):
    """Why a decision is wrong."""

    words: Words


class Overriding(_Shape):
    """Another outcome, and why."""

    outcome: Outcome
    reason: Words


class Answering(_Shape):
    """An answer to a contest."""

    verdict: Verdict
    words: Words
    outcome: Outcome | None = Field(default=None, description="What it is changed to; only with “changed”.")


@router.get(
    "/decisions",
    operation_id="list_decisions",
    response_model=DecisionsAnswer,
    responses=problem_responses(NotFound, InvalidInput, InvalidCursor),
)
def list_decisions(
    asker: SignedIn,
    tx: Reading,
    about: Annotated[UUID | None, Query(description="A person; you, unless you are an operator.")] = None,
    object_: ObjectQuery = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(description="next_cursor of the page before.")] = None,
) -> Response:
    """List decisions about you, or about an object as far as you may see them; the newest first."""
    if object_ is not None and about is not None:
        raise InvalidInput("Ask by person or by object, not by both.", field="object")
    if object_ is not None:
        page = ledger.decisions_on(tx, ObjectRef.parse(object_), asker=asker, limit=limit, cursor=cursor)
    else:
        person = PersonId(about) if about else asker.person_id
        if person is None:
            raise InvalidInput("This key belongs to no person; say about whom you ask.", field="about")
        page = ledger.decisions_about(tx, person, asker=asker, limit=limit, cursor=cursor)
    meta = {"limit": limit, "next_cursor": page.next_cursor, "total": page.total}
    return _answer([case_as_json(case) for case in page.items], meta)


@router.get(
    "/decisions/{decision_id}",
    operation_id="get_decision",
    response_model=DecisionAnswer,
    responses=problem_responses(NotFound, InvalidInput),
)
def get_decision(asker: SignedIn, tx: Reading, decision_id: UUID, object_: ObjectQuery = None) -> Response:
    """Return a decision that you may see; name its object where it is not stored."""
    case = ledger.decision(tx, DecisionId(decision_id), asker=asker, about=_about(object_))
    return _answer(case_as_json(case), {})


@router.post(
    "/decisions/{decision_id}/contest",
    operation_id="contest_decision",
    response_model=DecisionAnswer,
    responses=_ACTING,
)
def contest_decision(
    request: Request,
    asker: SignedIn,
    tx: Writing,
    clock: ClockOf,
    decision_id: UUID,
    body: Contesting,
    object_: ObjectQuery = None,
) -> Response:
    """Say why a decision about you is wrong; a person will answer."""
    chosen = DecisionId(decision_id)
    contests.contest(
        tx,
        chosen,
        asker=asker,
        words=body.words,
        now=clock(),
        about=_about(object_),
        address=address_of(request),
    )
    return _answer(case_as_json(ledger.decision(tx, chosen, asker=asker)), {})


@router.post(
    "/decisions/{decision_id}/override",
    operation_id="override_decision",
    response_model=DecisionAnswer,
    responses=_ACTING,
)
def override_decision(
    request: Request,
    asker: Operator,
    tx: Writing,
    clock: ClockOf,
    decision_id: UUID,
    body: Overriding,
    object_: ObjectQuery = None,
) -> Response:
    """Set another outcome, with the reason; what the rule gave stays on record."""
    chosen = DecisionId(decision_id)
    overrides.override(
        tx,
        chosen,
        asker=asker,
        outcome=body.outcome,
        reason=body.reason,
        now=clock(),
        about=_about(object_),
        address=address_of(request),
    )
    return _answer(case_as_json(ledger.decision(tx, chosen, asker=asker)), {})


@router.post(
    "/decisions/{decision_id}/answer",
    operation_id="answer_contest",
    response_model=DecisionAnswer,
    responses=_ACTING,
)
def answer_contest(
    request: Request, asker: Operator, tx: Writing, clock: ClockOf, decision_id: UUID, body: Answering
) -> Response:
    """Answer the open contest of a decision: it stands, or it is changed."""
    chosen = DecisionId(decision_id)
    contests.answer(
        tx,
        chosen,
        asker=asker,
        verdict=body.verdict,
        words=body.words,
        outcome=body.outcome,
        now=clock(),
        address=address_of(request),
    )
    return _answer(case_as_json(ledger.decision(tx, chosen, asker=asker)), {})


def address_of(request: Request) -> str:
    """Return the network address a request came from; empty where it has none."""
    return request.client.host if request.client else ""


def _about(written: str | None) -> ObjectRef | None:
    return ObjectRef.parse(written) if written is not None else None


def _answer(data: object, meta: Mapping[str, object]) -> Response:
    return Response(orjson.dumps({"data": data, "meta": meta}), headers=PRIVATE, media_type="application/json")
