"""What a mentoring round is: its course, its limits, and why somebody still waits; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import RoundId


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
        if any(least < 0 for least in self.least_by_department.values()):
            raise InvalidInput(_("At least so many of a department: give 0 or more."), field="least_by_department")

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
