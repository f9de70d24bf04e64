"""The directory as a CSV file: reading its lines into what they state, and writing it. Pure.

A column that the file does not have changes nothing; an empty cell empties the field. Names of columns are
compared without case, spaces and hyphens, so that ``User name`` is ``user_name``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.persons import parse_email
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.people.domain import (
    Employee,
    parse_country,
    parse_day,
    parse_languages,
    parse_text,
    parse_time_zone,
    shown_name,
    user_name_key,
)

MOST_LINES = 200_000
LONGEST_CELL = 10_000

COLUMNS = (
    "user_name",
    "display_name",
    "email",
    "given_name",
    "family_name",
    "title",
    "department",
    "division",
    "location",
    "country",
    "time_zone",
    "languages",
    "manager",
    "start_date",
    "employee_number",
    "external_id",
    "active",
    "groups",
)
"""Every column there is, in the order of an export."""

_YES = frozenset({"true", "yes", "y", "1", ""})
_NO = frozenset({"false", "no", "n", "0"})


class Table(Protocol):
    """What reads rows, and knows the number of the line it has come to; the reader of ``csv``."""

    @property
    def line_num(self) -> int:
        """The line read last, counted from 1."""

    def __iter__(self) -> Iterator[list[str]]:
        """Go on with the next row."""

    def __next__(self) -> list[str]:
        """Return the next row."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line, and how to mend it."""

    line: int
    """Counted from 1, the line of column names included, as a spreadsheet shows it; 0 for the file itself."""
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Line:
    """What one line states: the values of its columns, read."""

    number: int
    user_name: str
    values: Mapping[str, Any]
    """By the names of ``Stated``'s fields, those the file has; without the manager."""
    manager: str | None
    """A user name or an e-mail address, as written; None where the cell is empty or there is no such column."""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read."""

    columns: frozenset[str]
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]


def read_sheet(content: bytes) -> Sheet:
    """Read a CSV file (RFC 4180; UTF-8, with or without byte order mark; comma, semicolon or tab).

    Raises:
        InvalidInput: when the file as a whole cannot be read: not UTF-8, no line of names, no ``user_name``.
    """
    table = _table(content)
    try:
        columns = _columns(next(table, []))
        return _read_lines(table, columns)
    except csv.Error as error:
        raise InvalidInput(
            _("The file cannot be read as CSV: {reason}. Save it again as CSV UTF-8.").format(reason=error)
        ) from error


def _table(content: bytes) -> Table:
    try:
        written = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(_("The file is not in UTF-8. In a spreadsheet, save it as “CSV UTF-8”.")) from error
    if "\0" in written:
        raise InvalidInput(_("The file holds NUL characters, so it is no text. Save it as “CSV UTF-8”."))
    first = written.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    return csv.reader(io.StringIO(written, newline=""), delimiter=delimiter, strict=True)


def _columns(header: Sequence[str]) -> list[str | None]:
    columns = [name.strip().casefold().replace(" ", "_").replace("-", "_") for name in header]
    unknown = sorted({name for name in columns if name and name not in COLUMNS})
    if unknown:
        raise InvalidInput(
            _("The first line names columns that we do not know: {names}. Known are {known}.").format(
                names=", ".join(name[:40] for name in unknown[:5]), known=", ".join(COLUMNS)
            )
        )
    twice = sorted({name for name in columns if name and columns.count(name) > 1})
    if twice:
        raise InvalidInput(_("The column {name} is there twice. Remove one of the two.").format(name=twice[0]))
    if "user_name" not in columns:
        raise InvalidInput(_("The first line has to name the columns, and user_name has to be among them."))
    return [name or None for name in columns]


def _read_lines(table: Table, columns: Sequence[str | None]) -> Sheet:
    lines: list[Line] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for cells in table:
        number = table.line_num
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) + len(faults) >= MOST_LINES:
            raise InvalidInput(_("The file has more than {most} lines. Split it.").format(most=MOST_LINES))
        if len(cells) != len(columns):
            wrong = _("This line has {cells} cells, and the first one {columns}. Is a quotation mark missing?")
            faults.append(Fault(number, "", wrong.format(cells=len(cells), columns=len(columns))))
            continue
        row = {name: cell for name, cell in zip(columns, cells, strict=True) if name is not None}
        line, wrongs = _read_line(number, row)
        faults.extend(wrongs)
        if line is None:
            continue
        if line.user_name in seen:
            again = _("This user name stands in line {line} already. Remove one of the two lines.")
            faults.append(Fault(number, "user_name", again.format(line=seen[line.user_name])))
            continue
        seen[line.user_name] = number
        lines.append(line)
    return Sheet(frozenset(filter(None, columns)), tuple(lines), tuple(faults))


def _read_line(number: int, row: Mapping[str, str]) -> tuple[Line | None, list[Fault]]:
    faults: list[Fault] = []
    values: dict[str, Any] = {}
    for column, cell in row.items():
        try:
            # Whatever is longer than that is refused by every reader; none has to go through all of it.
            values[column] = _READERS.get(column, _text)(cell[:LONGEST_CELL], column)
        except InvalidInput as error:
            faults.append(Fault(number, column, error.detail))
    if faults:
        return None, faults
    manager, groups = values.pop("manager", None), values.pop("groups", ())
    if not values.get("display_name", "a column that is not there"):
        values["display_name"] = shown_name(values)
    return Line(number, values["user_name"], values, manager, groups), []


def _text(cell: str, column: str) -> str | None:
    return parse_text(cell, column)


def _active(cell: str, column: str) -> bool:
    words = cell.strip().casefold()
    if words not in _YES | _NO:
        raise InvalidInput(_("Write yes or no here, or leave it empty for yes."), field=column)
    return words in _YES


def _groups(cell: str, column: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (parse_text(name, column) for name in cell.split(";")))))


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "user_name": lambda cell, _column: user_name_key(cell),
    "email": lambda cell, _column: parse_email(cell) if cell.strip() else None,
    "country": lambda cell, _column: parse_country(cell),
    "time_zone": lambda cell, _column: parse_time_zone(cell),
    "languages": lambda cell, _column: parse_languages(cell.replace(";", " ").split()),
    "start_date": lambda cell, _column: parse_day(cell),
    "active": _active,
    "groups": _groups,
}


def write_sheet(employees: Iterable[Employee], groups: Mapping[Any, Sequence[str]]) -> str:
    """Write employees as a file that ``read_sheet`` reads back into the same; managers by their user names.

    A cell that a spreadsheet would take for a formula is written with a space before it, which reading takes off
    again (OWASP, CSV injection).
    """
    people = list(employees)
    names = {one.person_id: one.user_name for one in people}
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in people:
        special = {
            "manager": names.get(one.manager_id, "") if one.manager_id else "",
            "languages": " ".join(one.languages),
            "start_date": one.start_date.isoformat() if one.start_date else "",
            "active": "yes" if one.active else "no",
            "groups": "; ".join(groups.get(one.person_id, ())),
        }
        row = (special[name] if name in special else getattr(one, name) or "" for name in COLUMNS)
        writer.writerow([f" {cell}" if cell[:1] in {"=", "+", "-", "@"} else cell for cell in row])
    return out.getvalue()
