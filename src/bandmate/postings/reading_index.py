"""The search index as the web reads it: opened when first asked, and again when it was rebuilt or came back."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Lock

from bandmate.engines.search import Hits, IndexUnusable, Query, SearchIndex
from bandmate.postings.index_schema import SCHEMA

RETRY_SECONDS = 1.0


class JobIndex:
    """A ``SearchIndex`` that may come and go; without one, words cannot be looked up and say so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: SearchIndex | None = None
        self._failed_at = float("-inf")
        self._failure = ""
        self._lock = Lock()

    def search(self, query: Query) -> Hits:
        """Answer ``query``; raises IndexUnusable when there is no index."""
        try:
            return self._index().search(query)
        except IndexUnusable:
            self._open = None
            return self._index().search(query)

    def mark(self) -> str | None:
        """How far the index has come; None when there is none."""
        try:
            return self._index().mark()
        except IndexUnusable:
            self._open = None
            return None

    def count(self) -> int:
        """How many postings it holds; 0 when there is none."""
        try:
            return self._index().count()
        except IndexUnusable:
            self._open = None
            return 0

    def _index(self) -> SearchIndex:
        opened = self._open
        if opened is not None:
            return opened
        with self._lock:
            if self._open is None:
                if time.monotonic() - self._failed_at < RETRY_SECONDS:
                    raise IndexUnusable(self._failure)
                try:
                    self._open = SearchIndex.open(self._folder, SCHEMA)
                except IndexUnusable as error:
                    self._failed_at, self._failure = time.monotonic(), error.detail
                    raise
            return self._open
