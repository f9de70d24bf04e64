"""An archive in S3-compatible storage, through s3fs.

Storing an object is atomic there, and what was acknowledged is stored for good. Objects cannot be appended to, so
a log is many: each append is one object of its own beside the others, named by time and chance, and no two writers
ever meet. Credentials come from the AWS_* variables, files or roles that every S3 client reads.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any, TypeVar

import s3fs
from botocore.exceptions import BotoCoreError, ClientError

from bandmate.kernel.archive.interface import (
    Archive,
    ArchiveDamaged,
    RemotePlace,
    StoredFile,
    inside,
    is_log,
    packed,
    unpacked,
)
from bandmate.kernel.errors import NotFound, Unavailable

PARALLEL = 16
"""Objects copied side by side: each costs a round trip, and hardly any work here."""

_PIECES = ".pieces/"
_READ_AT_ONCE = 64
_PAGE = 1000

Answer = TypeVar("Answer")


class RemoteArchive:
    """Payloads as objects of a bucket; threads may share one."""

    def __init__(self, place: RemotePlace) -> None:
        self.place = place
        self._opened: s3fs.S3FileSystem | None = None
        self._opening = threading.Lock()

    def _key(self, path: str) -> str:
        parts = (self.place.bucket, self.place.prefix, str(inside(path, self.place)))
        return "/".join(part for part in parts if part)

    def _ask(self, what: Callable[[s3fs.S3FileSystem], Answer]) -> Answer:
        """Ask the store; what it or the way to it refuses becomes one sentence."""
        try:
            return what(self._store())
        except (OSError, BotoCoreError, ClientError) as error:
            if isinstance(error, FileNotFoundError) and not _lacks_bucket(error):
                raise
            raise Unavailable(
                f"The archive at {self.place} does not answer as it should: {str(error) or type(error).__name__}. "
                "Check BANDMATE_ARCHIVE, BANDMATE_ARCHIVE_ENDPOINT and the AWS_* variables; nothing was recorded."
            ) from error

    def _store(self) -> s3fs.S3FileSystem:
        with self._opening:
            if self._opened is None:
                self._opened = s3fs.S3FileSystem(
                    endpoint_url=self.place.endpoint,
                    use_listings_cache=False,
                    skip_instance_cache=True,
                    config_kwargs={
                        "connect_timeout": 10,
                        "read_timeout": 60,
                        "retries": {"max_attempts": 3, "mode": "standard"},
                    },
                )
            return self._opened

    def name_of(self, path: str) -> str:
        """Return the object's address."""
        return f"s3://{self._key(path)}"

    def has(self, path: str) -> bool:
        """Whether an object stands at ``path``."""
        _, _, key = self._key(path).partition("/")
        try:
            self._ask(lambda store: store.call_s3("head_object", Bucket=self.place.bucket, Key=key))
        except FileNotFoundError:
            return False
        return True

    def has_log(self, path: str) -> bool:
        """Whether the log has any piece."""
        return self.has(path) or next(self._pieces(path), None) is not None

    def write(self, path: str, payload: bytes) -> None:
        """Store an object; two writers of one payload store the same bytes."""
        if not self.has(path):
            self._put(path, packed(path, payload))

    def _put(self, path: str, body: bytes) -> None:
        key = self._key(path)
        self._ask(lambda store: store.pipe_file(key, body))

    def read(self, path: str, sha256: str) -> bytes:
        """Return the uncompressed payload; see ``Archive.read``."""
        stored = self.stored(path)
        if stored is None:
            raise NotFound(f"The archive at {self.place} has no payload {path}.")
        return unpacked(path, stored, sha256, self.name_of(path))

    def stored(self, path: str) -> bytes | None:
        """Return an object's bytes."""
        key = self._key(path)
        try:
            return bytes(self._ask(lambda store: store.cat_file(key)))
        except FileNotFoundError:
            return None

    def put_stored(self, path: str, body: IO[bytes], size: int) -> None:
        """Store bytes as an object, unless one is there. One payload is held in memory."""
        if self.has(path):
            return
        stored = body.read()
        if len(stored) != size:
            raise ArchiveDamaged(f"{self.name_of(path)} should have {size} bytes, but {len(stored)} came.")
        self._put(path, stored)

    def adopt(self, other: Archive, paths: Sequence[str]) -> None:
        """Copy payloads side by side."""

        def copy(path: str) -> None:
            if not self.has(path) and (stored := other.stored(path)) is not None:
                self._put(path, stored)

        with ThreadPoolExecutor(PARALLEL) as pool:
            for done in [pool.submit(copy, path) for path in dict.fromkeys(paths)]:
                done.result()

    def append_lines(self, path: str, lines: Sequence[bytes]) -> None:
        """Store the lines as one more piece of the log."""
        if lines:
            piece = f"{path}{_PIECES}{time.time_ns():020d}-{uuid.uuid4().hex}.ndjson"
            self._put(piece, b"".join(line + b"\n" for line in lines))

    def lines(self, path: str) -> Iterator[bytes]:
        """Yield the lines of a log piece by piece, in the order of their names; a log copied whole comes first."""
        whole = self.stored(path)
        for line in (whole or b"").splitlines():
            if line.strip():
                yield line + b"\n"
        pieces = list(self._pieces(path))
        with ThreadPoolExecutor(PARALLEL) as pool:
            for start in range(0, len(pieces), _READ_AT_ONCE):
                for body in pool.map(self.stored, pieces[start : start + _READ_AT_ONCE]):
                    for line in (body or b"").splitlines():
                        if line.strip():
                            yield line + b"\n"

    def _pieces(self, path: str) -> Iterator[str]:
        return (file.path for file in self._listed(f"{path}{_PIECES}"))

    def files(self) -> Iterator[StoredFile]:
        """Yield logs, then payloads."""
        for wanted in (True, False):
            yield from (file for file in self._listed("") if is_log(file.path) is wanted)

    def _listed(self, below: str) -> Iterator[StoredFile]:
        """Yield objects by name, a page at a time, so that an archive of any size can be listed."""
        home = f"{self.place.prefix}/" if self.place.prefix else ""
        after = ""
        while True:
            page = self._page(f"{home}{below}", after)
            for row in page.get("Contents", ()):
                after = row["Key"]
                if not after.endswith("/"):
                    yield StoredFile(after.removeprefix(home), int(row["Size"]))
            if not page.get("IsTruncated"):
                return

    def _page(self, prefix: str, after: str) -> dict[str, Any]:
        start = {"StartAfter": after} if after else {}
        return dict(
            self._ask(
                lambda store: store.call_s3(
                    "list_objects_v2", Bucket=self.place.bucket, Prefix=prefix, MaxKeys=_PAGE, **start
                )
            )
        )

    def probe(self) -> None:
        """Write, read and remove a small object."""
        name = f".probe-{uuid.uuid4().hex}"
        key = self._key(name)
        self._put(name, b"probe")
        try:
            if self.stored(name) != b"probe":
                raise ArchiveDamaged(f"{self.name_of(name)} was read back as something else.")
        finally:
            with suppress(FileNotFoundError):
                self._ask(lambda store: store.rm_file(key))


def _lacks_bucket(error: FileNotFoundError) -> bool:
    """Tell a bucket that is not there from an object that is not."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and cause.response.get("Error", {}).get("Code") == "NoSuchBucket"
