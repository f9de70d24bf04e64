"""A query as a slice of all postings: its address, its sentence, and its filters one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from bandmate.kernel.database.session import Tx
from bandmate.kernel.web.formats import calendar_day, clock_time, number
from bandmate.postings.directory import board_names, org_names
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.words import STATUSES, joined, value_label
from bandmate.postings.web_query import query_string

PATH = "/jobs"
API_PATH = "/job-postings/v1/jobs/search"
OPEN = (Status.ACTIVE,)
EVERY = tuple(Status)
"""All statuses by name: what an address says where closed postings are wanted too."""

_MOST_NAMED = 3
_END_OF_DAY = time(23, 59, 59, 999_000)
_CLOCKS = {
    "posted": "Posted",
    "updated": "Updated by the board",
    "changed": "Changed",
    "first_seen": "First seen",
}


@dataclass(frozen=True, slots=True)
class Names:
    """The names behind the ids in a query."""

    orgs: Mapping[UUID, str]
    boards: Mapping[UUID, str]

    @classmethod
    def of(cls, tx: Tx, query: JobQuery) -> Names:
        """Look up the companies and boards that a query speaks of."""
        boards = board_names(tx, query.board_id)
        return cls(org_names(tx, query.org_id), {board_id: str(name) for board_id, name in boards.items()})

    def label(self, field: str, value: Any) -> str:
        """Return what a value of a filter is called."""
        if field == "org_id":
            return self.orgs.get(value, "a company we do not know")
        if field == "board_id":
            return self.boards.get(value, "a board we do not know")
        return value_label(field, str(value))


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
        found.append(Filter(f"“{query.q}”", replace(query, q="")))
    if query.title:
        found.append(Filter(f"Title: {query.title}", replace(query, title="")))
    for field in fields(JobQuery):
        chosen = getattr(query, field.name)
        if not isinstance(chosen, tuple) or (field.name == "status" and set(chosen) == set(Status)):
            continue
        for value in chosen:
            rest = tuple(one for one in chosen if one != value)
            found.append(Filter(names.label(field.name, value), _replaced(query, field.name, rest)))
    return (*found, *_salary_filters(query), *_instant_filters(query))


def _replaced(query: JobQuery, field: str, rest: Sequence[Any]) -> JobQuery:
    return _with(query, field, EVERY if field == "status" and not rest else tuple(rest))


def _with(query: JobQuery, field: str, value: Any) -> JobQuery:
    changed: dict[str, Any] = {field: value}
    return replace(query, **changed)


def _salary_filters(query: JobQuery) -> list[Filter]:
    found = []
    if query.salary_min is not None:
        found.append(Filter(f"Pay reaches {number(query.salary_min)} a year", replace(query, salary_min=None)))
    if query.salary_max is not None:
        found.append(Filter(f"Pay starts by {number(query.salary_max)} a year", replace(query, salary_max=None)))
    if query.salary_exists is not None:
        label = "Pay is stated" if query.salary_exists else "Pay is not stated"
        found.append(Filter(label, replace(query, salary_exists=None)))
    return found


def _instant_filters(query: JobQuery) -> list[Filter]:
    found = []
    for clock, label in _CLOCKS.items():
        for side, word in (("after", "since"), ("before", "until")):
            name = f"{clock}_{side}"
            bound: datetime | None = getattr(query, name)
            if bound is not None:
                day = day_of(bound, side)
                when = calendar_day(datetime.fromisoformat(day)) if day else clock_time(bound, UTC)
                found.append(Filter(f"{label} {word} {when}", _with(query, name, None)))
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
    words = [_kind(query), _several(query, names, "department", "team"), "jobs"]
    if place := _several(query, names, "city", "region", "country"):
        words.append(f"in {place}")
    if company := _several(query, names, "org_id", "company"):
        words.append(f"at {company}")
    if board := _several(query, names, "board_id", "provider"):
        words.append(f"on {board}")
    if query.q:
        words.append(f"for “{query.q}”")
    elif query.title:
        words.append(f"named “{query.title}”")
    said = " ".join(word for word in words if word)
    return said[:1].upper() + said[1:]


def _kind(query: JobQuery) -> str:
    kinds = []
    if query.status not in {OPEN, (), EVERY}:
        kinds.append(joined([STATUSES[status].lower() for status in query.status if status in STATUSES]))
    for name in ("work_model", "employment_type"):
        chosen = getattr(query, name)
        if chosen:
            kinds.append(joined([value_label(name, value).lower() for value in chosen]))
    return " ".join(kinds)


def _several(query: JobQuery, names: Names, *fields_: str) -> str:
    """Name the values of the first of these filters that is set; many are counted instead."""
    for name in fields_:
        chosen = getattr(query, name)
        if len(chosen) > _MOST_NAMED:
            return f"{len(chosen)} {_PLURALS[name]}"
        if chosen:
            return joined([names.label(name, value) for value in chosen])
    return ""


_PLURALS = {
    "department": "departments",
    "team": "teams",
    "city": "cities",
    "region": "regions",
    "country": "countries",
    "org_id": "companies",
    "company": "companies",
    "board_id": "boards",
    "provider": "providers",
}
