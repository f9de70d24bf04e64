"""Bulk export as NDJSON, gzipped NDJSON or Parquet, by the name of the file; ``-`` is standard output."""

from __future__ import annotations

import gzip
import itertools
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from bandmate.kernel.errors import InvalidInput
from bandmate.postings.records import Record

PARQUET_ROWS = 10_000
"""Rows of a Parquet row group; the memory an export needs."""

_NUMBERS = {"salary_min", "salary_max", "location_confidence", "occupation_score"}
_FLAGS = {"active", "is_remote", "launch_included"}


def write_rows(rows: Iterable[Record], out: str) -> int:
    """Write rows to ``out`` and return how many; a file appears whole or not at all.

    Raises:
        InvalidInput: when the name says no format we write, the folder is not there, or it is one itself.
    """
    if out == "-":
        return _write_lines(rows, sys.stdout.buffer)
    target = Path(out)
    if not target.name.endswith((".ndjson", ".ndjson.gz", ".parquet")):
        raise InvalidInput(
            f"{out!r} says no format; end it in .ndjson, .ndjson.gz or .parquet, or use - for stdout."
        )
    if target.is_dir():
        raise InvalidInput(f"{target} is a folder; name a file.")
    if not target.parent.is_dir():
        raise InvalidInput(f"The folder {target.parent} does not exist; create it first.")
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".export-", delete=False) as draft:
        try:
            count = _write_file(rows, draft, target.name)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    Path(draft.name).chmod(0o644)
    Path(draft.name).replace(target)
    return count


def _write_file(rows: Iterable[Record], draft: IO[bytes], name: str) -> int:
    if name.endswith(".parquet"):
        return _write_parquet(rows, draft)
    if name.endswith(".gz"):
        # No name and no time in the header: the same rows give the same bytes.
        with gzip.GzipFile(filename="", fileobj=draft, mode="wb", mtime=0) as packed:
            return _write_lines(rows, packed)
    return _write_lines(rows, draft)


def _write_lines(rows: Iterable[Record], out: IO[bytes] | gzip.GzipFile) -> int:
    count = 0
    for row in rows:
        out.write(orjson.dumps(row) + b"\n")
        count += 1
    out.flush()
    return count


def _write_parquet(rows: Iterable[Record], out: IO[bytes]) -> int:
    batches = _batched(rows)
    first = next(batches, [])
    schema = pa.schema([(name, _type(name)) for name in first[0]] if first else [])
    count = 0
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for batch in itertools.chain([first] if first else [], batches):
            writer.write_table(pa.Table.from_pylist([_flat(row) for row in batch], schema=schema))
            count += len(batch)
    return count


def _batched(rows: Iterable[Record]) -> Iterator[list[Record]]:
    remaining = iter(rows)
    while batch := list(itertools.islice(remaining, PARQUET_ROWS)):
        yield batch


def _type(name: str) -> pa.DataType:
    if name in _NUMBERS:
        return pa.float64()
    if name in _FLAGS:
        return pa.bool_()
    if name.endswith(("_at", "_since", "_through")):
        return pa.timestamp("ms", tz="UTC")
    if name == "job_ids":
        return pa.list_(pa.string())
    return pa.string()


def _flat(row: Record) -> Record:
    return {name: _cell(name, value) for name, value in row.items()}


def _cell(name: str, value: Any) -> Any:
    kind = _type(name)
    if isinstance(value, str):
        return datetime.fromisoformat(value) if pa.types.is_timestamp(kind) else value
    if value is None:
        return None
    if pa.types.is_string(kind) or (isinstance(value, Sequence) and not pa.types.is_list(kind)):
        return orjson.dumps(value).decode()
    return float(value) if pa.types.is_floating(kind) else value
