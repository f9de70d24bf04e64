"""What a decision is: its inputs, scores, alternatives and outcome, and what people said about it since; pure.

A decision holds codes and values, never sentences: what people read is generated from it when they read it
(``explaining``), in their language. Nor does it hold which *groups* a person belongs to: whoever wants to know how
a changed rule would treat groups brings the groups along (``policy_replay``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId

DecisionId = NewType("DecisionId", UUID)
ActId = NewType("ActId", UUID)

Value = str | int | float | bool | list["Value"] | dict[str, "Value"] | None
"""What JSON can hold; numbers are finite, integers fit 64 bits, instants are RFC 3339 texts in UTC."""

Values = Mapping[str, Value]
"""The inputs of a rule by name."""

LONGEST_OBJECT = 300


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """What a decision is about, such as ``postings.job:3f2a…``: a kind, context first, and an id."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"

    @property
    def context(self) -> str:
        """The context the kind belongs to."""
        return self.kind.partition(".")[0]

    @classmethod
    def parse(cls, written: str) -> ObjectRef:
        """Read ``kind:id``.

        Raises:
            InvalidInput: when a part is missing, or it is too long or holds control characters.
        """
        kind, colon, identifier = written.partition(":")
        if not (colon and kind and identifier) or len(written) > LONGEST_OBJECT or not written.isprintable():
            raise InvalidInput(
                f"{written[:60]!r} names nothing; write kind:id, for example postings.job:3f2a….", field="object"
            )
        return cls(kind, identifier)


@dataclass(frozen=True, slots=True)
class Input:
    """One thing a rule looked at."""

    name: str
    value: Value
    source: str = ""
    """Where it came from, as a code: ``postings.run``, ``profile``, ``price``."""
    version: str = ""
    """Which version of it; ids, instants and hashes do."""
    personal: bool = True
    """Whether it tells of the person; such inputs go when the person is erased, the others stay."""


@dataclass(frozen=True, slots=True)
class Score:
    """One part of a score; the parts of a decision add up to it.

    Raises:
        InvalidInput: when the points are not finite.
    """

    name: str
    points: float

    def __post_init__(self) -> None:
        if not math.isfinite(self.points):
            raise InvalidInput(f"The score {self.name!r} is {self.points}; a score is a finite number.")


@dataclass(frozen=True, slots=True)
class Alternative:
    """What could have been chosen and was not."""

    option: str
    why_not: str
    """The reason, as a code that the rule has words for."""
    score: float | None = None
    """Its whole score, comparable to that of the decision; None where it was never scored."""

    def __post_init__(self) -> None:
        if self.score is not None and not math.isfinite(self.score):
            raise InvalidInput(f"The score of {self.option!r} is {self.score}; a score is a finite number.")


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a rule makes of its inputs."""

    outcome: str
    scores: tuple[Score, ...] = ()
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision, as the rule gave it. It never changes; what people say about it is added as acts."""

    decision_id: DecisionId
    """Stable: the same decision told again has the same id. ``fast_derived_id`` of what makes it this one."""
    kind: str
    """Context first: ``marketplace.match``, ``postings.job.closed``."""
    subject: PersonId | None
    """About whom; None when it is about no person."""
    object: ObjectRef
    rule: str
    rule_version: int
    inputs: tuple[Input, ...]
    outcome: str
    decided_at: datetime
    """Aware, UTC."""
    decided_by: PersonId | str
    """A person, or the name of a system such as ``matching``."""
    scores: tuple[Score, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    def __post_init__(self) -> None:
        if self.decided_at.tzinfo is None:
            raise InvalidInput("The instant of a decision needs a time zone; give it in UTC.")

    @property
    def context(self) -> str:
        """The context that decided."""
        return self.kind.partition(".")[0]

    @property
    def values(self) -> dict[str, Value]:
        """The inputs by name, as a rule takes them."""
        return {each.name: each.value for each in self.inputs}

    @property
    def score(self) -> float | None:
        """The sum of the parts, the same in whatever order they stand; None where nothing was scored."""
        return math.fsum(part.points for part in self.scores) if self.scores else None


class ActKind(StrEnum):
    """What people can do about a decision."""

    OVERRIDDEN = "overridden"
    CONTESTED = "contested"
    ANSWERED = "answered"


class Verdict(StrEnum):
    """What a human's answer to a contest comes to."""

    UPHELD = "upheld"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person did about a decision."""

    act_id: ActId
    decision_id: DecisionId
    kind: ActKind
    at: datetime
    """Aware, UTC."""
    by: PersonId | None
    """None once whoever acted was erased."""
    words: str | None
    """Why, in that person's words; None once erased."""
    outcome: str | None = None
    """What it changed the outcome to; None where it changed nothing."""
    verdict: Verdict | None = None
    """Of an answer."""
    contest_id: ActId | None = None
    """Of an answer: the contest it answers."""


@dataclass(frozen=True, slots=True)
class Case:
    """A decision with everything said about it since, oldest first."""

    decision: Decision
    acts: tuple[Act, ...] = ()
    stored: bool = field(default=True, kw_only=True)
    """False for a decision that is derived from the record when it is read and stands in no ledger yet."""
    erased_at: datetime | None = field(default=None, kw_only=True)
    """When the person it was about was erased, and with them what told of them."""

    @property
    def outcome(self) -> str:
        """What holds now: the newest change by a human, else what the rule gave."""
        return next((act.outcome for act in reversed(self.acts) if act.outcome is not None), self.decision.outcome)

    @property
    def open_contest(self) -> Act | None:
        """The contest that waits for an answer, or None."""
        answered = {act.contest_id for act in self.acts}
        contests = (act for act in self.acts if act.kind is ActKind.CONTESTED)
        return next((act for act in contests if act.act_id not in answered), None)
