"""Verbatim payloads in a folder: written once, named by content and time, never changed.

Payloads may be stored compressed (``.gz``); their name carries the SHA-256 of the uncompressed bytes, which is
checked whenever one is read.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from bandmate.kernel.errors import BandmateError, NotFound


class ArchiveDamaged(BandmateError):
    """A payload in the archive is not what its name says."""

    slug = "archive-damaged"
    title = "A payload in the archive is damaged"


class Archive:
    """A folder of payloads and line logs. Paths are relative, with ``/``, and never leave the folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def _locate(self, path: str) -> Path:
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts:
            raise ArchiveDamaged(
                f"The archive at {self.root} names {path!r}, which lies outside it; it was not read."
            )
        return self.root / relative

    def has(self, path: str) -> bool:
        """Whether a payload stands at ``path``."""
        return self._locate(path).is_file()

    def write(self, path: str, payload: bytes) -> None:
        """Store ``payload`` at ``path``; a payload that is there already is left as it is.

        The file appears whole or not at all, whenever the process dies, and is on disk when this returns.
        """
        target = self._locate(path)
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        body = gzip.compress(payload, mtime=0) if path.endswith(".gz") else payload
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".writing-", delete=False) as draft:
            draft.write(body)
            draft.flush()
            os.fsync(draft.fileno())
        Path(draft.name).replace(target)

    def read(self, path: str, sha256: str) -> bytes:
        """Return the uncompressed payload at ``path``.

        Raises:
            NotFound: when there is none.
            ArchiveDamaged: when it cannot be read or decompressed, or is not the one with this SHA-256 (hex).
        """
        target = self._locate(path)
        try:
            stored = target.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"The archive at {self.root} has no payload {path}.") from error
        except OSError as error:
            raise ArchiveDamaged(f"{target} cannot be read: {error.strerror}.") from error
        try:
            payload = gzip.decompress(stored) if path.endswith(".gz") else stored
        except (OSError, EOFError, zlib.error) as error:
            raise ArchiveDamaged(f"{target} cannot be decompressed: {error}") from error
        found = hashlib.sha256(payload).hexdigest()
        if found != sha256:
            raise ArchiveDamaged(f"{target} should have SHA-256 {sha256} but has {found}.")
        return payload

    def adopt(self, other: Archive, path: str) -> None:
        """Copy a payload from another archive, byte for byte, unless it is here already."""
        target, source = self._locate(path), other._locate(path)
        if target.exists() or not source.is_file():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".writing-", delete=False) as draft:
            draft.close()
            shutil.copyfile(source, draft.name)
        Path(draft.name).replace(target)

    def append_lines(self, path: str, lines: list[bytes]) -> None:
        """Append whole lines to a log with one write, so that several processes may append at once."""
        if not lines:
            return
        target = self._locate(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            os.write(descriptor, b"".join(line + b"\n" for line in lines))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a log; nothing when there is no such log."""
        try:
            with self._locate(path).open("rb") as log:
                for line in log:
                    if line.strip():
                        yield line
        except FileNotFoundError:
            return
