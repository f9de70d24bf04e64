"""The full-text index: build, query, facets.

A generic index over tantivy. A ``Schema`` names the fields, an ``IndexWriter`` is fed with documents, a
``SearchIndex`` answers a ``Query`` with ``Hits``. It holds no text to show: what is found are ids.

    schema = Schema((Field("title", Kind.TEXT, boost=3), Field("city", Kind.KEYWORD)))
    with IndexWriter.open(folder, schema) as writer:
        writer.upsert("1", version=1, values={"title": "Sound engineer", "city": "Malmö"})
        writer.commit(mark="42")
    SearchIndex.open(folder, schema).search(Query("engin", facets=(Facet("city"),)))
"""

from __future__ import annotations

from .errors import IndexBusy, IndexStale, IndexUnusable, InvalidDocument, InvalidQuery
from .percolation import Percolator
from .query import DEEPEST, AnyOf, Contains, Exists, Facet, FacetCount, Filter, Hits, Not, OneOf, Query, Range
from .reading import Index, NullIndex, SearchIndex
from .schema import Field, Kind, Schema
from .words import words_of
from .writing import IndexWriter, Value

__all__ = [
    "DEEPEST",
    "AnyOf",
    "Contains",
    "Exists",
    "Facet",
    "FacetCount",
    "Field",
    "Filter",
    "Hits",
    "Index",
    "IndexBusy",
    "IndexStale",
    "IndexUnusable",
    "IndexWriter",
    "InvalidDocument",
    "InvalidQuery",
    "Kind",
    "Not",
    "NullIndex",
    "OneOf",
    "Percolator",
    "Query",
    "Range",
    "Schema",
    "SearchIndex",
    "Value",
    "words_of",
]
