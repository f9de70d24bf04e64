"""Lines of CSV: read back as they were, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandmate.kernel.csv_lines import csv_line


@given(cells=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_nothing_is_lost_and_nothing_computed(cells: list[str]) -> None:
    """Quotes, commas and line ends come back; only the mark before a formula is added."""
    (row,) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    for read, cell in zip(row, cells, strict=True):
        assert read in (cell, f"'{cell}")
        assert not read.startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("cell", "written"),
    [(None, ""), (-1.5, "-1.5"), (-3, "-3"), ("-3", "'-3"), ("=1+1", "'=1+1"), ("\rx", '"\'\rx"'), ("a", "a")],
)
def test_numbers_stay_numbers(cell: object, written: str) -> None:
    """A number may be negative; a text that looks like one is a text."""
    assert csv_line(["x", cell]) == f"x,{written}\r\n"
