"""Verbatim payloads, written once under a name of content and time, never changed: in a folder, or in S3."""

from bandmate.kernel.archive.interface import Archive, ArchiveDamaged, ArchivePlace, RemotePlace, StoredFile
from bandmate.kernel.archive.opening import open_archive, parse_place

__all__ = [
    "Archive",
    "ArchiveDamaged",
    "ArchivePlace",
    "RemotePlace",
    "StoredFile",
    "open_archive",
    "parse_place",
]
