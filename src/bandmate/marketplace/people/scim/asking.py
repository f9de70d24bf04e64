"""Filters and orders as SQL over the directory's tables; values travel as parameters, names stand in tables here.

A comparison with an attribute that a record does not have is false, and so ``not`` of it is true; none is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, Text, and_, cast, exists, false, func, literal, not_, or_, select, true

from bandmate.kernel.errors import InvalidInput
from bandmate.marketplace.people.domain import user_name_key
from bandmate.marketplace.people.scim.errors import invalid_filter
from bandmate.marketplace.people.scim.filters import (
    Attribute,
    Both,
    Compared,
    Either,
    Filter,
    Not,
    Present,
    Valued,
)
from bandmate.marketplace.people.scim.schemas import (
    EMPLOYEE,
    ENTERPRISE,
    GROUPS,
    USERS,
    ResourceType,
    field_of,
)
from bandmate.marketplace.people.tables import employee, people_group, people_group_member

Condition: TypeAlias = ColumnElement[bool]
Kind = Literal["text", "exact", "user_name", "boolean", "instant"]


@dataclass(frozen=True, slots=True)
class Asked:
    """How an attribute is asked for in SQL."""

    column: ColumnElement[Any]
    kind: Kind = "text"
    rows: Callable[[Condition], Condition] = lambda met: met
    """For an attribute that stands in other rows: that one of them meets a condition."""
    is_one: bool = True
    """Whether it can be sorted by."""


Key: TypeAlias = tuple[str | None, str, str | None]

_ENTERPRISE, _EMPLOYEE = ENTERPRISE.lower(), EMPLOYEE.lower()
_HAS_ADDRESS = or_(employee.c.location.is_not(None), employee.c.country.is_not(None))


def _in_group(met: Condition) -> Condition:
    return exists(
        select(literal(1))
        .select_from(people_group_member)
        .join(people_group, people_group.c.group_id == people_group_member.c.group_id)
        .where(people_group_member.c.person_id == employee.c.person_id, met)
        .correlate(employee)
    )


def _has_member(met: Condition) -> Condition:
    return exists(
        select(literal(1))
        .select_from(people_group_member)
        .join(employee, employee.c.person_id == people_group_member.c.person_id)
        .where(people_group_member.c.group_id == people_group.c.group_id, employee.c.hidden_at.is_(None), met)
        .correlate(people_group)
    )


_TONGUES = func.unnest(employee.c.languages).table_valued("tag", name="tongue").render_derived()


def _speaks(met: Condition) -> Condition:
    return exists(select(literal(1)).select_from(_TONGUES).where(met).correlate(employee))


_USER: Mapping[Key, Asked] = {
    (None, "id", None): Asked(cast(employee.c.person_id, Text), "exact"),
    (None, "externalid", None): Asked(employee.c.external_id, "exact"),
    (None, "username", None): Asked(employee.c.user_name, "user_name"),
    (None, "displayname", None): Asked(employee.c.display_name),
    (None, "name", "givenname"): Asked(employee.c.given_name),
    (None, "name", "familyname"): Asked(employee.c.family_name),
    (None, "title", None): Asked(employee.c.title),
    (None, "preferredlanguage", None): Asked(employee.c.languages[1]),
    (None, "timezone", None): Asked(employee.c.time_zone),
    (None, "active", None): Asked(employee.c.active, "boolean"),
    (None, "emails", None): Asked(employee.c.email),
    (None, "emails", "value"): Asked(employee.c.email),
    (None, "addresses", "locality"): Asked(employee.c.location),
    (None, "addresses", "country"): Asked(employee.c.country),
    (None, "groups", None): Asked(cast(people_group.c.group_id, Text), "exact", _in_group, is_one=False),
    (None, "groups", "value"): Asked(cast(people_group.c.group_id, Text), "exact", _in_group, is_one=False),
    (None, "groups", "display"): Asked(people_group.c.display_name, "text", _in_group, is_one=False),
    (None, "meta", "resourcetype"): Asked(literal("User"), "exact"),
    (None, "meta", "created"): Asked(employee.c.created_at, "instant"),
    (None, "meta", "lastmodified"): Asked(employee.c.changed_at, "instant"),
    (_ENTERPRISE, "employeenumber", None): Asked(employee.c.employee_number),
    (_ENTERPRISE, "department", None): Asked(employee.c.department),
    (_ENTERPRISE, "division", None): Asked(employee.c.division),
    (_ENTERPRISE, "manager", None): Asked(cast(employee.c.manager_id, Text), "exact"),
    (_ENTERPRISE, "manager", "value"): Asked(cast(employee.c.manager_id, Text), "exact"),
    (_EMPLOYEE, "languages", None): Asked(_TONGUES.c.tag, "text", _speaks, is_one=False),
    (_EMPLOYEE, "startdate", None): Asked(cast(employee.c.start_date, Text)),
}

_GROUP: Mapping[Key, Asked] = {
    (None, "id", None): Asked(cast(people_group.c.group_id, Text), "exact"),
    (None, "externalid", None): Asked(people_group.c.external_id, "exact"),
    (None, "displayname", None): Asked(people_group.c.display_name),
    (None, "members", None): Asked(cast(employee.c.person_id, Text), "exact", _has_member, is_one=False),
    (None, "members", "value"): Asked(cast(employee.c.person_id, Text), "exact", _has_member, is_one=False),
    (None, "meta", "resourcetype"): Asked(literal("Group"), "exact"),
    (None, "meta", "created"): Asked(people_group.c.created_at, "instant"),
    (None, "meta", "lastmodified"): Asked(people_group.c.changed_at, "instant"),
}

_COLUMNS = {USERS.name: _USER, GROUPS.name: _GROUP}

# What is the same of every address there is; what it says, and where there is one.
_FIXED: Mapping[Key, tuple[str | bool, Condition]] = {
    (None, "emails", "type"): ("work", employee.c.email.is_not(None)),
    (None, "emails", "primary"): (True, employee.c.email.is_not(None)),
    (None, "addresses", "type"): ("work", _HAS_ADDRESS),
    (None, "addresses", "primary"): (True, _HAS_ADDRESS),
    (None, "members", "type"): ("User", _has_member(true())),
}
_WHOLE: Mapping[tuple[str | None, str], Condition] = {
    (None, "name"): or_(employee.c.given_name.is_not(None), employee.c.family_name.is_not(None)),
    (None, "addresses"): _HAS_ADDRESS,
    (None, "meta"): true(),
    (None, "schemas"): true(),
}


def condition(resource: ResourceType, wanted: Filter) -> Condition:
    """Return a filter over users or groups as a condition that is never null.

    Raises:
        ScimError: ``invalidFilter`` when it names what is no attribute, or compares what cannot be compared.
    """
    match wanted:
        case Both(terms):
            return and_(*(condition(resource, term) for term in terms))
        case Either(terms):
            return or_(*(condition(resource, term) for term in terms))
        case Not(term):
            return not_(condition(resource, term))
        case Valued(attribute, inner):
            return condition(resource, _inside(resource, attribute, inner))
        case Present(attribute):
            return _present(resource, attribute)
        case Compared():
            return _compared(resource, wanted)


def order(resource: ResourceType, attribute: Attribute) -> ColumnElement[Any]:
    """Return what to sort by; text without case.

    Raises:
        ScimError: ``invalidFilter`` for what is no attribute, or has several values.
    """
    key = _key(resource, attribute)
    asked = _COLUMNS[resource.name].get(key)
    if asked is None or not asked.is_one:
        raise invalid_filter(f"Sorting by {attribute.name} is not possible.")
    return func.lower(asked.column) if asked.kind == "text" else asked.column


def _inside(resource: ResourceType, attribute: Attribute, inner: Filter) -> Filter:
    """Write ``emails[value co "x"]`` as a filter over ``emails.value``: where one value is kept it is the same.

    Where several are kept (groups, members), only one comparison is: all its parts have to hold of one value.
    """
    found = field_of(resource, attribute.urn, attribute.name)
    if found is None or not found[1].multi:
        raise invalid_filter(f"{attribute.name} has one value, so nothing stands in brackets.")
    if attribute.name in {"groups", "members", "languages"} and not isinstance(inner, Compared | Present):
        raise invalid_filter(f"In the brackets of {attribute.name} stands one comparison.")

    def lifted(term: Filter) -> Filter:
        match term:
            case Both(terms):
                return Both(tuple(map(lifted, terms)))
            case Either(terms):
                return Either(tuple(map(lifted, terms)))
            case Not(inverse):
                return Not(lifted(inverse))
            case Present(part):
                return Present(Attribute(attribute.urn, attribute.name, part.name))
            case Compared(part, operator, value):
                return Compared(Attribute(attribute.urn, attribute.name, part.name), operator, value)
            case Valued():
                raise invalid_filter("A filter in brackets has no brackets inside.")

    present = Present(attribute)
    return Both((present, lifted(inner)))


def _key(resource: ResourceType, attribute: Attribute) -> Key:
    """Return the key of an attribute in the tables above.

    Raises:
        ScimError: ``invalidFilter`` when the type has no such attribute.
    """
    found = field_of(resource, attribute.urn, attribute.name)
    if found is None:
        raise invalid_filter(f"A {resource.name} has no attribute {attribute.name!r}.")
    schema, field = found
    sub = attribute.sub
    if (
        sub is not None
        and field.sub(sub) is None
        and not (sub == "value" and field.kind != "complex" and field.multi)
    ):
        raise invalid_filter(f"{field.name} has no part {sub!r}.")
    is_extension = schema is not None and schema in resource.extensions
    if field.kind != "complex" and sub == "value":
        sub = None
    return (schema.urn.lower() if is_extension and schema is not None else None, field.name.lower(), sub)


def _present(resource: ResourceType, attribute: Attribute) -> Condition:
    key = _key(resource, attribute)
    if key in _FIXED:
        return _FIXED[key][1]
    asked = _COLUMNS[resource.name].get(key)
    if asked is not None:
        return asked.rows(asked.column.is_not(None))
    if key[2] is None and key[:2] in _WHOLE:
        return _WHOLE[key[:2]]
    raise invalid_filter(f"{attribute.name} cannot be asked for.")


def _compared(resource: ResourceType, wanted: Compared) -> Condition:
    if wanted.value is None:
        if wanted.operator not in {"eq", "ne"}:
            raise invalid_filter("null is only compared by eq and ne.")
        present = _present(resource, wanted.attribute)
        return not_(present) if wanted.operator == "eq" else present
    key = _key(resource, wanted.attribute)
    if key[:2] == (None, "schemas"):
        urns = {schema.urn.lower() for schema in resource.schemas}
        return true() if (str(wanted.value).lower() in urns) == (wanted.operator != "ne") else false()
    if key in _FIXED:
        fixed, present = _FIXED[key]
        same = str(fixed).lower() == str(wanted.value).lower()
        if wanted.operator not in {"eq", "ne"}:
            raise invalid_filter(f"{wanted.attribute.name} is only compared by eq and ne.")
        met = present if same else false()
        return met if wanted.operator == "eq" else not_(met)
    asked = _COLUMNS[resource.name].get(key)
    if asked is None:
        raise invalid_filter(f"{wanted.attribute.name} as a whole is not compared; name a part of it.")
    if wanted.operator == "ne":
        return not_(asked.rows(_met(asked, Compared(wanted.attribute, "eq", wanted.value))))
    return asked.rows(_met(asked, wanted))


def _met(asked: Asked, wanted: Compared) -> Condition:
    """Return the comparison with one value; false where there is none."""
    column, value = asked.column, _value(asked, wanted)
    if asked.kind == "text":
        column = func.lower(column)
    texts: Mapping[str, Callable[[], Condition]] = {
        "co": lambda: column.contains(value, autoescape=True),
        "sw": lambda: column.startswith(value, autoescape=True),
        "ew": lambda: column.endswith(value, autoescape=True),
    }
    if wanted.operator in texts:
        if asked.kind in {"boolean", "instant"}:
            raise invalid_filter(f"{wanted.operator} compares text, and {wanted.attribute.name} is none.")
        return func.coalesce(texts[wanted.operator](), false())
    comparisons: Mapping[str, Callable[[], Condition]] = {
        "eq": lambda: column == value,
        "gt": lambda: column > value,
        "ge": lambda: column >= value,
        "lt": lambda: column < value,
        "le": lambda: column <= value,
    }
    if asked.kind == "boolean" and wanted.operator != "eq":
        raise invalid_filter(f"{wanted.attribute.name} is true or false, so {wanted.operator} compares nothing.")
    return func.coalesce(comparisons[wanted.operator](), false())


def _value(asked: Asked, wanted: Compared) -> Any:
    """Return what is compared with, as the column keeps it."""
    value = wanted.value
    if asked.kind == "boolean":
        if isinstance(value, str) and value.lower() in {"true", "false"}:
            return value.lower() == "true"
        if not isinstance(value, bool):
            raise invalid_filter(f"{wanted.attribute.name} is true or false.")
        return value
    if not isinstance(value, str):
        raise invalid_filter(f"{wanted.attribute.name} is text; write the value in quotation marks.")
    if asked.kind == "instant":
        return _instant(value)
    if asked.kind == "user_name":
        try:
            return user_name_key(value)
        except InvalidInput:
            return ""
    plain = value.replace("\0", "")
    return plain if asked.kind == "exact" else plain.lower()


def _instant(value: str) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except ValueError as error:
        raise invalid_filter(f"{value[:40]!r} is no instant; write it as 2026-03-01T12:00:00Z.") from error
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
