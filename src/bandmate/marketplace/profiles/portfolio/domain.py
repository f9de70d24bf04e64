"""Claims of an evidence portfolio and their confirmations: types and pure rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import ClaimId
from bandmate.marketplace.profiles.domain import Visibility, plain

LONGEST_TITLE = 160
LONGEST_WORDS = 4_000
LONGEST_ORGANISATION = 160
LONGEST_ANSWER = 1_000
MOST_CLAIMS = 300
MOST_CLAIM_SKILLS = 20
MOST_OPEN_ASKS = 20
"""Confirmations a person may have asked for that nobody answered yet: colleagues are not to be flooded."""

EARLIEST = date(1900, 1, 1)


class ClaimKind(StrEnum):
    """What a claim tells of."""

    PROJECT = "project"
    MENTORING = "mentoring"
    LEARNING = "learning"
    EXPERIENCE = "experience"
    EDUCATION = "education"
    CERTIFICATE = "certificate"
    RECOGNITION = "recognition"


class Role(StrEnum):
    """What whoever confirms was, in what the claim tells of."""

    HOST = "host"
    MENTOR = "mentor"
    MENTEE = "mentee"
    MANAGER = "manager"
    COLLEAGUE = "colleague"


class ConfirmationState(StrEnum):
    """How far a confirmation has come."""

    ASKED = "asked"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    LOST = "lost"
    """It was confirmed, and then the claim was changed."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What somebody says about another's claim."""

    by_person: PersonId
    role: Role
    state: ConfirmationState
    words: str
    claim_version: int
    asked_at: datetime
    answered_at: datetime | None

    @property
    def is_confirmed(self) -> bool:
        """Whether it stands."""
        return self.state is ConfirmationState.CONFIRMED


@dataclass(frozen=True, slots=True)
class ClaimText:
    """What a claim says: the part that a confirmation is about.

    Raises:
        InvalidInput: when a text is missing or too long, a date impossible, or there are too many skills.
    """

    kind: ClaimKind
    title: str
    words: str = ""
    organisation: str = ""
    from_date: date | None = None
    to_date: date | None = None
    opportunity_id: UUID | None = None
    skills: Mapping[str, str] = field(default_factory=dict)
    """Label by URI."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", plain(self.title, LONGEST_TITLE, "title"))
        object.__setattr__(self, "words", plain(self.words, LONGEST_WORDS, "words", lines=True))
        object.__setattr__(self, "organisation", plain(self.organisation, LONGEST_ORGANISATION, "organisation"))
        if not self.title:
            raise InvalidInput(_("Write in a few words what it was."), field="title")
        for each, name in ((self.from_date, "from_date"), (self.to_date, "to_date")):
            if each is not None and each < EARLIEST:
                raise InvalidInput(_("This date lies too far back. Check the year."), field=name)
        if self.from_date and self.to_date and self.to_date < self.from_date:
            raise InvalidInput(_("It cannot end before it begins. Check both dates."), field="to_date")
        if len(self.skills) > MOST_CLAIM_SKILLS:
            raise InvalidInput(
                _("At most {most} skills fit here. Keep those that it shows best.").format(most=MOST_CLAIM_SKILLS),
                field="skills",
            )


@dataclass(frozen=True, slots=True)
class Claim:
    """One piece of evidence in a person's portfolio."""

    claim_id: ClaimId
    person_id: PersonId
    kind: ClaimKind
    title: str
    words: str
    organisation: str
    from_date: date | None
    to_date: date | None
    opportunity_id: UUID | None
    skills: Mapping[str, str]
    visibility: Visibility
    version: int
    created_at: datetime
    changed_at: datetime
    confirmations: tuple[Confirmation, ...] = ()

    @property
    def text(self) -> ClaimText:
        """What a confirmation is about."""
        return ClaimText(
            self.kind,
            self.title,
            self.words,
            self.organisation,
            self.from_date,
            self.to_date,
            self.opportunity_id,
            self.skills,
        )

    @property
    def confirmed(self) -> tuple[Confirmation, ...]:
        """The confirmations that stand."""
        return tuple(each for each in self.confirmations if each.is_confirmed)
