"""Opportunities in lists: what one needs to decide whether to open it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.formats import number
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities.domain import FORMATS, WORK_MODELS, Opportunity, Part, Skill, State
from bandmate.marketplace.opportunities.pages.words import SEARCH, country_name, kind_name, state_name
from bandmate.marketplace.opportunities.skills import Fit, fits

MOST_SKILLS = 6
ICONS: Mapping[Kind, str] = {Kind.JOB: "briefcase", Kind.PROJECT: "layers", Kind.MENTORING: "graduation-cap"}


@dataclass(frozen=True, slots=True)
class MarkedSkill:
    """A skill of an opportunity as it stands to the reader."""

    label: str
    mark: str
    """``has``, ``learns`` or empty."""


@dataclass(frozen=True, slots=True)
class Card:
    """An opportunity in a list."""

    href: str
    kind: str
    icon: str
    title: str
    summary: str
    who: str
    """Department or host; data."""
    place: str
    work_model: str
    hours: str
    starts_on: date | None
    ends_on: date | None
    seats: str
    format: str
    internal_until: datetime | None
    """Only where it is for our own people first now."""
    internal_only: bool
    """A job that no posting offers to others."""
    state: str
    """Empty while it is open."""
    opens_at: datetime | None
    skills: tuple[MarkedSkill, ...]
    more_skills: int
    has: int
    wanted: int


def cards_of(tx: Tx, person_id: PersonId, items: Sequence[Opportunity], now: datetime) -> list[Card]:
    """Return opportunities as cards for a reader, their own skills marked; one query for all."""
    known = fits(tx, person_id, items)
    return [card_of(each, known[each.opportunity_id], now) for each in items]


def card_of(each: Opportunity, fit: Fit, now: datetime) -> Card:
    """Return one opportunity as a card."""
    skills = marked(each, fit)
    return Card(
        href=f"{SEARCH}/{each.opportunity_id}",
        kind=kind_name(each.kind),
        icon=ICONS[each.kind],
        title=each.title,
        summary=each.summary,
        who=" · ".join(part for part in (each.owner_name, each.department) if part),
        place=place_of(each),
        work_model="" if each.work_model is None else _(WORK_MODELS[each.work_model]),
        hours=hours_of(each.hours_per_week),
        starts_on=each.starts_on,
        ends_on=each.ends_on,
        seats=seats_of(each),
        format="" if each.format is None else _(FORMATS[each.format]),
        internal_until=each.internal_until if each.is_internal_first(now) else None,
        internal_only=each.kind is Kind.JOB and each.job_id is None,
        state="" if each.is_open(now) else state_of(each),
        opens_at=each.opens_at,
        skills=skills[:MOST_SKILLS],
        more_skills=max(0, len(skills) - MOST_SKILLS),
        has=len(fit.has),
        wanted=len(fit.has) + len(fit.missing),
    )


def marked(each: Opportunity, fit: Fit) -> tuple[MarkedSkill, ...]:
    """Return the skills of an opportunity, those that say something to the reader first."""
    seen: dict[str, MarkedSkill] = {}
    for skill in each.skills:
        shown = MarkedSkill(skill.label, _mark(skill, fit))
        if skill.uri not in seen or (shown.mark and not seen[skill.uri].mark):
            seen[skill.uri] = shown
    return tuple(sorted(seen.values(), key=lambda skill: not skill.mark))


def marked_part(each: Opportunity, fit: Fit, part: Part) -> tuple[MarkedSkill, ...]:
    """Return the skills of one part in their order."""
    return tuple(MarkedSkill(skill.label, _mark(skill, fit)) for skill in each.of(part))


def _mark(skill: Skill, fit: Fit) -> str:
    if skill.part is Part.WANTED and skill.label in fit.has:
        return "has"
    return "learns" if skill.label in fit.learns else ""


def place_of(each: Opportunity) -> str:
    """Return where it is, as far as it says: ``Stockholm, Sweden``; named once where the place ends in it."""
    country = country_name(each.country) if each.country else ""
    if each.location and country and country.casefold() in _ends_of(each.location):
        return each.location
    return ", ".join(part for part in (each.location, country) if part)


def _ends_of(place: str) -> tuple[str, str]:
    """Return a place and what stands behind its last comma: ``London, United Kingdom`` ends in its country."""
    return place.casefold(), place.casefold().rpartition(",")[2].strip()


def hours_of(hours: Decimal | None) -> str:
    """Return hours a week in words; empty where none are stated."""
    if hours is None:
        return ""
    written = number(float(hours), 0 if hours == hours.to_integral() else 1)
    return _("{hours} h a week").format(hours=written)


def seats_of(each: Opportunity) -> str:
    """Return how many seats are free, where that is known: postings do not say how many are sought."""
    if each.job_id is not None:
        return ""
    return _("{left} of {all} seats free").format(left=number(each.seats_left), all=number(each.seats))


def state_of(each: Opportunity) -> str:
    """Return why one cannot take part any more."""
    return state_name(State.CLOSED if each.state is State.OPEN else each.state)
