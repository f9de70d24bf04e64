"""A query as a slice of all postings: its address, its sentence, and its filters one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from babel.lists import format_list

from bandmate.kernel.database.session import Tx
from bandmate.kernel.languages import dressed, language, later, locale_of
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.formats import calendar_day, clock_time, counted, listed, number, upfirst
from bandmate.postings.directory import board_names, concept_labels, org_names
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import CONCEPTS, JobQuery
from bandmate.postings.pages.words import value_label, within
from bandmate.postings.search import Facets
from bandmate.postings.web_query import query_string

PATH = "/jobs"
API_PATH = "/job-postings/v1/jobs/search"
OPEN = (Status.ACTIVE,)
EVERY = tuple(Status)
"""All statuses by name: what an address says where closed postings are wanted too."""

_MOST_NAMED = 3
_END_OF_DAY = time(23, 59, 59, 999_000)
_BOUNDS = {
    "posted_after": later("Posted since {time}"),
    "posted_before": later("Posted until {time}"),
    "updated_after": later("Updated by the board since {time}"),
    "updated_before": later("Updated by the board until {time}"),
    "changed_after": later("Changed since {time}"),
    "changed_before": later("Changed until {time}"),
    "first_seen_after": later("First seen since {time}"),
    "first_seen_before": later("First seen until {time}"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the ids and addresses in a query."""

    orgs: Mapping[UUID, str]
    boards: Mapping[UUID, str]
    concepts: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, tx: Tx, query: JobQuery, counts: Facets | None = None) -> Names:
        """Look up whom and what a query speaks of, and the values of its filters that were counted."""
        boards = board_names(tx, query.board_id)
        counted_ = [one.value for name in CONCEPTS for one in (counts or {}).get(name, ())]
        return cls(
            org_names(tx, query.org_id),
            {board_id: str(name) for board_id, name in boards.items()},
            concept_labels(tx, [*query.occupation, *query.skill, *counted_]),
        )

    def label(self, name: str, value: Any) -> str:
        """Return what a value of a filter is called."""
        if name == "org_id":
            return self.orgs.get(value, _("a company we do not know"))
        if name == "board_id":
            return self.boards.get(value, _("a board we do not know"))
        if name in CONCEPTS:
            return self.concepts.get(value, str(value))
        return value_label(name, str(value))


def address(query: JobQuery, **further: str) -> str:
    """Return the address of the page that shows this query."""
    if query.status == OPEN:
        query = replace(query, status=())
    elif not query.status:
        query = replace(query, status=EVERY)
    written = query_string(query, **further)
    return f"{PATH}?{written}" if written else PATH


def slice_address(**filters: Any) -> str:
    """Return the address of the open postings with these filters."""
    return address(JobQuery(**filters, status=OPEN))


