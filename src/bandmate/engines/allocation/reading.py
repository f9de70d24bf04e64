"""Candidates from Parquet files, in any order, by parts: memory holds a part and what is needed of each person.

The candidates are scattered to their places in arrays that may be files (``folder``), so that what does not
fit into memory is left to the system's cache, and other processes can open the same arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bandmate.engines.allocation.compiling import compiled
from bandmate.engines.allocation.errors import InvalidProblem
from bandmate.engines.allocation.problem import Candidates, Limits

PART_ROWS = 1 << 20
VALUE = "value"
IDS = frozenset({"person", "mentee", "mentor"})
"""Columns whose numbers name somebody: whole numbers of 64 bits, with a sign."""
COUNTS = frozenset({"option", "capacity"})
"""Columns of whole numbers of 32 bits."""

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stored:
    """Candidates whose arrays are files in a folder; opening them costs no memory."""

    folder: Path

    def open(self) -> Candidates:
        """Map the arrays into memory.

        Copied on write, which nobody does: arrays that may not be written would be compiled for anew.
        """
        return Candidates(
            *(
                np.load(self.folder / f"{name}.npy", mmap_mode="c")
                for name in ("person", "first", "option", "value", "columns")
            )
        )


def read_candidates(path: Path, limits: Limits, folder: Path | None = None) -> Candidates:
    """Read candidates: ``person`` and ``option`` integers, ``value`` and one number column a row.

    Args:
        path: a Parquet file.
        limits: says which columns are needed.
        folder: where the arrays are kept as files; without it they are held in memory.

    Raises:
        InvalidProblem: for a missing column, a wrong type, an empty cell, a value that is no finite number, or the
            same option twice for a person.
    """
    file = _open(path, _needed(limits))
    person, counts = _persons(file, path)
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    option = _array(folder, "option", (int(first[-1]),), np.int32)
    value = _array(folder, "value", (int(first[-1]),), np.float32)
    columns = _array(folder, "columns", (int(first[-1]), len(limits.rows)), np.float32)
    following = first[:-1].copy()
    names = list(dict.fromkeys(["person", "option", VALUE, *limits.columns]))
    row = 0
    for part in _parts(file, names, path):
        cells = {name: checked_numbers(part, name, row, path) for name in names}
        uses = np.empty((part.num_rows, len(limits.rows)), np.float32)
        for place, name in enumerate(limits.columns):
            uses[:, place] = cells[name]
        ids = cells["person"]
        # In the order of the persons, writing goes forward through the arrays instead of all over them.
        order = np.argsort(ids, kind="stable")
        _scatter(
            np.searchsorted(person, ids[order]),
            order,
            cells["option"].astype(np.int32),
            cells[VALUE].astype(np.float32),
            uses,
            following,
            option,
            value,
            columns,
        )
        row += part.num_rows
    twice = _sort_within(first, option, value, columns)
    if twice >= 0:
        owner = int(person[np.searchsorted(first, twice, side="right") - 1])
        raise InvalidProblem(
            f"{path} holds the option {int(option[twice])} twice for the person {owner}; keep one of them."
        )
    if folder is not None:
        np.save(folder / "person.npy", person)
        np.save(folder / "first.npy", first)
    return Candidates(person, first, option, value, columns)


def read_numbers(path: Path, kinds: dict[str, type]) -> dict[str, NDArray[Any]]:
    """Read whole columns of numbers, each as the kind named for it.

    Raises:
        InvalidProblem: for a missing column, a wrong type, an empty cell or a number that is not finite.
    """
    file = _open(path, {name: np.issubdtype(kind, np.integer) for name, kind in kinds.items()})
    found: dict[str, list[NDArray[Any]]] = {name: [np.zeros(0, kind)] for name, kind in kinds.items()}
    row = 0
    for part in _parts(file, kinds, path):
        for name, kind in kinds.items():
            found[name].append(checked_numbers(part, name, row, path).astype(kind))
        row += part.num_rows
    return {name: np.concatenate(cells) for name, cells in found.items()}


def _needed(limits: Limits) -> dict[str, bool]:
    """Return the columns of candidates, and whether each holds whole numbers."""
    return {"person": True, "option": True, VALUE: False, **dict.fromkeys(limits.columns, False)}


def _open(path: Path, needed: dict[str, bool]) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidProblem(f"{path} cannot be read as Parquet: {error}") from error
    there = {field.name: field.type for field in file.schema_arrow}
    for name, whole in needed.items():
        if name not in there:
            raise InvalidProblem(f"{path} has no column {name!r}; it has: {', '.join(sorted(there))}.")
        if not (pa.types.is_integer(there[name]) or (not whole and pa.types.is_floating(there[name]))):
            kind = "whole numbers" if whole else "numbers"
            raise InvalidProblem(f"The column {name!r} of {path} holds {there[name]}; it must hold {kind}.")
    return file


def _parts(file: pq.ParquetFile, names: Iterable[str], path: Path) -> Iterator[pa.RecordBatch]:
    try:
        yield from file.iter_batches(batch_size=PART_ROWS, columns=list(names))
    except (pa.ArrowInvalid, OSError) as error:
        raise InvalidProblem(f"{path} is damaged: {error}") from error


def _persons(file: pq.ParquetFile, path: Path) -> tuple[Ids, Ids]:
    """Return the ids of all persons, ascending, and how many candidates each has.

    What parts hold is put together whenever it has grown as large as what is known already, so that the work does
    not grow with the square of the parts.
    """
    known = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    waiting: list[tuple[Ids, Ids]] = []
    row = 0
    for part in _parts(file, ["person"], path):
        waiting.append(np.unique(checked_numbers(part, "person", row, path), return_counts=True))
        row += part.num_rows
        if sum(len(ids) for ids, _ in waiting) >= max(len(known[0]), PART_ROWS):
            known, waiting = _together([known, *waiting]), []
    return _together([known, *waiting])


def _together(counted: list[tuple[Ids, Ids]]) -> tuple[Ids, Ids]:
    ids, place = np.unique(np.concatenate([ids for ids, _ in counted]), return_inverse=True)
    counts = np.zeros(len(ids), np.int64)
    np.add.at(counts, place, np.concatenate([times for _, times in counted]))
    return ids, counts


def checked_numbers(part: pa.RecordBatch, name: str, before: int, path: Path | str) -> NDArray[Any]:
    """Return a column; every cell of it must be a finite number."""
    column = part.column(name)
    if column.null_count:
        row = before + int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise InvalidProblem(f"The column {name!r} of {path} is empty in row {row + 1}; give every cell a number.")
    cells: NDArray[Any] = column.to_numpy(zero_copy_only=False)
    least: float
    most: float
    if name in IDS:
        least, most = np.iinfo(np.int64).min, np.iinfo(np.int64).max
    elif name in COUNTS:
        least, most = np.iinfo(np.int32).min, np.iinfo(np.int32).max
    else:
        least, most = -float(np.finfo(np.float32).max), float(np.finfo(np.float32).max)
    wrong = ~((cells >= least) & (cells <= most))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise InvalidProblem(
            f"The column {name!r} of {path} holds {cells[at]} in row {before + at + 1}; give a finite number from "
            f"{least:.4g} to {most:.4g}."
        )
    return cells.astype(np.int64, copy=False) if name in IDS else cells


def _array(folder: Path | None, name: str, shape: tuple[int, ...], kind: type) -> NDArray[Any]:
    if folder is None or 0 in shape:
        array: NDArray[Any] = np.empty(shape, kind)
        if folder is not None:
            np.save(folder / f"{name}.npy", array)
        return array
    mapped: NDArray[Any] = np.lib.format.open_memmap(folder / f"{name}.npy", mode="w+", dtype=kind, shape=shape)
    return mapped


@compiled()
def _scatter(
    ranks: NDArray[np.int64],
    order: NDArray[np.int64],
    options: NDArray[np.int32],
    values: NDArray[np.float32],
    uses: NDArray[np.float32],
    following: NDArray[np.int64],
    option: NDArray[np.int32],
    value: NDArray[np.float32],
    columns: NDArray[np.float32],
) -> None:
    """Put candidates to their persons' next free places, in this order; ``ranks`` are of the persons in it."""
    for at in range(ranks.shape[0]):
        row = order[at]
        place = following[ranks[at]]
        following[ranks[at]] = place + 1
        option[place] = options[row]
        value[place] = values[row]
        for column in range(uses.shape[1]):
            columns[place, column] = uses[row, column]


@compiled()
def _sort_within(
    first: NDArray[np.int64],
    option: NDArray[np.int32],
    value: NDArray[np.float32],
    columns: NDArray[np.float32],
) -> int:
    """Sort each person's candidates by option; return the place of one that comes twice, or -1."""
    for person in range(first.shape[0] - 1):
        start, end = first[person], first[person + 1]
        rising = True
        for place in range(start + 1, end):
            rising &= option[place] > option[place - 1]
        if rising:
            continue
        order = np.argsort(option[start:end], kind="mergesort")
        sorted_options = option[start:end][order]
        sorted_values = value[start:end][order]
        sorted_columns = columns[start:end][order]
        option[start:end] = sorted_options
        value[start:end] = sorted_values
        columns[start:end] = sorted_columns
        for place in range(start + 1, end):
            if option[place] == option[place - 1]:
                return place
    return -1
