"""What pages and messages say of opportunities: names of values, active filters, addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from unicodedata import normalize

from bandmate.engines.extraction import country_code_of
from bandmate.kernel.config import Settings
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import language, later, locale_of, ngettext
from bandmate.kernel.web.formats import number
from bandmate.marketplace.kinds import KINDS_MANY, Kind
from bandmate.marketplace.opportunities.domain import (
    FORMATS,
    KINDS,
    STATES,
    WORK_MODELS,
    Format,
    State,
    WorkModel,
)
from bandmate.marketplace.opportunities.searching.query import OpportunityQuery, Order, written
from bandmate.marketplace.opportunities.skills import OWN
from bandmate.taxonomy import labels

TEMPLATES = Path(__file__).parents[1] / "templates"
SEARCH = "/opportunities"
PRIVATE = {"Cache-Control": "private, no-store"}

FACETS: Mapping[str, str] = {
    "kind": later("Kind"),
    "department": later("Department"),
    "country": later("Country"),
    "location": later("Place"),
    "work_model": later("Work model"),
    "format": later("Format of mentoring"),
    "skill": later("Skill"),
}
"""Facets of choices in their order on the page."""

KINDS_OFFERED: Mapping[Kind, str] = {
    Kind.JOB: later("A place in your team, for our own people."),
    Kind.PROJECT: later("Some hours a week for a while, with people from other teams."),
    Kind.MENTORING: later("Your time and experience for somebody who wants to grow."),
}
"""What one offers with each kind."""

OFFER: Mapping[Kind, str] = {
    Kind.JOB: later("Offer a job"),
    Kind.PROJECT: later("Offer a project"),
    Kind.MENTORING: later("Offer mentoring"),
}
CHANGE: Mapping[Kind, str] = {
    Kind.JOB: later("Change this job"),
    Kind.PROJECT: later("Change this project"),
    Kind.MENTORING: later("Change this mentoring"),
}
"""Titles of the form."""

FIELD_NAMES: Mapping[str, str] = {
    "title": later("Title"),
    "summary": later("In a sentence or two"),
    "description": later("Description"),
    "format": later("Format"),
    "department": later("Department"),
    "location": later("Place"),
    "country": later("Country"),
    "time_zone": later("Time zone"),
    "work_model": later("Work model"),
    "seats": later("Seats"),
    "hours_per_week": later("Hours a week"),
    "starts_on": later("First day"),
    "ends_on": later("Last day"),
    "cadence": later("How often"),
    "internal_until": later("For our own people until"),
    "closes_at": later("Last day to apply"),
    "wanted": later("Skills wanted"),
    "learn": later("Skills to learn"),
}
"""What the fields of the form are called."""

ORDERS: Mapping[Order, str] = {
    Order.RELEVANCE: later("Relevance"),
    Order.NEWEST: later("Newest"),
    Order.FOR_YOU: later("For you"),
}
SINCE = (1, 7, 30)
"""Days that the page offers."""


@dataclass(frozen=True, slots=True)
class Filter:
    """An active filter."""

    label: str
    without: OpportunityQuery
    """The search without it."""

    @property
    def href(self) -> str:
        """The address of the search without it."""
        return address(self.without)


def address(query: OpportunityQuery, *, page: int = 1) -> str:
    """Return the address of a search."""
    parts = [part for part in (written(query), f"page={page}" if page > 1 else "") if part]
    return SEARCH + (f"?{'&'.join(parts)}" if parts else "")


def country_name(code: str) -> str:
    """Return what a country is called in the present language; the code itself where nobody knows it."""
    return str(locale_of(language()).territories.get(code.strip(), code))


def countries() -> list[tuple[str, str]]:
    """Return every country (ISO 3166-1 alpha-2) as its code and its name in the present language, by name."""
    named = locale_of(language()).territories
    found = [(code, str(name)) for code, name in named.items() if country_code_of(code) == code]
    return sorted(found, key=lambda each: normalize("NFKD", each[1]).casefold())


def kind_name(kind: Kind) -> str:
    """Return what one of a kind is called: ``Project``."""
    return _(KINDS[kind])


def value_label(name: str, value: str, skills: Mapping[str, str]) -> str:
    """Return what a value of a filter is called; data (departments, places) as it stands."""
    if name == "kind":
        return _(KINDS_MANY[Kind(value)])
    if name == "format":
        return _(FORMATS[Format(value)])
    if name == "work_model":
        return _(WORK_MODELS[WorkModel(value)])
    if name == "country":
        return country_name(value)
    if name == "skill":
        return skills.get(value) or value.removeprefix(OWN)
    return value


def skill_labels(settings: Settings, query: OpportunityQuery) -> Mapping[str, str]:
    """Return the labels of the skills a search asks for."""
    return labels(settings, query.skill) if query.skill else {}


def active_filters(query: OpportunityQuery, skills: Mapping[str, str]) -> Sequence[Filter]:
    """Return the filters of a search in words, each with the address of the search without it."""
    return tuple(_filters(query, skills))


def _filters(query: OpportunityQuery, skills: Mapping[str, str]) -> Iterator[Filter]:
    if query.q:
        yield Filter(_("“{words}”").format(words=query.q), replace(query, q=""))
    for each in fields(OpportunityQuery):
        values = getattr(query, each.name)
        if isinstance(values, tuple):
            for value in values:
                changes: dict[str, Any] = {each.name: tuple(other for other in values if other != value)}
                yield Filter(value_label(each.name, str(value), skills), replace(query, **changes))
    if query.hours_max is not None:
        words = _("up to {hours} hours a week").format(hours=number(float(query.hours_max), _places(query)))
        yield Filter(words, replace(query, hours_max=None))
    if query.seats:
        yield Filter(_("with a free seat"), replace(query, seats=False))
    if query.internal_first:
        yield Filter(_("internal first"), replace(query, internal_first=False))
    if query.since is not None:
        yield Filter(since_label(query.since), replace(query, since=None))


def since_label(days: int) -> str:
    """Return how a number of days is said as a filter."""
    return ngettext("opened today", "opened in the last {count} days", days).replace("{count}", number(days))


def sentence(query: OpportunityQuery, skills: Mapping[str, str]) -> str:
    """Return a search as a title: ``Projects: data analysis, Berlin``."""
    kinds = [_(KINDS_MANY[kind]) for kind in query.kind]
    rest = [each.label for each in active_filters(replace(query, kind=()), skills)]
    named = ", ".join(kinds) or _("Opportunities")
    return f"{named}: {', '.join(rest)}" if rest else named


def state_name(state: State) -> str:
    """Return what a state is called."""
    return _(STATES[state])


def _places(query: OpportunityQuery) -> int:
    return 0 if query.hours_max is None or query.hours_max == query.hours_max.to_integral() else 1
