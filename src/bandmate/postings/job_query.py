"""What somebody asks of the postings: words, filters, order; and the same conditions for index and database.

Both readings of a query stand side by side here, filter by filter, because they must mean the same: a test
compares them after random histories.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from bandmate.engines.search import AnyOf, Exists, Filter, Not, OneOf, Range, words_of
from bandmate.kernel.errors import InvalidInput
from bandmate.postings.domain.lifecycle import Status
from bandmate.postings.index_schema import epoch_milliseconds


class Sort(StrEnum):
    """The order of an answer; ``relevance`` needs words, without them it means ``posted``."""

    RELEVANCE = "relevance"
    POSTED = "posted"
    CHANGED = "changed"
    SALARY = "salary"


FACETS = (
    "company",
    "work_model",
    "employment_type",
    "department",
    "team",
    "country",
    "region",
    "city",
    "language",
    "provider",
    "occupation",
    "skill",
)
"""The fields whose values are counted."""

CONCEPTS = ("occupation", "skill")
"""Fields whose values are addresses in a vocabulary."""

ALL_TOGETHER = frozenset({"skill"})
"""Fields of which a posting has to have all values asked for, not one of them."""


@dataclass(frozen=True, slots=True)
class JobQuery:
    """A question; all conditions hold together, several values of one condition are alternatives.

    Only of ``skill`` a posting has to have all: who asks for two wants both.

    Salaries are compared per full-time year in the posting's own currency. Instants are UTC; ``after`` and
    ``before`` include the instant itself.
    """

    q: str = ""
    title: str = ""
    org_id: tuple[UUID, ...] = ()
    board_id: tuple[UUID, ...] = ()
    company: tuple[str, ...] = ()
    provider: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    team: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    city: tuple[str, ...] = ()
    work_model: tuple[str, ...] = ()
    employment_type: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    occupation: tuple[str, ...] = ()
    skill: tuple[str, ...] = ()
    salary_currency: tuple[str, ...] = ()
    salary_min: float | None = None
    salary_max: float | None = None
    salary_exists: bool | None = None
    posted_after: datetime | None = None
    posted_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    changed_after: datetime | None = None
    changed_before: datetime | None = None
    first_seen_after: datetime | None = None
    first_seen_before: datetime | None = None
    status: tuple[Status, ...] = ()
    sort: Sort = Sort.RELEVANCE

    def __post_init__(self) -> None:
        for name in ("posted", "updated", "changed", "first_seen"):
            after, before = getattr(self, f"{name}_after"), getattr(self, f"{name}_before")
            if after is not None and before is not None and after > before:
                raise InvalidInput(f"{name}_after lies behind {name}_before, so nothing can fit; swap them.")

    @property
    def fingerprint(self) -> str:
        """What makes this query this query, for cursors."""
        return orjson.dumps([[f.name, getattr(self, f.name)] for f in fields(self)], default=str).decode()

    @property
    def order(self) -> Sort:
        """The order that applies."""
        return Sort.POSTED if self.sort is Sort.RELEVANCE and not self.has_words else self.sort

    @property
    def has_words(self) -> bool:
        """Whether there are words to look for; punctuation alone asks for nothing."""
        return bool(self.q.strip()) and bool(words_of(self.q))


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a query, read both ways. ``field`` is the facet it filters, if any."""

    field: str | None
    index: Filter
    sql: str
    values: dict[str, Any]


_SCALAR_COLUMNS = {
    "org_id": "j.org_id",
    "board_id": "j.board_id",
    "company": "j.company",
    "provider": "j.provider",
    "department": "j.department",
    "team": "j.team",
    "work_model": "j.work_model",
    "employment_type": "j.employment_kind",
    "language": "j.language",
    "salary_currency": "j.salary_currency",
}
_LIST_COLUMNS = {"country": "j.country_codes", "region": "j.regions", "city": "j.cities"}
_INSTANT_COLUMNS = {
    "posted": "j.posted_at",
    "updated": "j.source_updated_at",
    "changed": "j.last_changed_at",
    "first_seen": "j.first_seen_at",
}


