"""What a mentoring round is: its course, its limits, and why somebody still waits; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import OpportunityId, PairId, RoundId


class RoundState(StrEnum):
    """The course of a round, in order."""

    DRAFT = "draft"
    """Only programme leads see it."""
    OPEN = "open"
    """Who takes part is gathered from wishes and offers."""
    PREVIEW = "preview"
    """Pairs are proposed; nobody has heard of them."""
    PUBLISHED = "published"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why a mentee has nobody yet."""

    NO_FIT = "no_fit"
    """No mentor teaches what they want to learn, in a language of theirs."""
    NO_PLACE = "no_place"
    """Those who would suit have no place left."""
    LIMITS = "limits"
    """There is a place, but the round's limits speak against it."""


MOST_OF_A_DEPARTMENT = 99_999
_UNKEPT = re.compile("[\0\ud800-\udfff]")
"""Null and halves of characters, which the database cannot keep."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a round has to keep, beside capacities. Nobody is ever paired with a manager of theirs."""

    across_departments: float = 0.0
    """Least share of pairs that connect two departments, 0 to 1."""
    least_by_department: Mapping[str, int] = field(default_factory=dict)
    """At least so many mentees of a department have to be paired."""

    def __post_init__(self) -> None:
        if not 0 <= self.across_departments <= 1:
            raise InvalidInput(
                _("The share of pairs across departments lies between 0 and 100 %."), field="across_departments"
            )
        if not all(0 <= least <= MOST_OF_A_DEPARTMENT for least in self.least_by_department.values()):
            raise InvalidInput(
                _("At least so many of a department: give 0 to {most}.").format(most=MOST_OF_A_DEPARTMENT),
                field="least_by_department",
            )
        if any(_UNKEPT.search(name) for name in self.least_by_department):
            raise InvalidInput(_("No department is called so."), field="least_by_department")

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {
            "across_departments": self.across_departments,
            "least_by_department": dict(self.least_by_department),
        }

    @classmethod
    def of_json(cls, held: Mapping[str, Any]) -> Limits:
        """Read what was stored."""
        return cls(float(held.get("across_departments", 0)), dict(held.get("least_by_department", {})))


@dataclass(frozen=True, slots=True)
class Round:
    """A mentoring round."""

    round_id: RoundId
    name: str
    format: str
    state: RoundState
    limits: Limits
    figures: Mapping[str, Any] | None
    """Of the last preview."""
    created_by: PersonId
    version: int
    created_at: datetime
    changed_at: datetime
    previewed_at: datetime | None
    published_at: datetime | None

    @property
    def asked_at(self) -> str | None:
        """When the preview that is being worked out was asked for, RFC 3339; None where none is."""
        return (self.figures or {}).get("asked_at")

    @property
    def problem(self) -> Mapping[str, Any] | None:
        """Why the last preview could not be worked out."""
        return (self.figures or {}).get("problem")

    @property
    def has_figures(self) -> bool:
        """Whether a preview was worked out."""
        return "matched" in (self.figures or {})


@dataclass(frozen=True, slots=True)
class Pair:
    """A mentee and a mentor who meet, or met."""

    pair_id: PairId
    mentee_id: PersonId
    mentor_id: PersonId
    format: str
    round_id: RoundId | None
    offer_id: OpportunityId | None
    formed_at: datetime
    ended_at: datetime | None
    end_reason: str | None
    version: int


LONGEST_NAME = 120
LONGEST_REASON = 1_000
MOST_DEPARTMENTS = 200


class Gone(StrEnum):
    """Why a pair that was proposed did not come about when the round was published."""

    WISH_GONE = "wish_gone"
    MENTEE_LEFT = "mentee_left"
    MENTOR_LEFT = "mentor_left"
    OFFER_GONE = "offer_gone"
    NO_PLACE = "no_place"
    ALREADY = "already"


STILL_WAITS = frozenset({Gone.MENTOR_LEFT, Gone.OFFER_GONE, Gone.NO_PLACE})
"""After these the mentee waits: their wish is still open."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """A pair of a preview, as it is looked at when the round is published."""

    mentee: PersonId
    mentor: PersonId
    offer_id: OpportunityId | None
    value: float


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds at the moment of publishing."""

    wishing: frozenset[PersonId]
    """Mentees of the round whose wish is still open."""
    allowed: frozenset[PersonId]
    """Active employees to whom mentoring is open."""
    places: Mapping[OpportunityId, int]
    """Seats left of the offers that are still open."""
    pairs: frozenset[tuple[PersonId, PersonId]]
    """Who is a pair in this format already."""


def settle(
    proposed: Sequence[Proposed], standing: Standing
) -> tuple[tuple[Proposed, ...], tuple[tuple[Proposed, Gone], ...]]:
    """Part what still holds of a preview from what does not; where seats became fewer, the best pairs get them."""
    left = dict(standing.places)
    kept, gone = [], []
    for each in sorted(proposed, key=lambda one: (-one.value, one.mentee, one.mentor)):
        why = _why_gone(each, standing, left)
        if why is None:
            if each.offer_id is not None:
                left[each.offer_id] -= 1
            kept.append(each)
        else:
            gone.append((each, why))
    return tuple(kept), tuple(gone)


def _why_gone(each: Proposed, standing: Standing, left: Mapping[OpportunityId, int]) -> Gone | None:
    if each.mentee not in standing.allowed:
        return Gone.MENTEE_LEFT
    if each.mentee not in standing.wishing:
        return Gone.WISH_GONE
    if (each.mentee, each.mentor) in standing.pairs:
        return Gone.ALREADY
    if each.mentor not in standing.allowed:
        return Gone.MENTOR_LEFT
    if each.offer_id is None or each.offer_id not in left:
        return Gone.OFFER_GONE
    return None if left[each.offer_id] > 0 else Gone.NO_PLACE
