"""What a profile is made of, and who may see which part of it: types and pure rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.kinds import Kind

LONGEST_HEADLINE = 120
LONGEST_ABOUT = 4_000
LONGEST_AIMS = 2_000
LONGEST_ITEM = 120
MOST_ITEMS = 12
LONGEST_SKILL = 120
MOST_SKILLS = 200
LONGEST_EVIDENCE = 300
MOST_HOURS = Decimal(60)

OWN = "own:"
"""Beginning of the URI of a skill in own words that no concept of the vocabulary stands for."""


class Visibility(StrEnum):
    """Who may see a field: from fewest to most."""

    ME = "me"
    TEAM = "team"
    COMPANY = "company"


class Field(StrEnum):
    """Everything on a profile whose visibility the person chooses. A claim has a visibility of its own."""

    HEADLINE = "headline"
    ABOUT = "about"
    STRENGTHS = "strengths"
    INTERESTS = "interests"
    SKILLS = "skills"
    WANTS = "wants"
    AIMS = "aims"
    TARGET = "target"
    WORKING_STYLE = "working_style"
    AVAILABILITY = "availability"
    OPEN_TO = "open_to"


# Where somebody wants to go may tell their manager that they want to leave: unless they say so, nobody sees it.
DEFAULTS: Mapping[Field, Visibility] = {
    Field.HEADLINE: Visibility.COMPANY,
    Field.ABOUT: Visibility.COMPANY,
    Field.STRENGTHS: Visibility.COMPANY,
    Field.INTERESTS: Visibility.COMPANY,
    Field.SKILLS: Visibility.COMPANY,
    Field.WANTS: Visibility.ME,
    Field.AIMS: Visibility.ME,
    Field.TARGET: Visibility.ME,
    Field.WORKING_STYLE: Visibility.TEAM,
    Field.AVAILABILITY: Visibility.TEAM,
    Field.OPEN_TO: Visibility.ME,
}


class Relation(StrEnum):
    """What whoever looks is to the person looked at, by the directory."""

    SELF = "self"
    MANAGER = "manager"
    UPPER_MANAGER = "upper_manager"
    """The manager's manager, and so on up."""
    TEAM = "team"
    """Both have the same manager."""
    REPORT = "report"
    """The person looked at is the manager of whoever looks."""
    OTHER = "other"
    """Another active employee."""
    STRANGER = "stranger"
    """No active employee."""


_NEAR = frozenset({Relation.MANAGER, Relation.UPPER_MANAGER, Relation.TEAM, Relation.REPORT})


def may_see(visibility: Visibility, relation: Relation) -> bool:
    """Say whether somebody in this relation may see what has this visibility."""
    if relation is Relation.SELF:
        return True
    if relation is Relation.STRANGER:
        return False
    return visibility is Visibility.COMPANY or (visibility is Visibility.TEAM and relation in _NEAR)


class Use(StrEnum):
    """Whether a person has a skill or wants to learn it."""

    HAS = "has"
    WANTS = "wants"


class SkillState(StrEnum):
    """Only accepted skills count and show; a proposal waits for its person."""

    ACCEPTED = "accepted"
    PROPOSED = "proposed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of a person."""

    uri: str
    """Of a concept of the vocabulary, or ``own:`` and the words."""
    label: str
    use: Use
    own_words: str | None = None
    level: int | None = None
    """1 (just started) to 5 (others learn it from me); None where they did not say."""
    state: SkillState = SkillState.ACCEPTED
    source: str = "own"
    """``own``, ``headline``, ``about``, ``claim``, ``resume``: where it comes from."""
    evidence: str | None = None
    """The words it was read from."""
    score: float | None = None
    confirmed: int = 0
    """By how many people, in claims that whoever looks may see."""


