"""Groups of people as SCIM groups: reading, making, replacing, changing and deleting them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.people.groups import change_group, create_group, group_name
from bandmate.marketplace.people.groups import delete_group as remove_group
from bandmate.marketplace.people.scim.errors import ScimError, invalid_value
from bandmate.marketplace.people.scim.listing import Listing, Part, Record, page_of, stamp
from bandmate.marketplace.people.scim.patching import patched
from bandmate.marketplace.people.scim.schemas import GROUP, GROUPS
from bandmate.marketplace.people.scim.shaping import Document, Projection, read_document
from bandmate.marketplace.people.scim.users import Asking
from bandmate.marketplace.people.tables import employee, people_group, people_group_member
from bandmate.marketplace.people.writing import changing_directory

_SELECT = select(people_group)
_COUNT = select(func.count()).select_from(people_group)


def list_groups(tx: Tx, listing: Listing, base: str) -> Part:
    """Return a page of groups with how many there are."""
    total, rows = page_of(
        tx, GROUPS, listing, _SELECT, _COUNT, (people_group.c.created_at, people_group.c.group_id)
    )
    return Part(total, _documents(tx, rows, base, listing.projection))


def read_group(tx: Tx, group_id: UUID, base: str, projection: Projection) -> Record:
    """Return one group.

    Raises:
        ScimError: 404 when there is none.
    """
    row = _row(tx, group_id)
    return Record(_documents(tx, [row], base, projection)[0], stamp(row.version).etag)


def make_group(tx: Tx, body: object, asking: Asking, projection: Projection) -> Record:
    """Make a group.

    Raises:
        Conflict: when there is one with this name.
        InvalidInput: when the name cannot be used, or a member is no user.
    """
    document = read_document(GROUPS, body)
    changing_directory(tx)
    group_id = create_group(
        tx,
        display_name=group_name(document.get("displayName", "")),
        external_id=document.get("externalId"),
        members=_members(document),
        now=asking.now,
    )
    return read_group(tx, group_id, asking.base, projection)


def replace_group(
    tx: Tx, group_id: UUID, body: object, asking: Asking, projection: Projection, *, if_match: Sequence[str]
) -> Record:
    """Make a group what is given.

    Raises:
        ScimError: 404, 412, or 400 with a ``scimType``.
        Conflict: when another has the name.
    """
    document = read_document(GROUPS, body)
    changing_directory(tx)
    row = _row(tx, group_id)
    stamp(row.version).check(if_match)
    return _change(tx, row, document, asking, projection)


def patch_group(
    tx: Tx, group_id: UUID, body: object, asking: Asking, projection: Projection, *, if_match: Sequence[str]
) -> Record:
    """Change a group by operations: all of them, or none.

    Raises:
        ScimError: 404, 412, or 400 with a ``scimType``.
        Conflict: when another has the name.
    """
    changing_directory(tx)
    row = _row(tx, group_id)
    stamp(row.version).check(if_match)
    held = _members_of(tx, [row.group_id]).get(row.group_id, [])
    present: Document = {
        "displayName": row.display_name,
        "externalId": row.external_id,
        "members": [{"value": str(person), "type": "User"} for person in held],
    }
    return _change(tx, row, patched(GROUPS, present, body), asking, projection)


def delete_group(tx: Tx, group_id: UUID, *, if_match: Sequence[str]) -> None:
    """Delete a group; its members stay what they are.

    Raises:
        ScimError: 404 when there is none, 412.
    """
    changing_directory(tx)
    stamp(_row(tx, group_id).version).check(if_match)
    remove_group(tx, GroupId(group_id))


def _change(tx: Tx, row: Any, document: Document, asking: Asking, projection: Projection) -> Record:
    name, external_id = group_name(document.get("displayName", "")), document.get("externalId")
    wanted = _members(document)
    held = set(_members_of(tx, [row.group_id]).get(row.group_id, []))
    if (name, external_id) != (row.display_name, row.external_id) or wanted != held:
        change_group(
            tx,
            row.group_id,
            display_name=name,
            external_id=external_id,
            put_in=wanted - held,
            take_out=held - wanted,
            now=asking.now,
        )
    return read_group(tx, row.group_id, asking.base, projection)


def _members(document: Document) -> set[PersonId]:
    try:
        return {PersonId(UUID(one.get("value", ""))) for one in document.get("members", [])}
    except ValueError as error:
        raise invalid_value("Members are named by the ids of users.") from error


def _row(tx: Tx, group_id: UUID) -> Any:
    row = tx.execute(_SELECT.where(people_group.c.group_id == group_id)).one_or_none()
    if row is None:
        raise ScimError(404, f"There is no group {group_id}.")
    return row


def _documents(tx: Tx, rows: Sequence[Any], base: str, projection: Projection) -> list[Document]:
    # A company's largest groups have everybody in them: they are read only where they are asked for.
    with_members = projection.wants("members")
    members = _members_of(tx, [row.group_id for row in rows]) if rows and with_members else {}
    return [projection.cut(_document(row, members.get(row.group_id, ()), base)) for row in rows]


def _document(row: Any, members: Sequence[PersonId], base: str) -> Document:
    document: Document = {"schemas": [GROUP], "id": str(row.group_id)}
    if row.external_id is not None:
        document["externalId"] = row.external_id
    document["displayName"] = row.display_name
    if members:
        document["members"] = [
            {"value": str(person), "$ref": f"{base}/Users/{person}", "type": "User"} for person in members
        ]
    location = f"{base}/Groups/{row.group_id}"
    return document | {"meta": stamp(row.version).meta("Group", location, row.created_at, row.changed_at)}


def _members_of(tx: Tx, group_ids: Collection[UUID]) -> dict[UUID, list[PersonId]]:
    rows = tx.execute(
        select(people_group_member.c.group_id, employee.c.person_id)
        .join(employee, employee.c.person_id == people_group_member.c.person_id)
        .where(
            people_group_member.c.group_id == any_(literal(list(group_ids), ARRAY(Uuid))),
            employee.c.hidden_at.is_(None),
        )
        .order_by(func.lower(employee.c.display_name), employee.c.person_id)
    )
    found: dict[UUID, list[PersonId]] = {}
    for group_id, person_id in rows:
        found.setdefault(group_id, []).append(PersonId(person_id))
    return found
