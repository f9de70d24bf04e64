"""What a file would change: who is meant by each line, who their manager is, who is no longer there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bandmate.kernel.identity.persons import email_key
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.people.domain import Employee, Stated, manager_circle, shown_name, stated_by
from bandmate.marketplace.people.sheet import Fault, Line, Sheet

SAFE_SHARE = 0.1
SAFE_NUMBER = 20
"""A complete file may end at most this share of the active employees, or this number, whichever is more."""

MOST_CIRCLES = 20
"""How many circles of managers are named; looking for each takes a walk over everybody."""


@dataclass(frozen=True, slots=True)
class Directory:
    """What the directory says before the import."""

    employees: Sequence[Employee]
    """All that are not hidden."""
    holders: Mapping[str, PersonId]
    """Whose account has an address, by its ``email_key``: of the addresses in the file."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be stated of whom; managers stand beside, since the newcomers have no ids yet."""

    stated: tuple[Stated, ...]
    known: Mapping[str, PersonId]
    """Who a user name means, where the person exists."""
    managers: Mapping[str, str | None]
    """The manager's user name by user name, of everybody in ``stated``."""
    missing: tuple[PersonId, ...]
    """Active employees whom a complete file does not name."""
    faults: tuple[Fault, ...]


def plan_import(sheet: Sheet, directory: Directory, *, complete: bool) -> Plan:
    """Find out what a file says of whom. Where there are faults, nothing of it is to be done."""
    matched = _Matched(sheet.lines, directory)
    faults = [*sheet.faults, *matched.faults]
    stated: list[Stated] = []
    # A complete file says who works here: who is named in it does, unless a column says otherwise.
    implied: dict[str, Any] = {"active": True} if complete and "active" not in sheet.columns else {}
    for line in sheet.lines:
        before = matched.present.get(line.user_name)
        if before is None:
            name = line.values.get("display_name") or shown_name(line.values)
            stated.append(Stated(**{**line.values, "display_name": name}))
        else:
            stated.append(replace(stated_by(before), **line.values, **implied))
    managers, wrong = _managers(sheet, directory, matched)
    faults.extend(wrong)
    missing = _missing(directory, matched) if complete else ()
    return Plan(
        tuple(stated),
        matched.known,
        managers,
        missing,
        tuple(sorted(faults, key=lambda fault: (fault.line, fault.column))),
    )


def too_many_missing(active: int, missing: int) -> bool:
    """Tell whether a complete file would end so many that it is rather the file that is not complete."""
    return missing > max(SAFE_NUMBER, int(active * SAFE_SHARE))


class _Matched:
    """Which person each line means."""

    def __init__(self, lines: Iterable[Line], directory: Directory) -> None:
        by_name = {one.user_name: one for one in directory.employees}
        by_person = {one.person_id: one for one in directory.employees}
        by_email = {email_key(one.email): one for one in directory.employees if one.email}
        self.present: dict[str, Employee] = {}
        self.known: dict[str, PersonId] = {}
        self.faults: list[Fault] = []
        lines = list(lines)
        names = {line.user_name for line in lines}
        addresses: dict[str, int] = {}
        taken: dict[PersonId, int] = {}
        for line in lines:
            key = email_key(line.values.get("email") or "")
            if key and addresses.setdefault(key, line.number) != line.number:
                self._wrong(line, "email", _("This address stands in line {line} already."), addresses[key])
            found = by_name.get(line.user_name)
            holder = directory.holders.get(key) if key else None
            if found is None and key:
                found = by_email.get(key) or (by_person.get(holder) if holder else None)
                # Somebody else's line has that person's user name: then the address is what is wrong.
                if found is not None and found.user_name in names:
                    self._wrong(line, "email", _("{name} in this file has this address already."), found.user_name)
                    continue
            person = found.person_id if found is not None else holder
            owner = by_email.get(key) if key else None
            other = owner.person_id if owner is not None else holder
            if person is not None and other is not None and other != person and not _moves(owner, names):
                self._wrong(
                    line,
                    "email",
                    _("This address belongs to another person here ({name}). Merge the two persons, or mend it."),
                    owner.user_name if owner is not None else _("an account without an employee"),
                )
            if person is None:
                continue
            if taken.setdefault(person, line.number) != line.number:
                self._wrong(line, "user_name", _("Line {line} means the same person."), taken[person])
                continue
            self.known[line.user_name] = person
            if found is not None:
                self.present[line.user_name] = found

    def _wrong(self, line: Line, column: str, message: str, named: object) -> None:
        self.faults.append(Fault(line.number, column, message.format(line=named, name=named)))


def _moves(owner: Employee | None, names: set[str]) -> bool:
    """Tell whether the present owner of an address has a line of their own, which may give it up."""
    return owner is not None and owner.user_name in names


def _managers(sheet: Sheet, directory: Directory, matched: _Matched) -> tuple[dict[str, str | None], list[Fault]]:
    """Return each line's manager by user name, and what is wrong with them."""
    # A line may give somebody another user name: then that is what they are called from now on.
    called = {one.person_id: name for name, one in matched.present.items()}
    names = {one.person_id: called.get(one.person_id, one.user_name) for one in directory.employees}
    by_name = {name: name for name in names.values()} | {
        one.user_name: names[one.person_id] for one in directory.employees
    }
    by_email = {email_key(one.email): names[one.person_id] for one in directory.employees if one.email}
    for line in sheet.lines:
        by_name[line.user_name] = line.user_name
        if line.values.get("email"):
            by_email[email_key(line.values["email"])] = line.user_name
    everybody: dict[str, str | None] = {
        names[one.person_id]: names.get(one.manager_id) if one.manager_id else None for one in directory.employees
    }
    faults: list[Fault] = []
    numbers: dict[str, int] = {}
    for line in sheet.lines:
        if "manager" not in sheet.columns:
            everybody.setdefault(line.user_name, None)
            continue
        numbers[line.user_name] = line.number
        manager = None
        if line.manager:
            key = email_key(line.manager)
            manager = by_name.get(key) or by_email.get(key)
            if manager is None:
                unknown = _("There is nobody {name}. Name the manager by user name or e-mail address.")
                faults.append(Fault(line.number, "manager", unknown.format(name=repr(line.manager[:60]))))
        everybody[line.user_name] = manager
    for _attempt in range(MOST_CIRCLES):
        circle = manager_circle(everybody)
        if not circle:
            break
        at = next((name for name in circle if name in numbers), circle[0])
        wrong = _("These people would manage each other in a circle: {names}. Change one of the managers.")
        shown = circle if len(circle) <= 8 else (*circle[:4], "…", *circle[-3:])  # noqa: PLR2004 - what is read
        faults.append(Fault(numbers.get(at, 0), "manager", wrong.format(names=" → ".join(shown))))
        everybody[at] = None
    return {line.user_name: everybody[line.user_name] for line in sheet.lines}, faults


def _missing(directory: Directory, matched: _Matched) -> tuple[PersonId, ...]:
    named = set(matched.known.values())
    return tuple(one.person_id for one in directory.employees if one.active and one.person_id not in named)
