"""The file a backup is: a tar that any tar program lists, written and read as a stream.

bandmate-backup.json                 first: who wrote it, which schema, when
tables/<schema>.<table>/<n>.copy.gz  rows in PostgreSQL's COPY text format, in pieces of bounded size
archive/<path>                       the archive's files as they lie there, logs before payloads
archive-listing/<n>.copy.gz          instead, where the archive is in a remote store: size, tab, path
manifest.json                        tables with columns, rows and SHA-256; sequences; settings without secrets
manifest.json.sha256                 last: a file without it was cut off
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import orjson

from bandmate.kernel.errors import InvalidInput

FORMAT = 1
HEADER = "bandmate-backup.json"
MANIFEST = "manifest.json"
SEAL = "manifest.json.sha256"
ARCHIVE = "archive/"
LISTING = "archive-listing/"

PIECE_BYTES = 16 << 20
_LONGEST_ROW = 1 << 30  # what PostgreSQL can COPY
_READ_BYTES = 1 << 20
_LEVEL = 4  # zlib; beyond it a copy takes far longer and is hardly smaller

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Header:
    """Who wrote a backup."""

    format: int
    program: str
    """Version of the program."""
    revision: str
    """Revision of the schema."""
    taken_at: str
    """Instant of the snapshot, RFC 3339 UTC."""


@dataclass(frozen=True, slots=True)
class TableCopy:
    """The rows of one table."""

    name: str
    """Schema and table: ``kernel.event``."""
    columns: list[str]
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ArchiveCopy:
    """The archive's files."""

    place: str
    is_held: bool
    """Whether the files are in this backup; else only their list is, for they lie in a store of their own."""
    files: int
    bytes: int
    sha256: str
    """Over each file's path, size and bytes; over the list where only that is held."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds."""

    header: Header
    tables: list[TableCopy]
    sequences: dict[str, int]
    """Last value of each used sequence by schema and name."""
    archive: ArchiveCopy
    settings: dict[str, Any]
    """For a person to read; never applied."""


class Summing:
    """Counts and hashes what passes."""

    def __init__(self) -> None:
        self.bytes = 0
        self._hash = hashlib.sha256()

    def add(self, data: bytes) -> None:
        """Take in some bytes."""
        self.bytes += len(data)
        self._hash.update(data)

    def begin_file(self, path: str, size: int) -> None:
        """Take in the path and the size of the file whose bytes follow."""
        self._hash.update(f"{path}\0{size}\0".encode())

    def add_file(self, path: str, size: int, body: IO[bytes]) -> None:
        """Take in a file: its path, its size, its bytes."""
        self.begin_file(path, size)
        while chunk := body.read(_READ_BYTES):
            self.add(chunk)

    @property
    def sha256(self) -> str:
        """The hash so far, hex."""
        return self._hash.hexdigest()


