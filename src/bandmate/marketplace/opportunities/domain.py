"""What an opportunity is, and what must be said of one before others see it; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.marketplace.ids import OpportunityId, WishId
from bandmate.marketplace.kinds import Kind

LONGEST_TITLE = 120
LONGEST_SUMMARY = 300
LONGEST_DESCRIPTION = 20_000
LONGEST_LINE = 120
MOST_SKILLS = 25
MOST_SEATS = 500
MOST_HOURS = Decimal(60)
"""Hours in a week; more is nobody's working week."""


class Format(StrEnum):
    """How mentoring happens."""

    ONE_TO_ONE = "one_to_one"
    REVERSE = "reverse"
    """The younger or newer colleague is the mentor."""
    GROUP = "group"
    PEER_CIRCLE = "peer_circle"
    """Equals who advise each other in turn."""


class State(StrEnum):
    """Where an opportunity stands."""

    DRAFT = "draft"
    """Only its owner sees it."""
    OPEN = "open"
    FILLED = "filled"
    """Every seat is taken."""
    CLOSED = "closed"


class WorkModel(StrEnum):
    """Where the work is done."""

    ON_SITE = "on_site"
    HYBRID = "hybrid"
    REMOTE = "remote"


class Part(StrEnum):
    """What a skill is to an opportunity."""

    WANTED = "wanted"
    """Somebody who has it is looked for; of mentoring, a topic."""
    LEARN = "learn"
    """One can learn it there."""


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of an opportunity."""

    uri: str
    """Of a concept of the vocabulary, or ``own:<casefolded words>``."""
    label: str
    part: Part
    weight: float = 1.0
    """Between 0 and 1: how much it counts."""


@dataclass(frozen=True, slots=True)
class Opportunity:
    """Something that people can take part in."""

    opportunity_id: OpportunityId
    kind: Kind
    format: Format | None
    title: str
    summary: str
    description: str
    department: str | None
    location: str | None
    country: str | None
    """ISO 3166-1 alpha-2, upper case."""
    time_zone: str | None
    work_model: WorkModel | None
    owner_id: PersonId | None
    """Who answers for it; None where it comes from a posting."""
    owner_name: str | None
    job_id: str | None
    """Of the posting it comes from."""
    posting_path: str | None
    state: State
    seats: int
    seats_taken: int
    hours_per_week: Decimal | None
    starts_on: date | None
    ends_on: date | None
    cadence: str | None
    """How often a mentor has time, in the mentor's words: ``every second week``."""
    opens_at: datetime | None
    internal_until: datetime | None
    """Until then a job is for our own people first."""
    closes_at: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime
    skills: tuple[Skill, ...] = ()

    @property
    def seats_left(self) -> int:
        """Seats that nobody has yet."""
        return max(0, self.seats - self.seats_taken)

    def is_open(self, now: datetime) -> bool:
        """Tell whether somebody can still take part."""
        return self.state is State.OPEN and (self.closes_at is None or self.closes_at > now)

    def is_internal_first(self, now: datetime) -> bool:
        """Tell whether it is for our own people first."""
        return self.internal_until is not None and self.internal_until > now

    def of(self, part: Part) -> tuple[Skill, ...]:
        """Return the skills of one part, the weightiest first."""
        return tuple(skill for skill in self.skills if skill.part is part)


