"""From what a setting or an argument says to an archive."""

from __future__ import annotations

from pathlib import Path

from bandmate.kernel.archive.folder import FolderArchive
from bandmate.kernel.archive.interface import Archive, ArchivePlace, RemotePlace
from bandmate.kernel.errors import InvalidInput

_SCHEME = "s3://"


def parse_place(written: str, endpoint: str | None = None) -> ArchivePlace:
    """Read where an archive is: a folder (``~`` is the user's home), or ``s3://bucket/prefix``.

    Raises:
        InvalidInput: for an address of another kind, or without a bucket.
    """
    if "://" not in written:
        return Path(written).expanduser()
    bucket, _, prefix = written.removeprefix(_SCHEME).partition("/")
    if not written.startswith(_SCHEME) or not bucket or "@" in bucket:
        raise InvalidInput(
            "An archive is a folder or s3://bucket/prefix; credentials come from the AWS_* variables, "
            "and another store's address from BANDMATE_ARCHIVE_ENDPOINT."
        )
    return RemotePlace(bucket, prefix.strip("/"), endpoint)


def open_archive(place: ArchivePlace) -> Archive:
    """Return the archive at a place. Nothing is asked of it yet."""
    if isinstance(place, RemotePlace):
        from bandmate.kernel.archive.remote import RemoteArchive  # noqa: PLC0415 - s3fs takes 0.4 s to import

        return RemoteArchive(place)
    return FolderArchive(place)
