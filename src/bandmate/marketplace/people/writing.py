"""Writing the directory, for one person or for ten thousand: the same few statements, events and accounts.

Whoever writes holds one lock until the transaction ends (``changing_directory``), so that two imports, or an
import and SCIM, come one after the other, and no circle of managers can arise between them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Uuid, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import publish
from bandmate.kernel.identity.enrolment import (
    account_holders,
    create_accounts,
    create_persons,
    open_accounts,
    readdress_accounts,
    rename_persons,
    shut_accounts,
)
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.people.domain import STATED, Employee, Stated, differences, stated_by
from bandmate.marketplace.people.events import employee_changed, employee_joined, employee_left
from bandmate.marketplace.people.queries import FIELDS, as_employee
from bandmate.marketplace.people.tables import employee

_DIRECTORY_CHANGES = 0x62_61_6E_64_64_69  # "banddi": one writer of the directory at a time

_COLUMNS = ", ".join(STATED)
_TYPES = ", ".join(
    f"{name} {kind}"
    for name, kind in (
        dict.fromkeys(STATED, "text")
        | {"languages": "text[]", "manager_id": "uuid", "start_date": "date", "active": "boolean"}
    ).items()
)
_ROWS = f"json_to_recordset(cast(:rows as json)) as given(person_id uuid, version bigint, {_TYPES})"

# Whoever comes back after being removed takes their old row, with what hangs on it.
_ADD = text(f"""
    insert into marketplace.employee as held
           (person_id, {_COLUMNS}, left_at, source, version, created_at, changed_at)
    select person_id, {_COLUMNS}, case when active then null else cast(:now as timestamptz) end,
           :source, version, :now, :now
      from {_ROWS}
""")  # noqa: S608 - names of our own columns

_CHANGE = text(f"""
    update marketplace.employee as held
       set {", ".join(f"{name} = given.{name}" for name in STATED)},
           left_at = case when given.active then null when held.active then :now else held.left_at end,
           hidden_at = case when :hide then coalesce(held.hidden_at, :now) end,
           source = :source, version = given.version, changed_at = :now
      from {_ROWS}
     where held.person_id = given.person_id
""")  # noqa: S608 - names of our own columns

_SHUT = text("update marketplace.employee set account_shut = true where person_id = any(:persons)")
_SHUT_BEFORE = text("""
    update marketplace.employee set account_shut = false where person_id = any(:persons) and account_shut
    returning person_id
""")


@dataclass(frozen=True, slots=True)
class Written:
    """What writing did, by person."""

    joined: tuple[PersonId, ...] = ()
    changed: Mapping[PersonId, tuple[str, ...]] = field(default_factory=dict)
    left: tuple[PersonId, ...] = ()
    accounts: frozenset[PersonId] = frozenset()
    """Who got an account."""
    address_taken: frozenset[PersonId] = frozenset()
    """Who got none because another person signs in with that address."""
    still_open: frozenset[PersonId] = frozenset()
    """Who left, and whose account is an administrator's and so was not shut."""


def changing_directory(tx: Tx) -> None:
    """Wait until no other transaction writes the directory, and keep others from it until this one ends."""
    tx.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _DIRECTORY_CHANGES})


def enrol(tx: Tx, stated: Sequence[Stated], known: Mapping[str, PersonId], *, now: datetime) -> list[PersonId]:
    """Return who these people are: the person ``known`` by user name, else a new one."""
    new = [one for one in stated if one.user_name not in known]
    made = dict(
        zip(
            (one.user_name for one in new),
            create_persons(tx, [one.display_name for one in new], now=now),
            strict=True,
        )
    )
    return [known.get(one.user_name) or made[one.user_name] for one in stated]


