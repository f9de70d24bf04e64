"""An archive in a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO

from bandmate.kernel.archive.interface import (
    Archive,
    ArchiveDamaged,
    StoredFile,
    inside,
    is_log,
    packed,
    unpacked,
)
from bandmate.kernel.errors import NotFound

_DRAFT = ".writing-"


class FolderArchive:
    """Payloads as files below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def place(self) -> Path:
        """The folder, however it was written."""
        return self.root.resolve()

    def _locate(self, path: str) -> Path:
        return self.root / inside(path, self.root)

    def name_of(self, path: str) -> str:
        """Return the file's name."""
        return str(self._locate(path))

    def has(self, path: str) -> bool:
        """Whether a file stands at ``path``."""
        return self._locate(path).is_file()

    def has_log(self, path: str) -> bool:
        """Whether a file stands at ``path``: a log here is one piece."""
        return self.has(path)

    def write(self, path: str, payload: bytes) -> None:
        """Store a payload under another name, wait for the disk, and give it its name."""
        target = self._locate(path)
        if target.exists():
            return

        def fill(draft: IO[bytes]) -> None:
            draft.write(packed(path, payload))
            draft.flush()
            os.fsync(draft.fileno())

        _place(target, fill)

    def read(self, path: str, sha256: str) -> bytes:
        """Return the uncompressed payload; see ``Archive.read``."""
        target = self._locate(path)
        try:
            stored = target.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"The archive at {self.root} has no payload {path}.") from error
        except OSError as error:
            raise ArchiveDamaged(f"{target} cannot be read: {error.strerror}.") from error
        return unpacked(path, stored, sha256, str(target))

    def stored(self, path: str) -> bytes | None:
        """Return a file's bytes."""
        try:
            return self._locate(path).read_bytes()
        except FileNotFoundError:
            return None

    def put_stored(self, path: str, body: IO[bytes], size: int) -> None:
        """Copy bytes into a file; what is there already is left as it is."""
        target = self._locate(path)
        if target.exists():
            return

        def fill(draft: IO[bytes]) -> None:
            shutil.copyfileobj(body, draft)
            if draft.tell() != size:
                raise ArchiveDamaged(f"{target} should have {size} bytes, but only {draft.tell()} came.")
            draft.flush()
            os.fsync(draft.fileno())

        _place(target, fill)

    def adopt(self, other: Archive, paths: Sequence[str]) -> None:
        """Copy payloads; the disk is not waited for, because the other archive still has them."""
        for path in paths:
            target = self._locate(path)
            if target.exists():
                continue
            stored = other.stored(path)
            if stored is not None:
                _place(target, partial(_fill, stored))

    def append_lines(self, path: str, lines: Sequence[bytes]) -> None:
        """Append all of the lines or none: on a full disk a write may stop anywhere and call that a success."""
        if not lines:
            return
        target = self._locate(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        whole = b"".join(line + b"\n" for line in lines)
        try:
            # Appending is kept apart from others' by the system, taking back what was appended is not.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            before = os.fstat(descriptor).st_size
            try:
                if os.write(descriptor, whole) < len(whole):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))  # noqa: TRY301 - undone below
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a log."""
        try:
            with self._locate(path).open("rb") as log:
                for line in log:
                    if line.strip():
                        yield line
        except FileNotFoundError:
            return

    def files(self) -> Iterator[StoredFile]:
        """Yield logs, then payloads; unfinished files are left out."""
        for wanted in (True, False):
            for folder, folders, names in os.walk(self.root):
                folders.sort()
                for name in sorted(names):
                    if is_log(name) is wanted and not name.startswith(_DRAFT):
                        file = Path(folder, name)
                        yield StoredFile(file.relative_to(self.root).as_posix(), file.stat().st_size)

    def probe(self) -> None:
        """Write, read and remove a small file."""
        name = f"{_DRAFT}probe-{uuid.uuid4().hex}"
        try:
            self.write(name, b"probe")
            if self.stored(name) != b"probe":
                raise ArchiveDamaged(f"{self.name_of(name)} was read back as something else.")
        finally:
            with suppress(FileNotFoundError):
                self._locate(name).unlink()


def _fill(body: bytes, draft: IO[bytes]) -> None:
    draft.write(body)


def _place(target: Path, fill: Callable[[IO[bytes]], None]) -> None:
    """Make a file appear whole: filled under another name, then renamed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=_DRAFT, delete=False) as draft:
        try:
            fill(draft)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise
    Path(draft.name).replace(target)
