"""Many questions to a few documents: which of the newly come fit what thousands of people look for.

The documents are put into a small index of their own, and each question is asked there. What its words stand for
is looked up in the great index: completions and corrections depend on the whole vocabulary. So a question finds
the documents that the great index would find among these, which a test compares, at a cost that does not grow with
the great index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import tantivy

from .clauses import Clauses
from .reading import SearchIndex
from .schema import Schema
from .storage import ID, Store
from .writing import IndexWriter, Value

SMALLEST_MEMORY = 15_000_000
"""Bytes that tantivy's writer takes at least."""


class Percolator:
    """Holds some documents and says which of them fit a text."""

    def __init__(
        self, index: SearchIndex, schema: Schema, documents: Iterable[tuple[str, Mapping[str, Value]]]
    ) -> None:
        """Take the documents in.

        Args:
            index: the great index; it holds these documents, as far as it has come.
            schema: its schema.
            documents: ids and values, as they are given to the great index.
        """
        self._index = index
        store = Store.in_memory(schema)
        self._clauses = Clauses(store)
        self._count = 0
        with IndexWriter(store, memory=SMALLEST_MEMORY) as writer:
            for document_id, values in documents:
                writer.upsert(document_id, 0, values)
                self._count += 1
            writer.commit("")
        store.index.reload()
        self._searcher: tantivy.Searcher = store.index.searcher()

    def fits(self, text: str) -> frozenset[str]:
        """Return the ids of the documents that fit.

        Raises:
            IndexUnusable: when the great index has gone.
        """
        matching = self._clauses.all_of(self._index.demand(text).decisive)
        hits = self._searcher.search(matching, limit=self._count + 1, count=False, order_by_field=ID).hits
        return frozenset(str(key) for key, _ in hits)
