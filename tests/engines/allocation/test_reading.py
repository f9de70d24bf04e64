"""Candidates from Parquet: any order gives the same, and what cannot be used is named with its row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bandmate.engines.allocation import InvalidProblem, Kind, Limits, Row, reading
from bandmate.engines.allocation.reading import Stored, read_candidates

LIMITS = Limits(1, (Row("volume", "volume", Kind.CAP, 5.0), Row("again", "value", Kind.CAP, 9.0)))


def table(**columns: Any) -> dict[str, Any]:
    """Return good columns, with some of them replaced."""
    good = {
        "person": pa.array([7, 7, 9], pa.int64()),
        "option": pa.array([1, 2, 1], pa.int32()),
        "value": pa.array([0.5, 1.5, -1.0], pa.float32()),
        "volume": pa.array([1, 1, 1], pa.float32()),
    }
    return good | columns


def written(folder: Path, columns: dict[str, Any], rows: int = 1 << 20) -> Path:
    """Write a Parquet file with row groups of so many rows."""
    path = folder / "candidates.parquet"
    pq.write_table(pa.table(columns), path, row_group_size=rows)
    return path


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read 50 rows at a time."""
    monkeypatch.setattr(reading, "PART_ROWS", 50)


@pytest.mark.parametrize("in_files", [False, True], ids=["in memory", "in files"])
@pytest.mark.parametrize("rows", [1 << 20, 17], ids=["one row group", "many row groups"])
@pytest.mark.usefixtures("small_parts")
def test_any_order_gives_the_same(tmp_path: Path, rows: int, in_files: bool) -> None:
    """Rows in any order, over parts and row groups, come out by person and option."""
    random = np.random.default_rng(3)
    person = np.repeat(random.choice(10**12, 60, replace=False) - 10**11, 5)
    option = np.tile(np.arange(5) * 7 - 9, 60)
    shuffled = random.permutation(300)
    value, volume = random.normal(size=300), random.random(300)
    columns: dict[str, np.ndarray] = {
        "person": person,
        "option": option.astype(np.int32),
        "value": value,
        "volume": volume,
    }
    path = written(tmp_path, {name: cells[shuffled] for name, cells in columns.items()}, rows)
    found = read_candidates(path, LIMITS, tmp_path if in_files else None)
    if in_files:
        found = Stored(tmp_path).open()
    order = np.lexsort((option, person))
    assert found.person.tolist() == sorted(set(person.tolist()))
    assert np.diff(found.first).tolist() == [5] * 60
    assert found.option.tolist() == option[order].tolist()
    assert found.value.tolist() == value[order].astype(np.float32).tolist()
    assert found.columns[:, 0].tolist() == volume[order].astype(np.float32).tolist()
    assert found.columns[:, 1].tolist() == found.value.tolist()


def test_ids_at_the_ends_of_their_range_stay_what_they_are(tmp_path: Path) -> None:
    """No id passes through a floating point number."""
    ids = [-(2**63), 2**63 - 2, 2**63 - 1]
    found = read_candidates(written(tmp_path, table(person=pa.array(ids, pa.int64()))), LIMITS)
    assert found.person.tolist() == ids


def test_other_widths_are_read(tmp_path: Path) -> None:
    """What pandas writes, 64 bits everywhere, is read as well; so are whole numbers as uses."""
    wide = table(option=[1, 2, 1], value=pa.array([0.5, 1.5, -1.0], pa.float64()), volume=pa.array([1, 0, 1]))
    found = read_candidates(written(tmp_path, wide), LIMITS)
    assert found.columns.tolist() == [[1, 0.5], [0, 1.5], [1, -1]]


@pytest.mark.parametrize("in_files", [False, True], ids=["in memory", "in files"])
@pytest.mark.parametrize("rows", [(), (Row("volume", "volume", Kind.CAP, 5.0),)], ids=["no row", "one row"])
@pytest.mark.parametrize("size", [0, 3])
def test_nothing_is_read_as_nothing(tmp_path: Path, size: int, rows: tuple[Row, ...], in_files: bool) -> None:
    """A file without candidates, and limits without rows, are problems like others."""
    path = written(tmp_path, {name: column.slice(0, size) for name, column in table().items()})
    found = read_candidates(path, Limits(1, rows), tmp_path if in_files else None)
    if in_files:
        found = Stored(tmp_path).open()
    assert found.columns.shape == (size, len(rows))
    assert len(found.first) == found.persons + 1


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"person": pa.array([7, None, 9], pa.int64())}, "'person' of .* is empty in row 2"),
        ({"value": pa.array([1, 2, None], pa.float32())}, "'value' of .* is empty in row 3"),
        ({"value": pa.array([1, float("nan"), 2], pa.float32())}, "'value' of .* holds nan in row 2"),
        ({"volume": pa.array([1, 2, float("-inf")], pa.float32())}, "'volume' of .* holds -inf in row 3"),
        ({"value": pa.array([1, 2, 1e39], pa.float64())}, r"'value' of .* holds 1e\+39 in row 3"),
        ({"option": pa.array([1, 2, 2**31], pa.int64())}, "'option' of .* holds 2147483648 in row 3"),
        ({"option": pa.array([1, 2, -(2**63)], pa.int64())}, "'option' of .* holds -9223372036854775808 in row 3"),
        ({"person": pa.array([7, 7, 2**63], pa.uint64())}, "'person' of .* holds 9223372036854775808 in row 3"),
        ({"person": pa.array(["a", "b", "c"])}, "'person' of .* holds string; it must hold whole numbers"),
        ({"option": pa.array([1.0, 2.0, 3.0])}, "'option' of .* holds double; it must hold whole numbers"),
        ({"value": pa.array([True, False, True])}, "'value' of .* holds bool; it must hold numbers"),
        ({"option": pa.array([1, 1, 1], pa.int32())}, "the option 1 twice for the person 7"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, columns: dict[str, Any], words: str) -> None:
    """Each says which column and which row of the file."""
    with pytest.raises(InvalidProblem, match=words):
        read_candidates(written(tmp_path, table(**columns)), LIMITS)


@pytest.mark.usefixtures("small_parts")
def test_the_row_is_counted_over_parts(tmp_path: Path) -> None:
    """A fault in the second part is named by its row in the file."""
    value = np.ones(120)
    value[99] = np.nan
    columns = {"person": np.arange(120), "option": np.zeros(120, int), "value": value, "volume": np.ones(120)}
    with pytest.raises(InvalidProblem, match="row 100"):
        read_candidates(written(tmp_path, columns), LIMITS)


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    """So that a misspelt one is found."""
    columns = table()
    del columns["volume"]
    with pytest.raises(InvalidProblem, match="no column 'volume'; it has: option, person, value"):
        read_candidates(written(tmp_path, columns), LIMITS)


@pytest.mark.parametrize("content", [b"", b"person,option\n1,2\n"], ids=["empty", "CSV"])
def test_another_kind_of_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """Not Parquet, not a traceback."""
    path = tmp_path / "candidates.parquet"
    path.write_bytes(content)
    with pytest.raises(InvalidProblem, match="cannot be read as Parquet"):
        read_candidates(path, LIMITS)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    """Bytes that went wrong in the middle are no traceback."""
    path = written(tmp_path, table())
    content = bytearray(path.read_bytes())
    content[4:60] = bytes(56)
    path.write_bytes(content)
    with pytest.raises(InvalidProblem):
        read_candidates(path, LIMITS)