class TargetKind(StrEnum):
    """What "my option A" is."""

    OCCUPATION = "occupation"
    OPPORTUNITY = "opportunity"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a person wants to be: "my option A"."""

    kind: TargetKind
    label: str
    uri: str | None = None
    opportunity_id: UUID | None = None
    by: date | None = None


STYLE: tuple[str, ...] = ("pace", "structure", "contact", "feedback")
"""The axes of working style; each is -1, 0 or 1. What the ends mean in words stands with the pages."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a person wrote about themselves, whole: for their own eyes only (others: ``visibility``)."""

    person_id: PersonId
    headline: str = ""
    about: str = ""
    strengths: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()
    aims: str = ""
    target: Target | None = None
    working_style: Mapping[str, int] = field(default_factory=dict)
    hours_per_week: Decimal | None = None
    available_from: date | None = None
    open_to: frozenset[Kind] = frozenset()
    visibility: Mapping[Field, Visibility] = field(default_factory=lambda: dict(DEFAULTS))
    ai_ranking: bool = True
    version: int = 0
    """0 where nothing was ever saved."""


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def cleaned(written: str) -> str:
    """Return a text without what no database keeps: controls but tab and line feed, halves of characters."""
    return _CONTROL.sub("", written)


def plain(written: str, longest: int, name: str, *, lines: bool = False) -> str:
    """Return a text as it is kept: without control characters and outer blanks; on one line unless ``lines``.

    Raises:
        InvalidInput: when it is longer than ``longest`` characters.
    """
    kept = cleaned(written.replace("\r\n", "\n").replace("\r", "\n"))
    kept = kept.strip() if lines else " ".join(kept.split())
    if len(kept) > longest:
        raise InvalidInput(
            _("This has {length} characters; at most {longest} fit. Please shorten it.").format(
                length=len(kept), longest=longest
            ),
            field=name,
        )
    return kept


def items(written: Iterable[str], name: str) -> tuple[str, ...]:
    """Return a list of short texts as it is kept: each once, whatever its case, in the order given.

    Raises:
        InvalidInput: when there are too many, or one is too long.
    """
    kept: dict[str, str] = {}
    for each in written:
        item = plain(each, LONGEST_ITEM, name)
        if item:
            kept.setdefault(item.casefold(), item)
    if len(kept) > MOST_ITEMS:
        raise InvalidInput(
            _("These are {count}; at most {most} fit. Keep those that matter most.").format(
                count=len(kept), most=MOST_ITEMS
            ),
            field=name,
        )
    return tuple(kept.values())


def parse_level(level: int | None) -> int | None:
    """Return a level as it is kept.

    Raises:
        InvalidInput: when it is not between 1 and 5.
    """
    if level is not None and level not in range(1, 6):
        raise InvalidInput(_("A level is between 1 and 5."), field="level")
    return level


def parse_style(style: Mapping[str, int]) -> dict[str, int]:
    """Return a working style as it is kept: known axes alone, each -1, 0 or 1.

    Raises:
        InvalidInput: for another axis or value.
    """
    for axis, value in style.items():
        if axis not in STYLE or value not in (-1, 0, 1):
            raise InvalidInput(
                _("Working style has the axes {axes}, each -1, 0 or 1.").format(axes=", ".join(STYLE)),
                field="working_style",
            )
    return {axis: style[axis] for axis in STYLE if axis in style}


def parse_hours(hours: Decimal | None) -> Decimal | None:
    """Return hours a week as they are kept: to the tenth.

    Raises:
        InvalidInput: when they are not between 0 and 60.
    """
    if hours is None:
        return None
    if not hours.is_finite() or not 0 <= hours <= MOST_HOURS:
        raise InvalidInput(_("Hours per week are between 0 and 60, such as 4 or 2.5."), field="hours_per_week")
    return hours.quantize(Decimal("0.1"))


def own_uri(words: str) -> str:
    """Return the URI of a skill in own words: the same for any case and spacing."""
    return OWN + " ".join(words.casefold().split())


def missing(profile: Profile, has: Sequence[Skill], wants: Sequence[Skill]) -> tuple[Field, ...]:
    """Return what would help others most to find this person and is still empty, the most helpful first."""
    filled = {
        Field.SKILLS: bool(has),
        Field.STRENGTHS: bool(profile.strengths),
        Field.HEADLINE: bool(profile.headline),
        Field.WANTS: bool(wants),
        Field.TARGET: profile.target is not None,
        Field.AVAILABILITY: profile.hours_per_week is not None,
        Field.INTERESTS: bool(profile.interests),
        Field.WORKING_STYLE: bool(profile.working_style),
    }
    return tuple(each for each, there in filled.items() if not there)
