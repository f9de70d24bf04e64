"""Importing a file: what it would change, and changing it. Everything of a file, or nothing.

Trying changes nothing; applying reads, plans and writes in one transaction, under the directory's lock. Whoever
has seen what a file would change hands on the mark of it: if the directory has changed since, nothing is written
and the new outlook is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from bandmate.kernel.audit import note
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.enrolment import account_holders
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.people.acts import IMPORTED
from bandmate.marketplace.people.domain import Employee, differences, stated_by
from bandmate.marketplace.people.groups import put_in_groups
from bandmate.marketplace.people.planning import Directory, Plan, plan_import, too_many_missing
from bandmate.marketplace.people.queries import FIELDS, as_employee, group_names
from bandmate.marketplace.people.sheet import Fault, Sheet, read_sheet
from bandmate.marketplace.people.tables import employee
from bandmate.marketplace.people.writing import changing_directory, enrol, write_employees

What = Literal["joins", "returns", "changes", "leaves"]


@dataclass(frozen=True, slots=True)
class Change:
    """What a file changes about one person."""

    what: What
    user_name: str
    display_name: str
    fields: tuple[str, ...]
    """Which columns change, for who is there before and after."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a file would change, or what is wrong with it."""

    changes: tuple[Change, ...]
    unchanged: int
    faults: tuple[Fault, ...]
    mark: str
    """The same for the same changes."""
    applied: bool = False
    warnings: tuple[str, ...] = ()

    def count(self, what: What) -> int:
        """How many people it changes in this way."""
        return sum(change.what == what for change in self.changes)


def try_import(tx: Tx, content: bytes, *, complete: bool) -> Outlook:
    """Say what a file would change, in a transaction that may be for reading alone.

    Raises:
        InvalidInput: when the file as a whole cannot be read.
    """
    sheet = read_sheet(content)
    directory = _directory(tx, sheet)
    return _outlook(tx, sheet, directory, plan_import(sheet, directory, complete=complete), complete=complete)


def apply_import(
    tx: Tx,
    content: bytes,
    *,
    complete: bool,
    by: PersonId | str,
    now: datetime,
    mark: str | None = None,
    source: str = "csv",
) -> Outlook:
    """Do what a file says; applied again, it changes nothing.

    Where the file has faults, or the changes are not those of ``mark``, nothing is written; the outlook says so.

    Args:
        tx: The transaction.
        content: The file.
        complete: Whether who is not in it has left.
        by: Who imports.
        now: When.
        mark: What was seen before, or None to do whatever it says.
        source: What stands as the source of what is written.

    Raises:
        InvalidInput: when the file as a whole cannot be read.
    """
    sheet = read_sheet(content)
    changing_directory(tx)
    directory = _directory(tx, sheet)
    plan = plan_import(sheet, directory, complete=complete)
    outlook = _outlook(tx, sheet, directory, plan, complete=complete)
    if outlook.faults or (mark is not None and mark != outlook.mark):
        return outlook
    ids = dict(
        zip(
            (one.user_name for one in plan.stated),
            enrol(tx, plan.stated, plan.known, now=now),
            strict=True,
        )
    )
    everybody = {one.user_name: one.person_id for one in directory.employees} | ids
    stated = {
        ids[one.user_name]: replace(one, manager_id=everybody[manager] if manager else None)
        for one in plan.stated
        for manager in [plan.managers[one.user_name]]
    }
    present = {one.person_id: one for one in directory.employees}
    stated |= {person: replace(stated_by(present[person]), active=False) for person in plan.missing}
    written = write_employees(tx, stated, source=source, now=now)
    if "groups" in sheet.columns:
        put_in_groups(tx, {ids[line.user_name]: line.groups for line in sheet.lines}, now=now)
    if outlook.changes:
        counts = {what: str(outlook.count(what)) for what in ("joins", "returns", "changes", "leaves")}
        note(tx, by=by, action=IMPORTED, subject="directory", at=now, details=counts)
    names = {person: one.display_name for person, one in stated.items()}
    return replace(outlook, applied=True, warnings=_warnings(names, written.address_taken, written.still_open))


def _warnings(
    names: Mapping[PersonId, str], address_taken: frozenset[PersonId], still_open: frozenset[PersonId]
) -> tuple[str, ...]:
    taken = _("{name} got no account: somebody else signs in with that address.")
    still = _("{name} left, but has an administrator's account. An administrator has to disable it.")
    return (
        *(taken.format(name=names[person]) for person in sorted(address_taken)),
        *(still.format(name=names[person]) for person in sorted(still_open)),
    )


def _directory(tx: Tx, sheet: Sheet) -> Directory:
    rows = tx.execute(select(*FIELDS).where(employee.c.hidden_at.is_(None)).order_by(employee.c.user_name))
    addresses = {line.values["email"] for line in sheet.lines if line.values.get("email")}
    holders = {one.key: one.person_id for one in account_holders(tx, emails=addresses)}
    return Directory(tuple(map(as_employee, rows)), holders)


def _outlook(tx: Tx, sheet: Sheet, directory: Directory, plan: Plan, *, complete: bool) -> Outlook:
    present = {one.person_id: one for one in directory.employees}
    names = {one.person_id: one.user_name for one in directory.employees}
    called = {plan.known[one.user_name]: one.user_name for one in plan.stated if one.user_name in plan.known}
    names |= {person: name for person, name in called.items() if person in names}
    groups = group_names(tx, list(present)) if "groups" in sheet.columns else {}
    wanted = {line.user_name: frozenset(name.lower() for name in line.groups) for line in sheet.lines}
    changes: list[Change] = []
    for one in plan.stated:
        before = present.get(plan.known[one.user_name]) if one.user_name in plan.known else None
        if before is None:
            changes.append(Change("joins", one.user_name, one.display_name, ()))
            continue
        fields = [name for name in differences(stated_by(before), one) if name != "active"]
        if (names.get(before.manager_id) if before.manager_id else None) != plan.managers[one.user_name]:
            fields.append("manager")
        if "groups" in sheet.columns and _folded(groups.get(before.person_id, ())) != wanted[one.user_name]:
            fields.append("groups")
        what = _what(before, active=one.active)
        if fields or what != "changes":
            changes.append(Change(what, one.user_name, one.display_name, tuple(fields)))
    unchanged = len(plan.stated) - len(changes)
    changes += [
        Change("leaves", present[person].user_name, present[person].display_name, ()) for person in plan.missing
    ]
    faults = plan.faults
    active = sum(one.active for one in directory.employees)
    if complete and too_many_missing(active, len(plan.missing)):
        message = _(
            "{missing} of {active} active employees are not in this file. That is so many that the file is rather "
            "not complete; nothing was changed. Import it as not complete, or end them by active = no."
        ).format(missing=len(plan.missing), active=active)
        faults = (Fault(0, "", message), *faults)
    mark = hashlib.sha256(repr((changes, complete)).encode("utf-8", "replace")).hexdigest()
    return Outlook(tuple(changes), unchanged, faults, mark)


def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def _what(before: Employee, *, active: bool) -> What:
    if before.active == active:
        return "changes"
    return "returns" if active else "leaves"
