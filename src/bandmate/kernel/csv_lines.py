"""CSV for people's spreadsheets (RFC 4180), in which no text is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_line(cells: Iterable[object]) -> str:
    """Write one line with its end; None is an empty cell.

    A text that begins as a formula does gets an apostrophe before it (OWASP, CSV injection); numbers do not.
    """
    line = io.StringIO()
    csv.writer(line).writerow([_as_text(cell) for cell in cells])
    return line.getvalue()


def _as_text(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