def api_address(query: JobQuery) -> str:
    """Return path and query with which the API gives the same answer as the page."""
    written = query_string(query)
    return f"{API_PATH}?{written}" if written else API_PATH


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter that is set, and the query without it."""

    label: str
    without: JobQuery

    @property
    def href(self) -> str:
        """Where the page without this filter is."""
        return address(self.without)


def active_filters(query: JobQuery, names: Names) -> tuple[Filter, ...]:
    """Return the filters of a query, one for each value, each with the query that is left without it."""
    found = []
    if query.q:
        found.append(Filter(_("“{words}”").format(words=query.q), replace(query, q="")))
    if query.title:
        found.append(Filter(_("Title: {words}").format(words=query.title), replace(query, title="")))
    for each in fields(JobQuery):
        chosen = getattr(query, each.name)
        if not isinstance(chosen, tuple) or (each.name == "status" and set(chosen) == set(Status)):
            continue
        for value in chosen:
            rest = tuple(one for one in chosen if one != value)
            found.append(Filter(names.label(each.name, value), _replaced(query, each.name, rest)))
    return (*found, *_salary_filters(query), *_instant_filters(query))


def _replaced(query: JobQuery, name: str, rest: Sequence[Any]) -> JobQuery:
    return _with(query, name, EVERY if name == "status" and not rest else tuple(rest))


def _with(query: JobQuery, name: str, value: Any) -> JobQuery:
    changed: dict[str, Any] = {name: value}
    return replace(query, **changed)


def _salary_filters(query: JobQuery) -> list[Filter]:
    found = []
    if query.salary_min is not None:
        label = _("Pay reaches {amount} a year").format(amount=number(query.salary_min))
        found.append(Filter(label, replace(query, salary_min=None)))
    if query.salary_max is not None:
        label = _("Pay starts by {amount} a year").format(amount=number(query.salary_max))
        found.append(Filter(label, replace(query, salary_max=None)))
    if query.salary_exists is not None:
        label = _("Pay is stated") if query.salary_exists else _("Pay is not stated")
        found.append(Filter(label, replace(query, salary_exists=None)))
    return found


def _instant_filters(query: JobQuery) -> list[Filter]:
    found = []
    for name, label in _BOUNDS.items():
        bound: datetime | None = getattr(query, name)
        if bound is not None:
            day = day_of(bound, name.rpartition("_")[2])
            when = calendar_day(datetime.fromisoformat(day)) if day else clock_time(bound, UTC)
            found.append(Filter(_(label).format(time=when), _with(query, name, None)))
    return found


def day_of(bound: datetime | None, side: str) -> str:
    """Return the day (UTC) that a bound covers whole, as date fields write it; empty where it is an instant."""
    if bound is None:
        return ""
    whole = time() if side == "after" else _END_OF_DAY
    return bound.date().isoformat() if bound.astimezone(UTC).time() == whole else ""


def since(now: datetime, days: int) -> datetime:
    """Return the first instant of the day, in UTC, that lies so many days back."""
    return datetime.combine((now - timedelta(days=days)).date(), time(), UTC)


def sentence(query: JobQuery, names: Names) -> str:
    """Say in words what a slice holds: ``Hybrid Engineering jobs in Berlin at Halfnote``.

    Filters that no sentence carries well (pay, dates, language) are left to the chips.
    """
    said = _("jobs")
    if department := _several(query, names, "department", "team"):
        said = _("{department} {jobs}").format(department=department, jobs=said)
    for kind in reversed(_kinds(query)):
        # Translators: {kind} is "remote", "full time", "closed" or several of a sort: "remote or hybrid".
        said = _("{kind} {jobs}").format(kind=kind, jobs=said)
    if place := _several(query, names, "city", "region", "country"):
        said = _("{jobs} in {place}").format(jobs=said, place=place)
    if occupation := _several(query, names, "occupation"):
        # Translators: {occupation} is the name of an occupation in small letters: "jobs as sound engineer".
        said = _("{jobs} as {occupation}").format(jobs=said, occupation=occupation)
    if skill := _every(query, names, "skill"):
        said = _("{jobs} that ask for {skill}").format(jobs=said, skill=skill)
    if company := _several(query, names, "org_id", "company"):
        said = _("{jobs} at {company}").format(jobs=said, company=company)
    if board := _several(query, names, "board_id", "provider"):
        said = _("{jobs} on {board}").format(jobs=said, board=board)
    if query.q:
        said = _("{jobs} for “{words}”").format(jobs=said, words=query.q)
    elif query.title:
        said = _("{jobs} named “{words}”").format(jobs=said, words=query.title)
    return upfirst(said)


def _kinds(query: JobQuery) -> list[str]:
    chosen: dict[str, Sequence[str]] = {
        "status": () if query.status in {OPEN, (), EVERY} else query.status,
        "work_model": query.work_model,
        "employment_type": query.employment_type,
    }
    return [
        listed([within(value_label(name, value)) for value in values]) for name, values in chosen.items() if values
    ]


def _several(query: JobQuery, names: Names, *fields_: str) -> str:
    """Name the values of the first of these filters that is set; many are counted instead."""
    for name in fields_:
        chosen = getattr(query, name)
        if len(chosen) > _MOST_NAMED:
            return _counted(name, len(chosen))
        if chosen:
            return listed([names.label(name, value) for value in chosen])
    return ""


def _every(query: JobQuery, names: Names, name: str) -> str:
    """Name the values of a filter that must all hold; many are counted instead."""
    chosen = getattr(query, name)
    if len(chosen) > _MOST_NAMED:
        return _counted(name, len(chosen))
    labels = [names.label(name, value) for value in chosen]
    return (
        dressed(format_list(labels, locale=locale_of(language())), language()) if labels[1:] else "".join(labels)
    )


def _counted(name: str, count: int) -> str:
    return {
        "department": counted("{count} department", "{count} departments", count),
        "team": counted("{count} team", "{count} teams", count),
        "city": counted("{count} city", "{count} cities", count),
        "region": counted("{count} region", "{count} regions", count),
        "country": counted("{count} country", "{count} countries", count),
        "org_id": counted("{count} company", "{count} companies", count),
        "company": counted("{count} company", "{count} companies", count),
        "board_id": counted("{count} board", "{count} boards", count),
        "provider": counted("{count} provider", "{count} providers", count),
        "occupation": counted("one of {count} occupation", "one of {count} occupations", count),
        "skill": counted("{count} skill", "{count} skills", count),
    }[name]