def conditions(query: JobQuery, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions of a query, its words aside; ``now`` decides what has expired."""
    return (
        *_title(query),
        *_choices(query),
        *_readings(query),
        *_salary(query),
        *_instants(query),
        *_status(query, now),
    )


def _title(query: JobQuery) -> Iterator[Condition]:
    words = list(dict.fromkeys(words_of(query.title)))
    for word in words:
        yield Condition(None, OneOf("title_words", (word,)), "true", {})
    if words:
        yield Condition(
            None, OneOf("title_words", tuple(words)), "j.title_words @> :title_words", {"title_words": words}
        )


def _choices(query: JobQuery) -> Iterator[Condition]:
    for name, column in _SCALAR_COLUMNS.items():
        if chosen := getattr(query, name):
            kind = "uuid" if name.endswith("_id") else "text"
            yield Condition(
                name,
                OneOf(name, tuple(map(str, chosen))),
                f"{column} = any(cast(:{name} as {kind}[]))",
                {name: list(chosen)},
            )
    for name, column in _LIST_COLUMNS.items():
        if chosen := getattr(query, name):
            yield Condition(
                name, OneOf(name, chosen), f"{column} && cast(:{name} as text[])", {name: list(chosen)}
            )


def _readings(query: JobQuery) -> Iterator[Condition]:
    """What was read out of postings stands beside the records."""
    if query.occupation:
        yield Condition(
            "occupation",
            OneOf("occupation", query.occupation),
            _READ.format("s.occupation_uri = any(cast(:occupation as text[]))"),
            {"occupation": list(query.occupation)},
        )
    for uri in query.skill:
        yield Condition("skill", OneOf("skill", (uri,)), "true", {})
    if query.skill:
        yield Condition(
            "skill",
            OneOf("skill", query.skill),
            _READ.format("s.skill_uris @> cast(:skill as text[])"),
            {"skill": list(query.skill)},
        )


_READ = "exists (select from postings.job_reading s where s.job_id = j.job_id and {})"


def _salary(query: JobQuery) -> Iterator[Condition]:
    if query.salary_min is not None:
        yield Condition(
            None,
            Range("salary_high", low=query.salary_min),
            "j.salary_year_max >= cast(:salary_min as double precision)",
            {"salary_min": query.salary_min},
        )
    if query.salary_max is not None:
        yield Condition(
            None,
            Range("salary_low", high=query.salary_max),
            "j.salary_year_min <= cast(:salary_max as double precision)",
            {"salary_max": query.salary_max},
        )
    if query.salary_exists is not None:
        exists = Exists("salary_high")
        yield Condition(
            None,
            exists if query.salary_exists else Not(exists),
            "j.salary_year_max is not null" if query.salary_exists else "j.salary_year_max is null",
            {},
        )


def _instants(query: JobQuery) -> Iterator[Condition]:
    for name, column in _INSTANT_COLUMNS.items():
        for suffix, sign in (("after", ">="), ("before", "<=")):
            parameter = f"{name}_{suffix}"
            bound: datetime | None = getattr(query, parameter)
            if bound is None:
                continue
            moment = epoch_milliseconds(bound)
            yield Condition(
                None,
                Range(name, low=moment) if suffix == "after" else Range(name, high=moment),
                f"date_trunc('milliseconds', {column}) {sign} :{parameter}",
                {parameter: bound},
            )


def _status(query: JobQuery, now: datetime) -> Iterator[Condition]:
    """Deleted is stored; active and expired part by the deadline, which is looked at now."""
    chosen = set(query.status)
    if not chosen or chosen == set(Status):
        return
    open_, closed = OneOf("active", ("yes",)), OneOf("active", ("no",))
    past = Range("valid_through", high=epoch_milliseconds(now) - 1)
    past_sql = "coalesce(j.valid_through < :now, false)"
    values = {"now": now}
    deadline: tuple[Filter, str] | None = None
    if Status.ACTIVE in chosen and Status.EXPIRED not in chosen:
        deadline = Not(past), f"not {past_sql}"
    elif Status.EXPIRED in chosen and Status.ACTIVE not in chosen:
        deadline = past, past_sql
    if Status.DELETED not in chosen:
        yield Condition(None, open_, "j.active", {})
        if deadline:
            yield Condition(None, deadline[0], deadline[1], values)
    elif deadline:
        yield Condition(None, AnyOf((closed, deadline[0])), f"(not j.active or {deadline[1]})", values)
    else:
        yield Condition(None, closed, "not j.active", {})
