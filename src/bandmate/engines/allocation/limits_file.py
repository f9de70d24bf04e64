"""Limits from a TOML file, as ``docs/allocation.md`` describes it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bandmate.engines.allocation.errors import InvalidProblem
from bandmate.engines.allocation.problem import Group, Kind, Limits, Row

_MEMBERS = {
    "row": ({"name", "column", "kind", "limit"}, {"exchange_rate"}),
    "group": ({"name", "options", "max"}, set()),
    "exclusion": ({"options"}, {"name"}),
}
"""The members each table must have, and those it may have."""


def read_limits(path: Path) -> Limits:
    """Read limits.

    Raises:
        InvalidProblem: when the file cannot be read, lacks something, or holds something unknown; the message says
            which table and which member.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidProblem(f"{path} cannot be read as TOML: {error}") from error
    unknown = sorted(document.keys() - {"per_person_max", *_MEMBERS})
    if unknown:
        raise InvalidProblem(
            f"{path} holds {unknown[0]!r}, which is not known; there are per_person_max, row, group, exclusion."
        )
    if not _is_whole(document.get("per_person_max")):
        raise InvalidProblem(
            f"{path} needs per_person_max, a whole number: how many options a person gets at most."
        )
    rows = tuple(_row(path, table, place) for place, table in enumerate(_tables(path, document, "row"), 1))
    groups = [
        Group(
            _text(path, table, "name", f"group {place}"),
            _options(path, table, f"group {place}"),
            _whole(path, table, "max", f"group {place}"),
        )
        for place, table in enumerate(_tables(path, document, "group"), 1)
    ]
    exclusions = [
        Group(str(table.get("name", f"exclusion {place}")), _options(path, table, f"exclusion {place}"))
        for place, table in enumerate(_tables(path, document, "exclusion"), 1)
    ]
    return Limits(int(document["per_person_max"]), rows, (*groups, *exclusions))


def _tables(path: Path, document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    tables = document.get(name, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise InvalidProblem(f"{path}: write each {name} as a table of its own, under [[{name}]].")
    needed, allowed = _MEMBERS[name]
    for place, table in enumerate(tables, 1):
        missing, unknown = sorted(needed - table.keys()), sorted(table.keys() - needed - allowed)
        if missing:
            raise InvalidProblem(f"{path}: {name} {place} lacks {missing[0]!r}.")
        if unknown:
            raise InvalidProblem(f"{path}: {name} {place} holds {unknown[0]!r}, which is not known.")
    return tables


def _row(path: Path, table: dict[str, Any], place: int) -> Row:
    where = f"row {place}"
    kind = table["kind"]
    if kind not in list(Kind):
        raise InvalidProblem(f'{path}: the kind of {where} is {kind!r}; write "cap" or "floor".')
    rate = _number(path, table, "exchange_rate", where) if "exchange_rate" in table else None
    return Row(
        _text(path, table, "name", where),
        _text(path, table, "column", where),
        Kind(kind),
        _number(path, table, "limit", where),
        rate,
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _whole(path: Path, table: dict[str, Any], name: str, where: str) -> int:
    if not _is_whole(table[name]):
        raise InvalidProblem(f"{path}: {name!r} of {where} must be a whole number.")
    return int(table[name])


def _number(path: Path, table: dict[str, Any], name: str, where: str) -> float:
    if not isinstance(table[name], int | float) or isinstance(table[name], bool):
        raise InvalidProblem(f"{path}: {name!r} of {where} must be a number.")
    return float(table[name])


def _text(path: Path, table: dict[str, Any], name: str, where: str) -> str:
    if not isinstance(table[name], str) or not table[name]:
        raise InvalidProblem(f"{path}: {name!r} of {where} must be a text.")
    return str(table[name])


def _options(path: Path, table: dict[str, Any], where: str) -> frozenset[int]:
    options = table["options"]
    if not isinstance(options, list) or not all(map(_is_whole, options)):
        raise InvalidProblem(f"{path}: the options of {where} must be a list of whole numbers.")
    return frozenset(options)
