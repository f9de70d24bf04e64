"""Employees as SCIM users: reading, entering, replacing, changing and removing them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.identity.enrolment import account_holders
from bandmate.kernel.identity.persons import parse_email
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.people.acts import DEACTIVATED, PROVISIONED, REMOVED
from bandmate.marketplace.people.domain import (
    Employee,
    Stated,
    parse_country,
    parse_day,
    parse_languages,
    parse_text,
    parse_time_zone,
    shown_name,
    stated_by,
    user_name_key,
)
from bandmate.marketplace.people.queries import FIELDS, as_employee, managers_above
from bandmate.marketplace.people.scim.errors import ScimError, invalid_value
from bandmate.marketplace.people.scim.listing import Listing, Part, Record, page_of, stamp
from bandmate.marketplace.people.scim.patching import patched
from bandmate.marketplace.people.scim.schemas import EMPLOYEE, ENTERPRISE, USER, USERS
from bandmate.marketplace.people.scim.shaping import Document, Projection, read_document
from bandmate.marketplace.people.tables import employee, people_group, people_group_member
from bandmate.marketplace.people.writing import changing_directory, enrol, write_employees

SOURCE = "scim"

_SELECT = select(*FIELDS).where(employee.c.hidden_at.is_(None))
_COUNT = select(func.count()).select_from(employee).where(employee.c.hidden_at.is_(None))

_SAME_ADDRESS = text("""
    select person_id, user_name from marketplace.employee
     where lower(email) = lower(:email) and hidden_at is null and person_id is distinct from :person limit 1
""")
_SAME_NAME = text("""
    select 1 from marketplace.employee
     where user_name = :user_name and hidden_at is null and person_id is distinct from :person
""")
_REMOVED_BEFORE = text("""
    select person_id from marketplace.employee
     where user_name = :user_name and external_id = :external_id and hidden_at is not null
     order by hidden_at desc limit 1
""")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who changes the directory, when, and the address of our server for the links in answers."""

    by: PersonId
    now: datetime
    base: str


def list_users(tx: Tx, listing: Listing, base: str) -> Part:
    """Return a page of users with how many there are."""
    total, rows = page_of(tx, USERS, listing, _SELECT, _COUNT, (employee.c.created_at, employee.c.person_id))
    return Part(total, _documents(tx, rows, base, listing.projection))


def read_user(tx: Tx, person_id: UUID, base: str, projection: Projection) -> Record:
    """Return one user.

    Raises:
        ScimError: 404 when there is none.
    """
    row = _row(tx, person_id)
    return Record(_documents(tx, [row], base, projection)[0], stamp(row.version).etag)


def create_user(tx: Tx, body: object, asking: Asking, projection: Projection) -> Record:
    """Enter a user. An address that has an account means its owner; one removed before comes back.

    Raises:
        ScimError: 409 ``uniqueness`` when user name or address belong to another; 400 ``invalidValue``.
    """
    stated = _stated(read_document(USERS, body), active=True)
    changing_directory(tx)
    person = _person_meant(tx, stated)
    _check_new(tx, stated, person)
    known = {} if person is None else {stated.user_name: person}
    [person_id] = enrol(tx, [stated], known, now=asking.now)
    _check_manager(tx, person_id, stated.manager_id)
    write_employees(tx, {person_id: stated}, source=SOURCE, now=asking.now)
    note(tx, by=asking.by, action=PROVISIONED, subject=str(person_id), at=asking.now)
    return read_user(tx, person_id, asking.base, projection)


def replace_user(
    tx: Tx, person_id: UUID, body: object, asking: Asking, projection: Projection, *, if_match: Sequence[str]
) -> Record:
    """Make a user what is given: what is not given is gone, but who is active stays so unless it is said.

    Raises:
        ScimError: 404, 409, 412, or 400 ``invalidValue``.
    """
    document = read_document(USERS, body)
    changing_directory(tx)
    before = _employee(_row(tx, person_id))
    stamp(before.version).check(if_match)
    return _change(tx, before, _stated(document, active=before.active), asking, projection)


def patch_user(
    tx: Tx, person_id: UUID, body: object, asking: Asking, projection: Projection, *, if_match: Sequence[str]
) -> Record:
    """Change a user by operations: all of them, or none.

    Raises:
        ScimError: 404, 409, 412, or 400 with a ``scimType``.
    """
    changing_directory(tx)
    before = _employee(_row(tx, person_id))
    stamp(before.version).check(if_match)
    document = read_document(USERS, document_of(before, (), asking.base))
    after = patched(USERS, document, body)
    stated = replace(_stated(after, active=True), languages=_languages_after(before.languages, after))
    return _change(tx, before, stated, asking, projection)


