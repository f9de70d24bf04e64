"""Groups of people: made by SCIM or by a file, never by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import orjson
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.ids import PersonId, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.people.domain import parse_text

_INSERT = text("""
    insert into marketplace.people_group (group_id, display_name, external_id, created_at, changed_at)
    values (:group_id, :display_name, :external_id, :now, :now)
    on conflict do nothing
    returning group_id
""")
_UPDATE = text("""
    update marketplace.people_group
       set display_name = :display_name, external_id = :external_id, version = version + 1, changed_at = :now
     where group_id = :group_id
""")
_NAME_TAKEN = text("""
    select exists (select from marketplace.people_group
                    where lower(display_name) = lower(:display_name) and group_id <> :group_id)
""")
_DELETE = text("delete from marketplace.people_group where group_id = :group_id returning group_id")

_NO_EMPLOYEES = text("""
    select given from unnest(cast(:members as uuid[])) as given
     where not exists (select from marketplace.employee where person_id = given and hidden_at is null) limit 1
""")
_TAKE_OUT = text("""
    delete from marketplace.people_group_member where group_id = :group_id and person_id = any(:members)
""")
_PUT_IN = text("""
    insert into marketplace.people_group_member (group_id, person_id)
    select :group_id, given from unnest(cast(:members as uuid[])) as given
    on conflict do nothing
""")

_MAKE_NAMED = text("""
    insert into marketplace.people_group (group_id, display_name, created_at, changed_at)
    select given.group_id, given.name, :now, :now
      from json_to_recordset(cast(:rows as json)) as given(group_id uuid, name text)
    on conflict do nothing
""")
_PUT_IN_NAMED = text("""
    with wanted as (
        select given.person_id, held.group_id
          from json_to_recordset(cast(:rows as json)) as given(person_id uuid, name text)
          join marketplace.people_group as held on lower(held.display_name) = lower(given.name)
    ), put_in as (
        insert into marketplace.people_group_member (group_id, person_id)
        select group_id, person_id from wanted
        on conflict do nothing
        returning group_id
    ), taken_out as (
        delete from marketplace.people_group_member as held
         where held.person_id = any(:persons)
           and not exists (select from wanted where wanted.person_id = held.person_id
                              and wanted.group_id = held.group_id)
        returning group_id
    ), touched as (
        update marketplace.people_group as held set version = version + 1, changed_at = :now
         where group_id in (select group_id from put_in union select group_id from taken_out)
    )
    select (select count(*) from put_in) + (select count(*) from taken_out)
""")


def group_name(written: str) -> str:
    """Read a group's name.

    Raises:
        InvalidInput: when it is empty, too long, or holds characters that cannot be seen.
    """
    name = parse_text(written, "display_name")
    if name is None:
        raise InvalidInput(_("A group needs a name."), field="display_name")
    return name


def create_group(
    tx: Tx, *, display_name: str, external_id: str | None, members: Collection[PersonId], now: datetime
) -> GroupId:
    """Make a group.

    Raises:
        InvalidInput: when a member is no employee.
        Conflict: when there is a group with this name, in any case.
    """
    group_id = GroupId(new_id())
    values = {"group_id": group_id, "display_name": display_name, "external_id": external_id, "now": now}
    if tx.execute(_INSERT, values).one_or_none() is None:
        raise _taken(display_name)
    _add(tx, group_id, members)
    return group_id


def change_group(
    tx: Tx,
    group_id: GroupId,
    *,
    display_name: str,
    external_id: str | None,
    put_in: Collection[PersonId],
    take_out: Collection[PersonId],
    now: datetime,
) -> None:
    """Change a group's name and members; the caller knows that there is something to change.

    Raises:
        InvalidInput: when a new member is no employee.
        Conflict: when another group has this name, in any case.
    """
    if tx.execute(_NAME_TAKEN, {"display_name": display_name, "group_id": group_id}).scalar_one():
        raise _taken(display_name)
    values = {"group_id": group_id, "display_name": display_name, "external_id": external_id, "now": now}
    tx.execute(_UPDATE, values)
    tx.execute(_TAKE_OUT, {"group_id": group_id, "members": list(take_out)})
    _add(tx, group_id, put_in)


def delete_group(tx: Tx, group_id: GroupId) -> bool:
    """Delete a group; say whether there was one."""
    return tx.execute(_DELETE, {"group_id": group_id}).one_or_none() is not None


def put_in_groups(tx: Tx, wanted: Mapping[PersonId, Sequence[str]], *, now: datetime) -> int:
    """Have each of these people be in the groups named and in no other; make groups that there are not yet.

    Returns how many memberships began or ended.
    """
    names = {name.lower(): name for names in wanted.values() for name in names}
    made = [{"group_id": str(new_id()), "name": name} for name in names.values()]
    rows = [{"person_id": str(person), "name": name} for person, names in wanted.items() for name in names]
    tx.execute(_MAKE_NAMED, {"rows": orjson.dumps(made).decode(), "now": now})
    moved = tx.execute(
        _PUT_IN_NAMED, {"rows": orjson.dumps(rows).decode(), "persons": list(wanted), "now": now}
    ).scalar_one()
    return int(moved)


def _add(tx: Tx, group_id: GroupId, members: Collection[PersonId]) -> None:
    if not members:
        return
    wanted = list(members)
    stranger = tx.execute(_NO_EMPLOYEES, {"members": wanted}).scalar_one_or_none()
    if stranger is not None:
        raise InvalidInput(_("There is no employee {person}.").format(person=stranger), field="members")
    tx.execute(_PUT_IN, {"group_id": group_id, "members": wanted})


def _taken(display_name: str) -> Conflict:
    return Conflict(_("There is a group {name} already.").format(name=repr(display_name)), field="display_name")
