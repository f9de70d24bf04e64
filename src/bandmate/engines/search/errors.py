"""What can go wrong with an index.

* Unavailable           (503)
  + IndexUnusable       the folder holds no readable index; rebuild it
    - IndexStale        it holds an index of another schema or format; rebuild it
* Conflict              (409)
  + IndexBusy           another writer holds the folder
* InvalidInput          (422), ValueError
  + InvalidQuery        the question does not fit the schema or asks too much
  + InvalidDocument     the values do not fit the schema
"""

from __future__ import annotations

from bandmate.kernel.errors import Conflict, InvalidInput, Unavailable


class IndexUnusable(Unavailable):
    """The folder holds no readable index: missing, empty, damaged or of another schema."""

    slug = "search-index-unusable"
    title = "The search index has to be rebuilt"


class IndexStale(IndexUnusable):
    """The folder holds an index that was built for another schema, or by another version of this engine."""


class IndexBusy(Conflict):
    """Another writer, in this process or another, holds the folder."""

    slug = "search-index-busy"
    title = "Somebody else is writing this search index"


class InvalidQuery(InvalidInput, ValueError):
    """The question does not fit the schema, or asks for more than we answer."""

    slug = "invalid-query"
    title = "This search cannot be answered"


class InvalidDocument(InvalidInput, ValueError):
    """The values given for a document do not fit the schema."""

    slug = "invalid-document"
    title = "This document cannot be indexed"