class BackupWriter:
    """Writes members one after another; memory stays bounded, however many there are."""

    def __init__(self, out: IO[bytes], mtime: int) -> None:
        self._tar = tarfile.open(fileobj=out, mode="w:", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed in finish
        self._mtime = mtime

    def add(self, name: str, size: int, body: IO[bytes]) -> None:
        """Add ``size`` bytes of ``body`` under a name."""
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, self._mtime, 0o600
        self._tar.addfile(member, body)
        _forget(self._tar)

    def add_bytes(self, name: str, body: bytes) -> None:
        """Add some bytes under a name."""
        self.add(name, len(body), io.BytesIO(body))

    def add_stream(self, folder: str, chunks: Iterator[bytes], summing: Summing) -> None:
        """Add a stream of unknown length, in compressed pieces."""
        piece, held, number = [], 0, 0
        for chunk in chunks:
            summing.add(chunk)
            piece.append(chunk)
            held += len(chunk)
            if held >= PIECE_BYTES and chunk.endswith(
                b"\n"
            ):  # a piece is whole rows: COPY escapes other line ends
                self._add_piece(folder, number, piece)
                piece, held, number = [], 0, number + 1
        if piece:
            self._add_piece(folder, number, piece)

    def _add_piece(self, folder: str, number: int, chunks: list[bytes]) -> None:
        body = gzip.compress(b"".join(chunks), _LEVEL, mtime=0)
        self.add_bytes(f"{folder}{number:06}.copy.gz", body)

    def finish(self, manifest: Manifest) -> None:
        """Add the manifest and its seal."""
        body = orjson.dumps(asdict(manifest), option=orjson.OPT_INDENT_2)
        self.add_bytes(MANIFEST, body)
        self.add_bytes(SEAL, hashlib.sha256(body).hexdigest().encode())
        self._tar.close()


class BackupReader:
    """Reads a backup's members in their order."""

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._tar = tarfile.open(file, "r:")  # noqa: SIM115 - closed by close
        except tarfile.TarError as error:
            raise InvalidInput(f"{file} is no backup: {error}.") from error

    def close(self) -> None:
        """Close the file."""
        self._tar.close()

    def header(self) -> Header:
        """Read the first member.

        Raises:
            InvalidInput: when this is no backup, or one of a format that this program does not know.
        """
        found = self._next()
        if found is None or found[0].name != HEADER:
            raise InvalidInput(f"{self.file} is no backup of Bandmate: it does not begin with {HEADER}.")
        try:
            stated = self._parsed(found[1].read(), dict)
        except tarfile.TarError as error:
            raise self.damaged(str(error)) from error
        if stated.get("format") != FORMAT:
            raise InvalidInput(
                f"{self.file} was written by Bandmate {stated.get('program')} in format {stated.get('format')}, "
                "which this version does not know. Use that version or a newer one."
            )
        return self._parsed(orjson.dumps(stated), lambda record: Header(**record))

    def members(self) -> Iterator[tuple[str, int, IO[bytes]]]:
        """Yield name, size and bytes of each member behind the header, the manifest's included."""
        while (found := self._next()) is not None:
            member, body = found
            yield member.name, member.size, body

    def _next(self) -> tuple[tarfile.TarInfo, IO[bytes]] | None:
        try:
            member = self._tar.next()
            _forget(self._tar)
            body = self._tar.extractfile(member) if member is not None else None
        except tarfile.TarError as error:
            raise self.damaged(str(error)) from error
        if member is None:
            return None
        if body is None:
            raise self.damaged(f"{member.name} is no file")
        return member, body

    def unpack(self, name: str, body: IO[bytes]) -> bytes:
        """Return a piece of a stream, uncompressed; never more than a piece may be."""
        engine = zlib.decompressobj(wbits=31)  # 31: gzip with its checksum
        try:
            unpacked = engine.decompress(body.read(), PIECE_BYTES + _LONGEST_ROW)
        except (zlib.error, tarfile.TarError) as error:
            raise self.damaged(f"{name}: {error}") from error
        if not engine.eof:
            raise self.damaged(f"{name} does not end")
        return unpacked

    def manifest(self, body: bytes, seal: bytes | None) -> Manifest:
        """Read the manifest, if its seal is right."""
        if seal is None or hashlib.sha256(body).hexdigest().encode() != seal:
            raise self.damaged("it is cut off, or its manifest was changed")
        return self._parsed(
            body,
            lambda record: Manifest(
                header=Header(**record["header"]),
                tables=[TableCopy(**table) for table in record["tables"]],
                sequences=record["sequences"],
                archive=ArchiveCopy(**record["archive"]),
                settings=record["settings"],
            ),
        )

    def _parsed(self, body: bytes, build: Callable[[Any], Record]) -> Record:
        try:
            return build(orjson.loads(body))
        except (ValueError, TypeError, KeyError) as error:
            raise self.damaged(str(error)) from error

    def damaged(self, what: str) -> InvalidInput:
        """Return the error that says so."""
        return InvalidInput(f"{self.file} is damaged ({what}). Nothing was restored from it; take another backup.")


def _forget(tar: tarfile.TarFile) -> None:
    """Have the tar forget the members that have passed: it would hold all of them for as long as it is open."""
    tar.members.clear()  # type: ignore[attr-defined] # there since Python 2, and not in the stubs


def verify(file: Path, check: Callable[[Header], None] = lambda _: None) -> Manifest:
    """Read a backup from end to end and compare everything in it with its manifest.

    Args:
        file: the backup.
        check: called with the header, before the rest is read; may raise.

    Raises:
        InvalidInput: when it is no backup, is damaged or cut off, or of an unknown format.
    """
    reader = BackupReader(file)
    try:
        header = reader.header()
        check(header)
        return _verify(reader, header)
    finally:
        reader.close()


def _verify(reader: BackupReader, header: Header) -> Manifest:
    streams: dict[str, Summing] = {}
    archive, files = Summing(), 0
    body, seal = b"", None
    try:
        for name, size, content in reader.members():
            if name == MANIFEST:
                body = content.read()
            elif name == SEAL:
                seal = content.read()
            elif name.startswith(ARCHIVE):
                archive.add_file(name.removeprefix(ARCHIVE), size, content)
                files += 1
            else:
                folder = name.rpartition("/")[0]
                streams.setdefault(folder, Summing()).add(reader.unpack(name, content))
    except tarfile.TarError as error:
        raise reader.damaged(str(error)) from error
    manifest = reader.manifest(body, seal)
    listing = streams.pop(LISTING.rstrip("/"), None)
    found = archive if manifest.archive.is_held else listing or Summing()
    held = manifest.archive.files if not manifest.archive.is_held else files
    if manifest.header != header or (found.sha256, held) != (manifest.archive.sha256, manifest.archive.files):
        raise reader.damaged("the archive's files are not those that were backed up")
    for table in manifest.tables:
        copied = streams.pop(f"tables/{table.name}", Summing())
        if (copied.sha256, copied.bytes) != (table.sha256, table.bytes):
            raise reader.damaged(f"the rows of {table.name} are not those that were backed up")
    if streams:
        raise reader.damaged(f"{min(streams)} is not in its manifest")
    return manifest