def delete_user(tx: Tx, person_id: UUID, asking: Asking, *, if_match: Sequence[str]) -> None:
    """Take a user out of the directory: they have left and are shown nowhere; what they did is kept.

    Raises:
        ScimError: 404 when there is none, 412.
    """
    changing_directory(tx)
    before = _employee(_row(tx, person_id))
    stamp(before.version).check(if_match)
    gone = {before.person_id: replace(stated_by(before), active=False)}
    write_employees(tx, gone, source=SOURCE, now=asking.now, hide=True)
    note(tx, by=asking.by, action=REMOVED, subject=str(person_id), at=asking.now)


def document_of(one: Employee, groups: Sequence[tuple[UUID, str]], base: str) -> Document:
    """Return an employee as a user resource, with nothing left out."""
    enterprise: Document = {
        "employeeNumber": one.employee_number,
        "division": one.division,
        "department": one.department,
    }
    if one.manager_id is not None:
        enterprise["manager"] = {"value": str(one.manager_id), "$ref": f"{base}/Users/{one.manager_id}"}
    own = {
        "languages": list(one.languages),
        "startDate": one.start_date.isoformat() if one.start_date else None,
    }
    address = _without_nothing({"locality": one.location, "country": one.country})
    document = {
        "externalId": one.external_id,
        "userName": one.user_name,
        "name": _without_nothing({"familyName": one.family_name, "givenName": one.given_name}),
        "displayName": one.display_name,
        "title": one.title,
        "preferredLanguage": one.languages[0] if one.languages else None,
        "timezone": one.time_zone,
        "active": one.active,
        "emails": [{"value": one.email, "type": "work", "primary": True}] if one.email else [],
        "addresses": [address | {"type": "work", "primary": True}] if address else [],
        "groups": [
            {"value": str(group), "$ref": f"{base}/Groups/{group}", "display": name} for group, name in groups
        ],
        ENTERPRISE: _without_nothing(enterprise),
        EMPLOYEE: _without_nothing(own),
    }
    extensions = [urn for urn in (ENTERPRISE, EMPLOYEE) if document[urn]]
    return {
        "schemas": [USER, *extensions],
        "id": str(one.person_id),
        **_without_nothing(document),
        "meta": stamp(one.version).meta("User", f"{base}/Users/{one.person_id}", one.created_at, one.changed_at),
    }


def _documents(tx: Tx, rows: Sequence[Any], base: str, projection: Projection) -> list[Document]:
    groups: dict[UUID, list[tuple[UUID, str]]] = {}
    if rows and projection.wants("groups"):
        found = tx.execute(
            select(people_group_member.c.person_id, people_group.c.group_id, people_group.c.display_name)
            .join(people_group)
            .where(people_group_member.c.person_id == any_(literal([row.person_id for row in rows], ARRAY(Uuid))))
            .order_by(func.lower(people_group.c.display_name))
        )
        for person_id, group_id, name in found:
            groups.setdefault(person_id, []).append((group_id, name))
    return [projection.cut(document_of(_employee(row), groups.get(row.person_id, ()), base)) for row in rows]


def _row(tx: Tx, person_id: UUID) -> Any:
    row = tx.execute(_SELECT.where(employee.c.person_id == person_id)).one_or_none()
    if row is None:
        raise ScimError(404, f"There is no user {person_id}.")
    return row


def _employee(row: Any) -> Employee:
    return as_employee(row)


def _stated(document: Document, *, active: bool) -> Stated:
    """Read a document into what it states.

    Raises:
        ScimError: ``invalidValue`` when the user name is missing.
        InvalidInput: when a value cannot be used; the caller tells it as ``invalidValue``.
    """
    if not document.get("userName"):
        raise invalid_value("A user needs a userName.")
    name, enterprise = document.get("name", {}), document.get(ENTERPRISE, {})
    own, address = document.get(EMPLOYEE, {}), _first(document.get("addresses", []))
    email = _first(document.get("emails", [])).get("value")
    preferred = [document["preferredLanguage"]] if "preferredLanguage" in document else []
    values = {
        "user_name": user_name_key(document["userName"]),
        "external_id": document.get("externalId"),
        "given_name": parse_text(name.get("givenName", ""), "name.givenName"),
        "family_name": parse_text(name.get("familyName", ""), "name.familyName"),
        "email": parse_email(email) if email else None,
        "title": parse_text(document.get("title", ""), "title"),
        "department": parse_text(enterprise.get("department", ""), "department"),
        "division": parse_text(enterprise.get("division", ""), "division"),
        "location": parse_text(address.get("locality", ""), "addresses.locality"),
        "country": parse_country(address.get("country", "")),
        "time_zone": parse_time_zone(document.get("timezone", "")),
        "languages": parse_languages([*preferred, *own.get("languages", [])]),
        "manager_id": _manager_id(enterprise.get("manager", {})),
        "start_date": parse_day(own.get("startDate", "")),
        "employee_number": parse_text(enterprise.get("employeeNumber", ""), "employeeNumber"),
        "active": document.get("active", active),
    }
    return Stated(
        display_name=parse_text(document.get("displayName", ""), "displayName") or shown_name(values), **values
    )


