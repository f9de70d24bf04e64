"""Backing up: every row of one snapshot, and the archive's files, in one file that appears whole or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, cast

import orjson
from psycopg import sql
from pydantic import BaseModel, SecretBytes, SecretStr
from sqlalchemy import text

from bandmate import __version__
from bandmate.kernel.archive import Archive, ArchivePlace, StoredFile, open_archive
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.database.migrating import MIGRATION_LOCK, present_revision
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.operations.backup_file import (
    ARCHIVE,
    FORMAT,
    HEADER,
    LISTING,
    ArchiveCopy,
    BackupWriter,
    Header,
    Manifest,
    Summing,
    TableCopy,
)
from bandmate.kernel.operations.catalogue import (
    TableShape,
    driver,
    our_schemas,
    sequence_values,
    speak_plainly,
    table_shapes,
)

Tell = Callable[[str], None]
"""Hears what is being done, for a person who waits."""

_SECRET_WORDS = ("secret", "password", "token", "key", "credential", "headers", "dsn", "url", "endpoint")
_LONGEST_LINE = 64 << 10


def back_up(database: Database, settings: Settings, target: Path, *, now: datetime, tell: Tell) -> Manifest:
    """Write a backup to ``target``.

    The rows are those of one snapshot. The archive is read afterwards, so that it holds every payload they name;
    what was archived meanwhile comes along, and a replay finds it. Others work on.

    Raises:
        Conflict: when something stands at ``target``: a backup is never overwritten.
        OSError: when it cannot be written; nothing is then left.
    """
    if target.exists():
        raise Conflict(f"{target} is there already, and a backup is never overwritten. Name another file.")
    with _draft(target) as out, _no_migration(database), database.read() as tx:
        speak_plainly(tx)
        writer = BackupWriter(out, int(now.timestamp()))
        revision = present_revision(tx)
        assert revision is not None, "commands refuse a database without our schema"  # noqa: S101 - held elsewhere
        header = Header(FORMAT, __version__, revision, rfc3339(now))
        writer.add_bytes(HEADER, orjson.dumps(header))
        schemas = our_schemas()
        tables = [_copy_table(tx, writer, shape, tell) for shape in table_shapes(tx, schemas)]
        sequences = sequence_values(tx, schemas)
        archive = _copy_archive(settings.archive_place, writer, tell)
        manifest = Manifest(header, tables, sequences, archive, shown_settings(settings))
        writer.finish(manifest)
    return manifest


@contextmanager
def _no_migration(database: Database) -> Iterator[None]:
    """Have migrations wait: the tables must be those of the revision that is written down."""
    with database.look() as guard:
        guard.execute(text("select pg_advisory_lock_shared(:key)"), {"key": MIGRATION_LOCK})
        try:
            yield
        finally:
            guard.execute(text("select pg_advisory_unlock_shared(:key)"), {"key": MIGRATION_LOCK})


def _copy_table(tx: Tx, writer: BackupWriter, shape: TableShape, tell: Tell) -> TableCopy:
    tell(shape.full_name)
    summing = Summing()
    statement = sql.SQL("copy {} ({}) to stdout").format(
        sql.Identifier(shape.schema, shape.name), sql.SQL(", ").join(map(sql.Identifier, shape.columns))
    )
    with driver(tx).cursor() as cursor:
        with cursor.copy(statement) as copy:
            writer.add_stream(f"tables/{shape.full_name}/", (bytes(row) for row in copy), summing)
        rows = cursor.rowcount
    return TableCopy(shape.full_name, list(shape.columns), rows, summing.bytes, summing.sha256)


def _copy_archive(place: ArchivePlace, writer: BackupWriter, tell: Tell) -> ArchiveCopy:
    archive = open_archive(place)
    if not isinstance(place, Path):
        return _list_archive(archive, writer, tell)
    summing, files = Summing(), 0
    for file in archive.files():
        if files % 1000 == 0:
            tell(f"archive: {files:,} files")
        with (place / file.path).open("rb") as body:
            size = _whole_lines(body, file)
            summing.begin_file(file.path, size)
            writer.add(ARCHIVE + file.path, size, cast("IO[bytes]", _Summed(body, summing)))
        files += 1
    return ArchiveCopy(str(place), is_held=True, files=files, bytes=summing.bytes, sha256=summing.sha256)


def _list_archive(archive: Archive, writer: BackupWriter, tell: Tell) -> ArchiveCopy:
    """Write down what a remote archive holds; the store keeps it."""
    tell(f"list of {archive.place}")
    files = size = 0

    def lines() -> Iterator[bytes]:
        nonlocal files, size
        for file in archive.files():
            files, size = files + 1, size + file.size
            yield f"{file.size}\t{file.path}\n".encode()

    summing = Summing()
    writer.add_stream(LISTING, lines(), summing)
    return ArchiveCopy(str(archive.place), is_held=False, files=files, bytes=size, sha256=summing.sha256)


def _whole_lines(body: IO[bytes], file: StoredFile) -> int:
    """Return how much of a file to take: of a log, which may be growing, up to the end of its last whole line."""
    if not file.path.endswith(".ndjson"):
        return file.size
    start = max(0, file.size - _LONGEST_LINE)
    body.seek(start)
    tail = body.read(file.size - start)
    body.seek(0)
    return start + tail.rfind(b"\n") + 1


class _Summed(io.RawIOBase):
    """An open file whose bytes are summed as they are read."""

    def __init__(self, body: IO[bytes], summing: Summing) -> None:
        self._body, self._summing = body, summing

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        chunk = self._body.read(size)
        self._summing.add(chunk)
        return chunk


@contextmanager
def _draft(target: Path) -> Iterator[IO[bytes]]:
    """Open a file beside the target that only its owner may read, and give it its name once it is on disk."""
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.writing-", delete=False) as draft:
        try:
            yield draft.file
            draft.flush()
            os.fsync(draft.fileno())
        except BaseException:
            with suppress(OSError):
                Path(draft.name).unlink()
            raise
    Path(draft.name).replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def shown_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings as far as anybody may read them: no secret, and nothing that may carry one."""
    return {name: value for name, value in _shown(settings).items() if value is not None}


def _shown(model: BaseModel) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        may_be_secret = any(word in name.lower() for word in _SECRET_WORDS)
        if name == "public_url" or not (may_be_secret or isinstance(value, (SecretStr, SecretBytes))):
            shown[name] = _plain(value)
    return shown


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return _shown(value)
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items() if isinstance(inner, BaseModel)}
    if isinstance(value, (bool, int, float)) or value is None:
        return value
    if isinstance(value, (tuple, list, set, frozenset)):
        return sorted(str(inner) for inner in value)
    written = str(value)
    return None if "@" in written and "://" in written else written
