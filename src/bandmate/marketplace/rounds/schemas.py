"""What the API of rounds and pairs takes and gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bandmate.kernel.clock import rfc3339
from bandmate.marketplace.opportunities import Format
from bandmate.marketplace.rounds.domain import LONGEST_NAME, LONGEST_REASON, Gone, Reason, Round, RoundState
from bandmate.marketplace.rounds.publishing import Published
from bandmate.marketplace.rounds.queries import MyPair
from bandmate.marketplace.rounds.suggesting import Suggestion
from bandmate.marketplace.rounds.words import problem_sentence, why

_INNER = frozenset({"digest", "others", "asked_at", "started_at", "problem", "published"})


class RoundInput(BaseModel):
    """A round to begin."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=LONGEST_NAME)
    format: Format


class LimitsData(BaseModel):
    """What a round has to keep."""

    model_config = ConfigDict(extra="forbid")

    across_departments: float = Field(
        default=0.0, ge=0, le=1, description="Least share of pairs across departments."
    )
    least_by_department: dict[str, int] = Field(
        default_factory=dict, description="At least so many mentees of a department have to be paired."
    )


class RoundData(BaseModel):
    """A round."""

    round_id: UUID
    name: str
    format: Format
    state: RoundState
    limits: LimitsData
    figures: dict[str, Any] | None = Field(
        description="Of the last preview: `mentees`, `mentors`, `places`, `matched`, `waited`, `value` and "
        "`bound` (the sum over pairs, 1 at most for each), `ranks`, `blocking_pairs`, `across_departments`, "
        "`across_by_chance`, `matched_by_department` (matched, all), `limits`."
    )
    is_computing: bool = Field(description="Whether a preview is being worked out.")
    problem: str | None = Field(description="Why the last preview could not be worked out.")
    version: int
    created_at: datetime
    changed_at: datetime
    previewed_at: datetime | None
    published_at: datetime | None
    is_stale: bool | None = Field(
        default=None,
        description="Whether wishes, offers or people changed since a preview; told where one round is read.",
    )


class RoundList(BaseModel):
    """Rounds, newest first."""

    data: list[RoundData]


class PartsData(BaseModel):
    """Why two suit each other; the parts add up to the value."""

    topics: float
    outlook: float
    hours: float
    across: float


class RoundPairData(BaseModel):
    """A pair of a round."""

    mentee_id: UUID
    mentee: str
    mentor_id: UUID
    mentor: str
    value: float
    parts: PartsData
    why: list[str]
    price: float = Field(
        description="What the mentor's place costs all others together, in the unit of the value."
    )
    rank: int = Field(description="Of this mentor among all for this mentee; 1 is the best.")
    mentor_wanted_by: int


class RoundPairs(BaseModel):
    """A part of a round's pairs, by the mentee's name."""

    data: list[RoundPairData]
    total: int
    page: int
    pages: int


class WaitingData(BaseModel):
    """Somebody who waits."""

    mentee_id: UUID
    mentee: str
    reason: Reason


class RoundExport(BaseModel):
    """A whole round."""

    round: RoundData
    pairs: list[RoundPairData]
    waiting: list[WaitingData]


class SkippedData(BaseModel):
    """A pair of the preview that did not come about."""

    mentee_id: UUID
    mentor_id: UUID
    why: Gone


class PublishedData(BaseModel):
    """What publishing came to."""

    round: RoundData
    pairs: int
    waiting: int
    skipped: list[SkippedData]


class MyPairData(BaseModel):
    """A pair of the asker's."""

    pair_id: UUID
    role: str = Field(description="`mentee` or `mentor`: what the asker is in it.")
    other_id: UUID | None
    other: str
    format: Format
    round: str | None
    offer_id: UUID | None
    formed_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    why: list[str]
    version: int


class MyPairs(BaseModel):
    """Pairs of the asker's, those that last first."""

    data: list[MyPairData]


class EndInput(BaseModel):
    """How a pair ends."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=LONGEST_REASON, description="Both of them read it.")
    wish_again: bool = Field(default=True, description="Of the mentee: whether their wish opens again.")


class SuggestionData(BaseModel):
    """A mentor who would suit the asker."""

    mentor_id: UUID
    mentor: str
    offer_id: UUID
    offer: str
    value: float
    parts: PartsData
    why: list[str]


class Suggestions(BaseModel):
    """Mentors who would suit the asker, the best first."""

    data: list[SuggestionData]


def round_json(held: Round) -> dict[str, Any]:
    """Return a round as the API gives it."""
    shown = {key: value for key, value in (held.figures or {}).items() if key not in _INNER}
    return {
        "round_id": held.round_id,
        "name": held.name,
        "format": held.format,
        "state": held.state,
        "limits": held.limits.as_json(),
        "figures": shown or None,
        "is_computing": held.asked_at is not None,
        "problem": None if held.problem is None else problem_sentence(held.problem),
        "version": held.version,
        "created_at": rfc3339(held.created_at),
        "changed_at": rfc3339(held.changed_at),
        "previewed_at": _at(held.previewed_at),
        "published_at": _at(held.published_at),
    }


def pairs_json(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return pairs of a round as the API gives them."""
    return [
        {
            "mentee_id": row.mentee_id,
            "mentee": row.mentee,
            "mentor_id": row.mentor_id,
            "mentor": row.mentor,
            "value": row.value,
            "parts": _parts(row.parts),
            "why": why(row.parts),
            "price": row.price,
            "rank": row.rank,
            "mentor_wanted_by": row.wanted,
        }
        for row in rows
    ]


def waiting_json(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Return who waits as the API gives it."""
    return [{"mentee_id": row.mentee_id, "mentee": row.mentee, "reason": row.reason} for row in rows]


def published_json(done: Published) -> dict[str, Any]:
    """Return what publishing came to as the API gives it."""
    return {
        "round": round_json(done.round),
        "pairs": done.pairs,
        "waiting": done.waiting,
        "skipped": [{"mentee_id": one.mentee, "mentor_id": one.mentor, "why": one.why} for one in done.skipped],
    }


def my_pair_json(each: MyPair) -> dict[str, Any]:
    """Return a pair as the API gives it to one of the two."""
    return {
        "pair_id": each.pair.pair_id,
        "role": "mentee" if each.is_mentee else "mentor",
        "other_id": each.other_id,
        "other": each.other,
        "format": each.pair.format,
        "round": each.round_name,
        "offer_id": each.pair.offer_id,
        "formed_at": rfc3339(each.pair.formed_at),
        "ended_at": _at(each.pair.ended_at),
        "end_reason": each.pair.end_reason,
        "why": why(each.parts) if each.parts else [],
        "version": each.pair.version,
    }


def suggestion_json(each: Suggestion) -> dict[str, Any]:
    """Return a suggested mentor as the API gives it."""
    return {
        "mentor_id": each.mentor_id,
        "mentor": each.mentor,
        "offer_id": each.offer_id,
        "offer": each.offer,
        "value": each.value,
        "parts": _parts(each.parts),
        "why": why(each.parts),
    }


def _parts(parts: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(parts.get(name, 0)) for name in PartsData.model_fields}


def _at(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)
