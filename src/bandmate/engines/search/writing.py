"""Writing an index."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import tantivy

from .errors import IndexUnusable, InvalidDocument
from .schema import INT64, Field, Kind, Schema
from .storage import ID, MARK, ORDER, TEXT, THE_MARK, VERSION, Store, busy, order_of, wipe
from .words import keyword, unaccented

Scalar = str | int | float
Value = Scalar | Sequence[Scalar] | None

DEFAULT_MEMORY: Final = 64_000_000


class IndexWriter:
    """Adds, replaces and removes documents; nothing is seen by readers before ``commit``.

    There is one writer for a folder, in all processes (IndexBusy otherwise); its lock goes with its process. A
    process that is killed leaves the last commit: read its ``mark`` and feed from there.

    The feed may repeat itself: what is given with an older version than the index (or this batch) has for that id
    is passed over. A removal is remembered until the commit only, so the feed must be in order across commits.
    """

    def __init__(self, store: Store, *, memory: int = DEFAULT_MEMORY, threads: int = 1) -> None:
        self._store = store
        try:
            self._writer = store.index.writer(memory, threads)
        except ValueError as error:
            if "LockBusy" in str(error):
                raise busy(store.folder) from error
            raise
        store.index.reload()
        self._committed = store.index.searcher()
        self._batch: dict[str, int] = {}
        self._cleared = False
        self._closed = False

    @classmethod
    def open(cls, folder: Path, schema: Schema, *, memory: int = DEFAULT_MEMORY, threads: int = 1) -> Self:
        """The writer for the index in ``folder``, which is created where there is none.

        ``memory`` (bytes, at least 15 MB a thread) is what it collects before it writes a segment; a bulk load
        gains by several ``threads``, a trickle of changes does not. Raises IndexStale or IndexUnusable where
        ``rebuild`` is needed, IndexBusy where another writer is at work.
        """
        if folder.is_dir() and any(folder.iterdir()):
            store = Store.existing(folder, schema)
        else:
            store = Store.created(folder, schema)
        return cls(store, memory=memory, threads=threads)

    @classmethod
    def rebuild(cls, folder: Path, schema: Schema, *, memory: int = DEFAULT_MEMORY, threads: int = 1) -> Self:
        """A writer that starts from nothing, whatever state the folder is in.

        A usable index of the same schema goes on answering from its old documents until the first commit; a stale
        or damaged one is removed at once.
        """
        try:
            writer = cls.open(folder, schema, memory=memory, threads=threads)
        except IndexUnusable:
            wipe(folder)
            return cls(Store.created(folder, schema), memory=memory, threads=threads)
        writer.clear()
        return writer

    def upsert(self, document_id: str, version: int, values: Mapping[str, Value]) -> None:
        """Put a document in the place of the one with this id, unless that one has a higher version.

        ``values`` may leave fields out; None and empty strings are no value; text and multi fields also take a
        sequence. Raises InvalidDocument where a value does not fit its field.
        """
        _check(document_id, version)
        newest = self._newest(document_id)
        if newest is not None and version < newest:
            return
        document = self._document(document_id, version, values)
        self._remove(document_id)
        self._writer.add_document(document)
        self._batch[document_id] = version

    def delete(self, document_id: str, version: int | None = None) -> None:
        """Remove the document with this id, if there is one and it has no higher version."""
        _check(document_id, version or 0)
        newest = self._newest(document_id)
        if version is not None and newest is not None and version < newest:
            return
        self._remove(document_id)
        known = [each for each in (version, newest) if each is not None]
        if known:
            self._batch[document_id] = max(known)

    def clear(self) -> None:
        """Remove all documents, with the next commit."""
        self._writer.delete_all_documents()
        self._batch.clear()
        self._cleared = True

    def commit(self, mark: str) -> None:
        """Make everything since the last commit durable and visible, together with ``mark``.

        ``mark`` is the caller's: how far the feed was read. ``SearchIndex.mark`` gives it back.
        """
        self._writer.delete_documents_by_term(MARK, THE_MARK)
        document = tantivy.Document()
        document.add_text(MARK, THE_MARK)
        document.add_text(MARK, mark)
        self._writer.add_document(document)
        self._writer.commit()
        self._store.index.reload()
        self._store.commits += 1
        self._committed = self._store.index.searcher()
        self._batch.clear()
        self._cleared = False

    def close(self) -> None:
        """Let go of the folder; what was not committed is dropped. A second time does nothing."""
        if not self._closed:
            self._closed = True
            self._writer.wait_merging_threads()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _newest(self, document_id: str) -> int | None:
        if document_id in self._batch:
            return self._batch[document_id]
        if self._cleared or not self._committed.doc_freq(ID, document_id):
            return None
        this = tantivy.Query.term_query(self._store.terms, ID, document_id, index_option="basic")
        hits = self._committed.search(this, limit=1, count=False).hits
        versions = self._committed.fast_field_values(VERSION, [address for _, address in hits])
        return int(versions[0]) if versions and versions[0] is not None else None

    def _remove(self, document_id: str) -> None:
        self._writer.delete_documents_by_term(ID, document_id)

    def _document(self, document_id: str, version: int, values: Mapping[str, Value]) -> tantivy.Document:
        document = tantivy.Document()
        document.add_text(ID, document_id)
        document.add_integer(VERSION, version)
        document.add_float(ORDER, order_of(document_id))
        for name, value in values.items():
            field = self._store.fields.get(name)
            if field is None:
                raise InvalidDocument(f"The index has no field {name!r}.")
            _add(document, field, _given(field, value))
        return document


def _check(document_id: str, version: int) -> None:
    """Raises InvalidDocument for what cannot be an id or a version."""
    valid = document_id == document_id.encode("utf-8", "replace").decode("utf-8")
    if not document_id or not valid or version not in INT64:
        raise InvalidDocument(
            f"A document needs an id of valid characters and a version; got {document_id!r:.80}."
        )


def _given(field: Field, value: Value) -> Iterable[Scalar]:
    """The distinct values, without the empty ones."""
    if value is None or value == "":
        return ()
    if isinstance(value, str | int | float):
        return (value,)
    distinct = tuple(dict.fromkeys(each for each in value if each != ""))
    if len(distinct) > 1 and not field.multi and field.kind is not Kind.TEXT:
        raise InvalidDocument(f"Field {field.name!r} takes one value, not {len(distinct)}.")
    return distinct


def _add(document: tantivy.Document, field: Field, values: Iterable[Scalar]) -> None:
    for value in values:
        match field.kind, value:
            case Kind.TEXT, str():
                text = unaccented(value)
                document.add_text(TEXT, text)
                if field.boosted:
                    document.add_text(field.name, text)
            case Kind.KEYWORD, str():
                document.add_text(field.name, keyword(value))
            case Kind.INTEGER, int() if value in INT64:
                document.add_integer(field.name, value)
            case Kind.NUMBER, int() | float() if math.isfinite(value):
                document.add_float(field.name, float(value))
            case _:
                raise InvalidDocument(f"Field {field.name!r} is {field.kind}; {value!r:.80} does not fit.")
