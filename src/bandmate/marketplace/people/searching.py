"""Searching the directory: what a colleague sees of colleagues, never more than the directory's own fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.kernel.web.pagination import Page, decode_cursor, encode_cursor
from bandmate.marketplace.people.tables import employee

A_PAGE = 50
LONGEST_WORDS = 200
MOST_WORDS = 8
FACET_SIZE = 40


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """What is looked for: every word somewhere in name, title, department or place; any value of each filter."""

    words: str = ""
    departments: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()

    def __str__(self) -> str:
        return repr((self.words, self.departments, self.countries))


@dataclass(frozen=True, slots=True)
class Colleague:
    """A colleague in a list."""

    person_id: PersonId
    display_name: str
    title: str | None
    department: str | None
    location: str | None
    country: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many colleagues have a value."""

    value: str
    people: int


def find_people(tx: Tx, query: PeopleQuery, *, cursor: str | None = None, limit: int = A_PAGE) -> Page[Colleague]:
    """Return active employees by name; the caller has made sure that the asker is one.

    Raises:
        InvalidCursor: when the cursor is not of this query.
    """
    met = _conditions(query)
    name = func.lower(employee.c.display_name)
    wanted = (
        select(
            employee.c.person_id,
            employee.c.display_name,
            employee.c.title,
            employee.c.department,
            employee.c.location,
            employee.c.country,
            name,
        )
        .where(*met)
        .order_by(name, employee.c.person_id)
        .limit(limit + 1)
    )
    if cursor is not None:
        after = decode_cursor(cursor, str(query))
        wanted = wanted.where(tuple_(name, employee.c.person_id) > tuple_(*cast("list[str]", after)))
    rows = tx.execute(wanted).all()
    total = tx.execute(select(func.count()).select_from(employee).where(*met)).scalar_one()
    shown = rows[:limit]
    going_on = len(rows) > limit
    following = encode_cursor(str(query), [shown[-1][-1], str(shown[-1].person_id)]) if going_on else None
    return Page([Colleague(PersonId(row[0]), *row[1:6]) for row in shown], following, total)


def count_people(tx: Tx, query: PeopleQuery, column: str) -> Sequence[Count]:
    """Return the departments or countries of those found, as if that filter were not set; most people first."""
    counted = employee.c[column]
    open_query = PeopleQuery(
        query.words,
        () if column == "department" else query.departments,
        () if column == "country" else query.countries,
    )
    rows = tx.execute(
        select(counted, func.count())
        .where(*_conditions(open_query), counted.is_not(None))
        .group_by(counted)
        .order_by(func.count().desc(), counted)
        .limit(FACET_SIZE)
    )
    return [Count(value, people) for value, people in rows]


def _conditions(query: PeopleQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [employee.c.active]
    columns = (employee.c.display_name, employee.c.title, employee.c.department, employee.c.location)
    words = query.words.replace("\0", "")[:LONGEST_WORDS].lower().split()[:MOST_WORDS]
    conditions += [
        or_(*(func.lower(column).contains(word, autoescape=True) for column in columns)) for word in words
    ]
    if query.departments:
        conditions.append(employee.c.department.in_(query.departments))
    if query.countries:
        conditions.append(employee.c.country.in_(query.countries))
    return conditions
