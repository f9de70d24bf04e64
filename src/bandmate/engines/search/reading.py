"""Asking an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol, Self

import tantivy

from .clauses import MUST, Clause, Clauses
from .errors import InvalidQuery
from .facets import asks_only, count_values
from .matching import Demand, Matcher
from .ordering import Page, by_field, by_id, by_relevance, how_many
from .query import DEEPEST, Facet, FacetCount, Filter, Hits, Query
from .schema import Field, Kind, Schema
from .storage import MARK, State, Store, check, damaged
from .writing import DEFAULT_MEMORY, IndexWriter


class Index(Protocol):
    """What can be asked: a ``SearchIndex``, or a ``NullIndex`` in its place."""

    def search(self, query: Query) -> Hits:
        """Answer ``query``; raises InvalidQuery, or IndexUnusable when the index has gone."""
        ...

    def mark(self) -> str | None:
        """The mark of the last commit: how far the feed has come; None before the first."""
        ...

    def count(self) -> int:
        """How many documents there are."""
        ...


class NullIndex:
    """Stands where there is no index: holds nothing, finds nothing, never gets any further in the feed."""

    def search(self, query: Query) -> Hits:
        """Nothing."""
        return Hits((), 0, {facet.field: () for facet in query.facets})

    def mark(self) -> str | None:
        """None: no feed was ever read."""
        return None

    def count(self) -> int:
        """Zero."""
        return 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One commit as it was seen, and the sign by which a later one is told."""

    state: State
    searcher: tantivy.Searcher
    mark: str | None


class SearchIndex:
    """An index in a folder or in memory, for any number of threads.

    Each question looks whether somebody, in whatever process, has committed (one ``stat``, 2 µs), and then answers
    from the newest commit.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._clauses = Clauses(store)
        self._matcher = Matcher(store, self._clauses)
        self._lock = Lock()
        self._snapshot = self._taken(store.state())

    @classmethod
    def open(cls, folder: Path, schema: Schema) -> Self:
        """The index in ``folder``; raises IndexUnusable where there is none, IndexStale for another schema."""
        return cls(Store.existing(folder, schema))

    @classmethod
    def in_memory(cls, schema: Schema) -> Self:
        """A new empty index that ends with this process; filled by its ``writer``."""
        return cls(Store.in_memory(schema))

    def writer(self, *, memory: int = DEFAULT_MEMORY, threads: int = 1) -> IndexWriter:
        """A writer for this very index; the only way to fill one in memory."""
        return IndexWriter(self._store, memory=memory, threads=threads)

    def mark(self) -> str | None:
        """The mark of the last commit."""
        return self._latest().mark

    def count(self) -> int:
        """How many documents there are."""
        snapshot = self._latest()
        return snapshot.searcher.num_docs - (snapshot.mark is not None)

    def search(self, query: Query) -> Hits:
        """Answer ``query``.

        Raises InvalidQuery where it does not fit the schema or reaches deeper than 10,000 hits, IndexUnusable when
        the folder has gone or cannot be read any more.
        """
        sort = self._checked(query)
        snapshot = self._latest()
        try:
            return self._answer(snapshot.searcher, query, sort)
        except InvalidQuery:
            raise
        except (ValueError, OSError) as error:
            raise damaged(self._store.folder, error) from error

    def demand(self, text: str) -> Demand:
        """What ``text`` asks of documents, its words looked up in this index's vocabulary.

        Raises IndexUnusable when the folder has gone or cannot be read any more.
        """
        snapshot = self._latest()
        try:
            return self._matcher.read(text, snapshot.searcher)
        except (ValueError, OSError) as error:
            raise damaged(self._store.folder, error) from error

    def _answer(self, searcher: tantivy.Searcher, query: Query, sort: Field | None) -> Hits:
        demand = self._matcher.read(query.text, searcher)
        filters = [self._required(each) for each in query.filters]
        ids, total = self._page(searcher, query, sort, demand, filters)
        return Hits(ids, total, self._facets(searcher, query, demand, filters), demand.corrected)

    def _page(
        self,
        searcher: tantivy.Searcher,
        query: Query,
        sort: Field | None,
        demand: Demand,
        filters: Sequence[Clause],
    ) -> Page:
        decisive = [*demand.decisive, *filters]
        if query.limit == 0:
            return (), how_many(searcher, self._clauses.all_of(decisive))
        if sort is not None:
            matching = self._clauses.all_of(decisive)
            return by_field(
                searcher,
                self._clauses,
                matching,
                sort,
                descending=query.descending,
                offset=query.offset,
                limit=query.limit,
            )
        if demand.ranks:
            ranked = self._clauses.all_of([*decisive, *demand.ranking])
            return by_relevance(searcher, ranked, query.offset, query.limit)
        return by_id(searcher, self._clauses.all_of(decisive), query.offset, query.limit)

    def _facets(
        self, searcher: tantivy.Searcher, query: Query, demand: Demand, filters: Sequence[Clause]
    ) -> Mapping[str, tuple[FacetCount, ...]]:
        """One pass over the documents found; in a disjunctive question one more for each filtered facet."""
        alone: list[Facet] = []
        if query.disjunctive:
            alone = [
                facet for facet in query.facets if any(asks_only(each, facet.field) for each in query.filters)
            ]
        together = [facet for facet in query.facets if facet not in alone]
        counted = count_values(searcher, self._clauses.all_of([*demand.decisive, *filters]), together)
        for facet in alone:
            others = [
                clause
                for each, clause in zip(query.filters, filters, strict=True)
                if not asks_only(each, facet.field)
            ]
            matching = self._clauses.all_of([*demand.decisive, *others])
            counted |= count_values(searcher, matching, [facet])
        return {facet.field: counted[facet.field] for facet in query.facets}

    def _required(self, condition: Filter) -> Clause:
        """A filter as a clause that decides and does not rank."""
        return MUST, tantivy.Query.const_score_query(self._clauses.filter(condition), 0.0)

    def _checked(self, query: Query) -> Field | None:
        """The field to sort by; raises InvalidQuery for what can be told without looking into the index."""
        if query.limit < 0 or query.offset < 0 or query.offset + query.limit > DEEPEST:
            raise InvalidQuery(
                f"A page of {query.limit} from {query.offset} on cannot be given: at most {DEEPEST:,} hits deep."
            )
        for facet in query.facets:
            if self._clauses.field(facet.field).kind is not Kind.KEYWORD or facet.size < 1:
                raise InvalidQuery(
                    f"Facet {facet.field!r} of size {facet.size}: only keywords are counted, from 1 on."
                )
        if query.sort is None:
            return None
        sort = self._clauses.field(query.sort)
        if sort.kind is Kind.TEXT or sort.multi:
            raise InvalidQuery(
                f"{sort.name!r} cannot be sorted by: only a field with single values that is no text."
            )
        return sort

    def _latest(self) -> Snapshot:
        state = self._store.state()
        if state != self._snapshot.state:
            with self._lock:
                if state != self._snapshot.state:
                    self._snapshot = self._taken(state)
        return self._snapshot

    def _taken(self, state: State) -> Snapshot:
        """The commit that is there now; ``state`` was read before it, so that a still later one is noticed."""
        if self._store.folder is not None:
            check(self._store.folder, self._store.schema)
        try:
            self._store.index.reload()
            searcher = self._store.index.searcher()
            found = searcher.search(self._clauses.the_mark, limit=1, count=False).hits
            mark = searcher.doc(found[0][1])[MARK][1] if found else None
        except (ValueError, OSError) as error:
            raise damaged(self._store.folder, error) from error
        return Snapshot(state, searcher, mark)
