"""The trail as files: CSV for spreadsheets, NDJSON for programs. Both hold ids and no names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from bandmate.kernel.audit.queries import Entry
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.csv_lines import csv_line

COLUMNS = ("position", "at", "by", "action", "subject", "address", "details", "seal")


def record(entry: Entry) -> dict[str, object]:
    """Return an entry as the API and the exports give it; ``by`` is a person's id or a system's name."""
    return {
        "position": entry.position,
        "at": rfc3339(entry.at),
        "by": str(entry.by_person or entry.by_system),
        "action": entry.action,
        "subject": entry.subject,
        "address": entry.address,
        "details": dict(entry.details),
        "seal": entry.seal,
    }


def ndjson(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Write one JSON object a line."""
    for entry in entries:
        yield orjson.dumps(record(entry), option=orjson.OPT_APPEND_NEWLINE)


def comma_separated(entries: Iterable[Entry]) -> Iterator[bytes]:
    """Write CSV (RFC 4180) with a header; details are JSON in one cell."""
    yield csv_line(COLUMNS).encode()
    for entry in entries:
        values = {**record(entry), "details": orjson.dumps(dict(entry.details)).decode() if entry.details else ""}
        yield csv_line(values[column] for column in COLUMNS).encode()
