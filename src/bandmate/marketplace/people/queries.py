"""Reading the directory. Who asks has been found to be an employee, or an operator, by the caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Uuid, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.people.domain import Employee, Group, Totals
from bandmate.marketplace.people.tables import employee, people_group, people_group_member

FIELDS = tuple(column for column in employee.c if column.name not in {"hidden_at", "account_shut"})
"""The columns of an ``Employee``, in its order."""


_ABOVE = text("""
    with recursive above (person_id, steps) as (
        select manager_id, 1 from marketplace.employee where person_id = :person and manager_id is not null
         union all
        select mine.manager_id, above.steps + 1
          from above join marketplace.employee as mine on mine.person_id = above.person_id
         where mine.manager_id is not null
    ) cycle person_id set is_circle using way
    select person_id from above where not is_circle order by steps
""")
_NAMED = text("""
    select person_id from marketplace.employee
     where active and (lower(email) = lower(:written) or user_name = lower(:written))
     order by lower(email) = lower(:written) desc nulls last limit 1
""")


def as_employee(row: Sequence[Any]) -> Employee:
    """Return the employee that a row of ``FIELDS`` tells of."""
    values = dict(zip((column.name for column in FIELDS), row, strict=True))
    return Employee(**(values | {"languages": tuple(values["languages"])}))


def employee_of(tx: Tx, person_id: PersonId | None) -> Employee | None:
    """Return the active employee that this person is, or None; the question every room of the marketplace asks."""
    if person_id is None:
        return None
    row = tx.execute(select(*FIELDS).where(employee.c.person_id == person_id, employee.c.active)).one_or_none()
    return None if row is None else as_employee(row)


def employee_named(tx: Tx, written: str) -> PersonId | None:
    """Return the active employee whom somebody means by an e-mail address or a user name, or None."""
    wanted = written.strip().replace("\x00", "")
    found = tx.execute(_NAMED, {"written": wanted}).scalar_one_or_none() if wanted else None
    return None if found is None else PersonId(found)


def employees_of(
    tx: Tx, person_ids: Iterable[PersonId], *, also_left: bool = False
) -> Mapping[PersonId, Employee]:
    """Return the employees among these persons by id, with those who left (never the hidden) if asked for."""
    wanted = select(*FIELDS).where(employee.c.person_id == any_(literal(list(person_ids), ARRAY(Uuid))))
    wanted = wanted.where(employee.c.hidden_at.is_(None) if also_left else employee.c.active)
    return {found.person_id: found for found in map(as_employee, tx.execute(wanted))}


def managers_above(tx: Tx, person_id: PersonId) -> tuple[PersonId, ...]:
    """Return the chain of managers above a person, nearest first; it ends even where a circle was forced in."""
    rows = tx.execute(_ABOVE, {"person": person_id}).scalars()
    return tuple(PersonId(found) for found in rows)


def reports_of(tx: Tx, person_id: PersonId) -> tuple[PersonId, ...]:
    """Return the active employees whose manager this is, by name."""
    rows = tx.execute(
        select(employee.c.person_id)
        .where(employee.c.manager_id == person_id, employee.c.active)
        .order_by(func.lower(employee.c.display_name), employee.c.person_id)
    )
    return tuple(PersonId(found) for found in rows.scalars())


def groups_of(tx: Tx, person_id: PersonId) -> frozenset[GroupId]:
    """Return the groups an active employee is in; none for who left."""
    rows = tx.execute(
        select(people_group_member.c.group_id)
        .join(employee, employee.c.person_id == people_group_member.c.person_id)
        .where(people_group_member.c.person_id == person_id, employee.c.active)
    )
    return frozenset(GroupId(found) for found in rows.scalars())


def all_groups(tx: Tx) -> tuple[Group, ...]:
    """Return every group by name, with how many active employees are in it; for those who run launches."""
    rows = tx.execute(
        select(people_group.c.group_id, people_group.c.display_name, func.count(employee.c.person_id))
        .outerjoin(people_group_member, people_group_member.c.group_id == people_group.c.group_id)
        .outerjoin(employee, (employee.c.person_id == people_group_member.c.person_id) & employee.c.active)
        .group_by(people_group.c.group_id)
        .order_by(func.lower(people_group.c.display_name))
    )
    return tuple(Group(*row) for row in rows)


def group_names(tx: Tx, person_ids: Sequence[PersonId]) -> Mapping[PersonId, tuple[str, ...]]:
    """Return the names of the groups of each of these people, by name; for those who run the directory."""
    rows = tx.execute(
        select(people_group_member.c.person_id, func.array_agg(people_group.c.display_name))
        .join(people_group)
        .where(people_group_member.c.person_id == any_(literal(list(person_ids), ARRAY(Uuid))))
        .group_by(people_group_member.c.person_id)
    )
    return {PersonId(row[0]): tuple(sorted(row[1], key=str.casefold)) for row in rows}


def every_employee(tx: Tx, *, also_left: bool = True) -> tuple[Employee, ...]:
    """Return everybody in the directory by user name; for those who run it."""
    wanted = select(*FIELDS).where(employee.c.hidden_at.is_(None)).order_by(employee.c.user_name)
    rows = tx.execute(wanted if also_left else wanted.where(employee.c.active))
    return tuple(map(as_employee, rows))


def totals(tx: Tx) -> Totals:
    """Return the directory in figures; for those who run it."""
    shown = employee.c.hidden_at.is_(None)
    row = tx.execute(
        select(
            func.count().filter(employee.c.active),
            func.count().filter(~employee.c.active & shown),
            func.count().filter(employee.c.active & employee.c.email.is_(None)),
            func.count().filter(employee.c.active & employee.c.manager_id.is_(None)),
            func.max(employee.c.changed_at),
        ).select_from(employee)
    ).one()
    return Totals(*row)