def write_employees(
    tx: Tx, stated: Mapping[PersonId, Stated], *, source: str, now: datetime, hide: bool = False
) -> Written:
    """Make the directory say of these persons what is stated; what it says already is not written again.

    The caller holds the lock of ``changing_directory`` and has made sure that user names are unique and managers
    form no circle.

    Args:
        tx: The transaction.
        stated: What is known of each person from now on.
        source: Who says so: ``scim``, ``csv``, ``sample``.
        now: When.
        hide: Take them out of the directory (they are not active then); their rows and history stay.
    """
    before = _known(tx, stated)
    new = {person: one for person, one in stated.items() if person not in before}
    changes = {
        person: fields
        for person, one in stated.items()
        if person in before and ((fields := differences(before[person][0], one)) or before[person][1] != hide)
    }
    versions = {person: before[person][0].version + 1 for person in changes} | dict.fromkeys(new, 1)
    if new:
        tx.execute(_ADD, {"rows": _rows(new, versions), "source": source, "now": now})
    if changes:
        changed = {person: stated[person] for person in changes}
        tx.execute(_CHANGE, {"rows": _rows(changed, versions), "source": source, "now": now, "hide": hide})
    came = {person for person, one in new.items() if one.active}
    back = {person for person in changes if stated[person].active and not before[person][0].active}
    gone = {person for person in changes if before[person][0].active and not stated[person].active}
    other = {person: changes[person] for person in changes if changes[person] and person not in back | gone}
    publish(
        tx,
        [
            *(employee_joined(person, 1, again=False, at=now) for person in came),
            *(employee_joined(person, versions[person], again=True, at=now) for person in back),
            *(employee_changed(person, versions[person], other[person], at=now) for person in other),
            *(employee_left(person, versions[person], at=now) for person in gone),
        ],
    )
    return _keep_accounts(
        tx,
        Written(joined=tuple(sorted(came | back)), changed=other, left=tuple(sorted(gone))),
        {person: found[0] for person, found in before.items()},
        stated,
        now=now,
    )


def _known(tx: Tx, stated: Mapping[PersonId, Stated]) -> dict[PersonId, tuple[Employee, bool]]:
    """Return what the directory says today, and of whom it is hidden."""
    rows = tx.execute(
        select(*FIELDS, employee.c.hidden_at.is_not(None))
        .where(employee.c.person_id == any_(literal(list(stated), ARRAY(Uuid))))
        .order_by(employee.c.person_id)
        .with_for_update()
    ).all()
    return {PersonId(row.person_id): (as_employee(row[:-1]), row[-1]) for row in rows}


def _rows(stated: Mapping[PersonId, Stated], versions: Mapping[PersonId, int]) -> str:
    def written(person: PersonId, one: Stated) -> dict[str, Any]:
        values = {name: getattr(one, name) for name in STATED}
        return values | {"person_id": person, "version": versions[person]}

    return orjson.dumps([written(person, one) for person, one in stated.items()]).decode()


def _keep_accounts(
    tx: Tx,
    written: Written,
    before: Mapping[PersonId, Employee],
    stated: Mapping[PersonId, Stated],
    *,
    now: datetime,
) -> Written:
    """Let accounts follow the directory: made for who has an address, shut for who left, open for who is back."""
    old = {person: stated_by(before[person]) for person in written.changed}
    rename_persons(
        tx,
        {
            person: (old[person].display_name, stated[person].display_name)
            for person, fields in written.changed.items()
            if "display_name" in fields
        },
    )
    readdress_accounts(
        tx,
        {
            person: (was, new)
            for person, fields in written.changed.items()
            if "email" in fields and (was := old[person].email) and (new := stated[person].email)
        },
    )
    if written.left:
        shut = shut_accounts(tx, written.left, now=now)
        tx.execute(_SHUT, {"persons": list(shut)})
    if written.joined:
        open_accounts(tx, tx.execute(_SHUT_BEFORE, {"persons": list(written.joined)}).scalars().all())
    wanted = {
        person: address
        for person in (*written.joined, *(who for who, fields in written.changed.items() if "email" in fields))
        if (address := stated[person].email) and stated[person].active
    }
    made = create_accounts(tx, wanted, now=now)
    concerned = (set(wanted) - made) | set(written.left)
    held = {one.person_id: one for one in account_holders(tx, persons=concerned)} if concerned else {}
    return Written(
        joined=written.joined,
        changed=written.changed,
        left=written.left,
        accounts=made,
        address_taken=frozenset(wanted) - made - frozenset(held),
        still_open=frozenset(
            person for person in written.left if person in held and held[person].role == "administrator"
        ),
    )
