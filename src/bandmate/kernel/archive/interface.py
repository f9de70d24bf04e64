"""What every archive can do, wherever its payloads lie; ``tests/kernel/test_archive.py`` holds each kind to it.

Payloads may be stored compressed (``.gz``); their name carries the SHA-256 of the uncompressed bytes, which is
checked whenever one is read. Paths are relative, with ``/``, and never leave the archive.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from bandmate.kernel.errors import BandmateError


class ArchiveDamaged(BandmateError):
    """A payload in the archive is not what its name says."""

    slug = "archive-damaged"
    title = "A payload in the archive is damaged"


@dataclass(frozen=True, slots=True)
class RemotePlace:
    """A bucket of an S3-compatible store, and the prefix under which our payloads lie in it."""

    bucket: str
    prefix: str
    """Without slashes at its ends; empty for the whole bucket."""
    endpoint: str | None = None
    """The store's address; None for what the AWS variables say."""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


ArchivePlace = Path | RemotePlace
"""Where an archive is."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of an archive as it lies there."""

    path: str
    size: int
    """Bytes as stored."""


class Archive(Protocol):
    """Payloads and line logs in one place.

    Every method raises ``Unavailable`` when the place does not answer, and ``OSError`` when the operating system
    refuses; nothing half-written is ever seen by a reader.
    """

    @property
    def place(self) -> ArchivePlace:
        """Where it is; equal places are the same archive."""

    def name_of(self, path: str) -> str:
        """Return the full name of a payload or log, for messages.

        Raises:
            ArchiveDamaged: when the path leaves the archive; so do all methods that take a path.
        """

    def has(self, path: str) -> bool:
        """Whether a payload or log stands at ``path``."""

    def write(self, path: str, payload: bytes) -> None:
        """Store ``payload`` at ``path``; a payload that is there already is left as it is.

        It appears whole or not at all, whenever the process dies, and is stored for good when this returns.
        """

    def read(self, path: str, sha256: str) -> bytes:
        """Return the uncompressed payload at ``path``.

        Raises:
            NotFound: when there is none.
            ArchiveDamaged: when it cannot be read or decompressed, or is not the one with this SHA-256 (hex).
        """

    def stored(self, path: str) -> bytes | None:
        """Return the bytes at ``path`` as they lie there, None where there is nothing."""

    def put_stored(self, path: str, body: IO[bytes], size: int) -> None:
        """Store ``size`` bytes of ``body`` at ``path`` as they are, unless something is there already."""

    def adopt(self, other: Archive, paths: Sequence[str]) -> None:
        """Copy payloads from another archive, byte for byte, except those that are here already or not there."""

    def append_lines(self, path: str, lines: Sequence[bytes]) -> None:
        """Append whole lines to a log in one go, so that several processes may append at once."""

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a log; nothing when there is no such log."""

    def has_log(self, path: str) -> bool:
        """Whether a log stands at ``path``, in however many pieces."""

    def files(self) -> Iterator[StoredFile]:
        """Yield all files, logs before payloads: whatever a log names then follows, also while others write."""

    def probe(self) -> None:
        """Write, read and remove a small file; raises when one of the three cannot be done."""


def is_log(path: str) -> bool:
    """Tell a log, which grows, from a payload, which never changes."""
    return path.endswith(".ndjson")


def inside(path: str, where: object) -> PurePosixPath:
    """Return ``path`` when it stays in the archive.

    Raises:
        ArchiveDamaged: when it does not.
    """
    relative = PurePosixPath(path)
    if relative.is_absolute() or ".." in relative.parts:
        raise ArchiveDamaged(f"The archive at {where} names {path!r}, which lies outside it; it was not read.")
    return relative


def packed(path: str, payload: bytes) -> bytes:
    """Return a payload as it is stored at ``path``; the same payload always gives the same bytes."""
    return gzip.compress(payload, mtime=0) if path.endswith(".gz") else payload


def unpacked(path: str, stored: bytes, sha256: str, name: str) -> bytes:
    """Return the payload that was stored at ``path``.

    Raises:
        ArchiveDamaged: when it cannot be decompressed or is not the one with this SHA-256 (hex).
    """
    try:
        payload = gzip.decompress(stored) if path.endswith(".gz") else stored
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveDamaged(f"{name} cannot be decompressed: {error}") from error
    found = hashlib.sha256(payload).hexdigest()
    if found != sha256:
        raise ArchiveDamaged(f"{name} should have SHA-256 {sha256} but has {found}.")
    return payload