@dataclass(frozen=True, slots=True)
class Terms:
    """What an owner writes of an opportunity."""

    kind: Kind
    title: str = ""
    summary: str = ""
    description: str = ""
    format: Format | None = None
    department: str | None = None
    location: str | None = None
    country: str | None = None
    time_zone: str | None = None
    work_model: WorkModel | None = None
    seats: int = 1
    hours_per_week: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    cadence: str | None = None
    internal_until: datetime | None = None
    closes_at: datetime | None = None
    skills: tuple[Skill, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that must be mended."""

    field: str
    message: str


class Wrong(InvalidInput):
    """What was written cannot be kept as it is; says for each field what to mend."""

    slug = "opportunity-incomplete"
    title = "Something is missing or cannot be used"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(fault.message for fault in faults), fields=[_plain(fault) for fault in faults])
        self.faults = tuple(faults)


def _plain(fault: Fault) -> Mapping[str, str]:
    return {"field": fault.field, "message": fault.message}


@dataclass(frozen=True, slots=True)
class Wish:
    """Somebody wishes for a mentor."""

    wish_id: WishId
    person_id: PersonId
    format: Format
    words: str
    cadence: str | None
    state: str
    """``open``, ``matched`` or ``withdrawn``."""
    version: int
    created_at: datetime
    changed_at: datetime
    topics: tuple[Skill, ...] = ()


FORMATS: Mapping[Format, str] = {
    Format.ONE_TO_ONE: later("One to one"),
    Format.REVERSE: later("Reverse"),
    Format.GROUP: later("Group"),
    Format.PEER_CIRCLE: later("Peer circle"),
}
FORMATS_EXPLAINED: Mapping[Format, str] = {
    Format.ONE_TO_ONE: later("One mentor, one mentee."),
    Format.REVERSE: later("Somebody newer shows somebody senior something they know better."),
    Format.GROUP: later("One mentor, several mentees together."),
    Format.PEER_CIRCLE: later("Colleagues on the same level who advise each other in turn."),
}
KINDS: Mapping[Kind, str] = {
    Kind.JOB: later("Job"),
    Kind.PROJECT: later("Project"),
    Kind.MENTORING: later("Mentoring"),
}
WORK_MODELS: Mapping[WorkModel, str] = {
    WorkModel.ON_SITE: later("On site"),
    WorkModel.HYBRID: later("Hybrid"),
    WorkModel.REMOTE: later("Remote"),
}
STATES: Mapping[State, str] = {
    State.DRAFT: later("Draft"),
    State.OPEN: later("Open"),
    State.FILLED: later("Filled"),
    State.CLOSED: later("Closed"),
}


def check(terms: Terms, *, publishing: bool, today: date) -> None:
    """Refuse terms that cannot be kept, or, for publishing, that tell others too little.

    Raises:
        Wrong: with every fault at once, in the order of the form.
    """
    faults = [*_always(terms), *(_to_publish(terms, today) if publishing else ())]
    if faults:
        raise Wrong(faults)


def _always(terms: Terms) -> list[Fault]:
    faults = []
    if not terms.title.strip():
        faults.append(Fault("title", _("Give it a title, so that people know what it is.")))
    for name, value, longest in (
        ("title", terms.title, LONGEST_TITLE),
        ("summary", terms.summary, LONGEST_SUMMARY),
        ("description", terms.description, LONGEST_DESCRIPTION),
        ("department", terms.department or "", LONGEST_LINE),
        ("location", terms.location or "", LONGEST_LINE),
        ("cadence", terms.cadence or "", LONGEST_LINE),
    ):
        if len(value) > longest:
            over = _("This has {count} characters; {most} are enough.").format(count=len(value), most=longest)
            faults.append(Fault(name, over))
    if (terms.kind is Kind.MENTORING) != (terms.format is not None):
        faults.append(Fault("format", _("Choose how the mentoring happens; other kinds have no format.")))
    if not 1 <= terms.seats <= MOST_SEATS:
        faults.append(Fault("seats", _("Write a number of seats from 1 to {most}.").format(most=MOST_SEATS)))
    if terms.hours_per_week is not None and not 0 < terms.hours_per_week <= MOST_HOURS:
        faults.append(
            Fault("hours_per_week", _("Write hours a week, more than 0 and up to {most}.").format(most=MOST_HOURS))
        )
    if terms.starts_on and terms.ends_on and terms.ends_on < terms.starts_on:
        faults.append(Fault("ends_on", _("It ends before it starts; change one of the days.")))
    for part in Part:
        if sum(skill.part is part for skill in terms.skills) > MOST_SKILLS:
            many = _("More than {most} skills; keep those that matter most.").format(most=MOST_SKILLS)
            faults.append(Fault(part.value, many))
    return faults


def _to_publish(terms: Terms, today: date) -> list[Fault]:
    faults = []
    if not terms.summary.strip():
        faults.append(Fault("summary", _("Say in a sentence or two what it is about; it stands in every list.")))
    if terms.kind is not Kind.JOB and not any(skill.part is Part.WANTED for skill in terms.skills):
        faults.append(Fault("wanted", _WANTED_MISSING[terms.kind]()))
    if terms.kind is Kind.PROJECT and terms.hours_per_week is None:
        faults.append(
            Fault("hours_per_week", _("Say how many hours a week it takes, so that people can agree to it."))
        )
    if terms.ends_on is not None and terms.ends_on < today:
        faults.append(Fault("ends_on", _("The last day has passed; choose a later one.")))
    if terms.closes_at is not None and terms.closes_at.date() < today:
        faults.append(Fault("closes_at", _("The last day to apply has passed; choose a later one or none.")))
    return faults


_WANTED_MISSING = {
    Kind.PROJECT: lambda: _("Name at least one skill that the project wants."),
    Kind.MENTORING: lambda: _("Name at least one topic that you offer."),
}