def _languages_after(before: Sequence[str], document: Document) -> tuple[str, ...]:
    """Return the languages after a PATCH: the list where that was changed, else the preferred one put first."""
    listed = parse_languages(document.get(EMPLOYEE, {}).get("languages", []))
    preferred = parse_languages([document["preferredLanguage"]] if "preferredLanguage" in document else [])
    if listed != tuple(before):
        is_new = preferred != tuple(before[:1])
        return parse_languages([*preferred, *listed]) if is_new else listed
    if not preferred:
        return listed[1:]
    return parse_languages([*preferred, *listed])


def _first(several: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the value that is kept: the primary one, else the one at work, else the first."""
    ranked = sorted(several, key=lambda one: (not one.get("primary"), str(one.get("type", "")).lower() != "work"))
    return ranked[0] if ranked else {}


def _manager_id(given: Mapping[str, Any]) -> PersonId | None:
    if not given.get("value"):
        return None
    try:
        return PersonId(UUID(given["value"]))
    except ValueError as error:
        raise invalid_value(f"A manager is named by their id; {given['value'][:60]!r} is none.") from error


def _change(tx: Tx, before: Employee, stated: Stated, asking: Asking, projection: Projection) -> Record:
    if stated.user_name != before.user_name or stated.email != before.email:
        _check_unique(tx, stated, before.person_id)
    if stated.manager_id != before.manager_id:
        _check_manager(tx, before.person_id, stated.manager_id)
    written = write_employees(tx, {before.person_id: stated}, source=SOURCE, now=asking.now)
    if written.left:
        note(tx, by=asking.by, action=DEACTIVATED, subject=str(before.person_id), at=asking.now)
    return read_user(tx, before.person_id, asking.base, projection)


def _person_meant(tx: Tx, stated: Stated) -> PersonId | None:
    """Return the person a new user is: the owner of an account with that address, or who was removed before."""
    if stated.email:
        holders = account_holders(tx, emails=[stated.email])
        if holders:
            return holders[0].person_id
    if stated.external_id is None:
        return None
    asked = {"user_name": stated.user_name, "external_id": stated.external_id}
    found = tx.execute(_REMOVED_BEFORE, asked).scalar_one_or_none()
    return None if found is None else PersonId(found)


def _check_new(tx: Tx, stated: Stated, person: PersonId | None) -> None:
    """Make sure that a new user is nobody who is there already.

    Raises:
        Conflict: when they are.
    """
    _check_unique(tx, stated, None)
    if person is None:
        return
    present = select(employee.c.user_name).where(employee.c.person_id == person, employee.c.hidden_at.is_(None))
    name = tx.execute(present).scalar_one_or_none()
    if name is not None:
        raise _address_taken(name)


def _check_unique(tx: Tx, stated: Stated, person: PersonId | None) -> None:
    """Make sure that nobody but ``person`` has this user name or this address.

    Raises:
        Conflict: when somebody has.
    """
    if tx.execute(_SAME_NAME, {"user_name": stated.user_name, "person": person}).first() is not None:
        raise Conflict(_("There is a user {name} already.").format(name=repr(stated.user_name)), field="userName")
    if not stated.email:
        return
    same = tx.execute(_SAME_ADDRESS, {"email": stated.email, "person": person}).first()
    if same is not None:
        raise _address_taken(same.user_name)
    holders = account_holders(tx, emails=[stated.email]) if person is not None else ()
    if any(holder.person_id != person for holder in holders):
        raise _address_taken(stated.email)


def _address_taken(name: str) -> Conflict:
    return Conflict(
        _("This e-mail address belongs to {name} already. Merge the two persons, or mend the address.").format(
            name=repr(name)
        ),
        field="emails",
    )


def _check_manager(tx: Tx, person: PersonId, manager: PersonId | None) -> None:
    """Make sure that a manager is in the directory and does not report to this person.

    Raises:
        ScimError: ``invalidValue`` when not.
    """
    if manager is None:
        return
    if tx.execute(_COUNT.where(employee.c.person_id == manager)).scalar_one() == 0 and manager != person:
        raise invalid_value(f"There is no user {manager} to be a manager.")
    if manager == person or person in managers_above(tx, manager):
        raise invalid_value(f"{manager} reports to {person}; the two cannot manage each other in a circle.")


def _without_nothing(document: Mapping[str, Any]) -> Document:
    return {key: value for key, value in document.items() if value not in (None, [], {}, "")}
