"""One page of ids in an order that is always the same.

tantivy orders equal hits by where they lie, which changes whenever segments merge. Here they are ordered by id.
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Any

import tantivy

from .clauses import MUST, Clauses
from .schema import Field
from .storage import ID, ORDER

Hit = tuple[Any, tantivy.DocAddress]
Page = tuple[tuple[str, ...], int]
"""The ids of the page, and how many documents fit in all."""


def how_many(searcher: tantivy.Searcher, query: tantivy.Query) -> int:
    """How many documents fit."""
    return _total(searcher.search(query, limit=1))


def by_relevance(searcher: tantivy.Searcher, query: tantivy.Query, offset: int, limit: int) -> Page:
    """The best score first.

    Where the page's last score goes on behind it, more is read until it ends; ``_order`` keeps that short.
    """
    reach = offset + limit + 1
    while True:
        result = searcher.search(query, limit=reach, weight_by_field=ORDER)
        hits, total = result.hits, _total(result)
        if len(hits) < reach or hits[-1][0] != hits[offset + limit - 1][0]:
            return _page(searcher, hits, offset, limit), total
        reach *= 4


def by_id(searcher: tantivy.Searcher, query: tantivy.Query, offset: int, limit: int) -> Page:
    """The smallest id (by code point) first."""
    result = searcher.search(query, limit=limit, offset=offset, order_by_field=ID, order=tantivy.Order.Asc)
    return tuple(key for key, _ in result.hits), _total(result)


def by_field(
    searcher: tantivy.Searcher,
    clauses: Clauses,
    matching: tantivy.Query,
    field: Field,
    *,
    descending: bool,
    offset: int,
    limit: int,
) -> Page:
    """By a field's value; documents without one come last in both directions (tantivy sees to that).

    tantivy orders by one field only. All groups of equal values that end before the page does are read whole, so
    they are put in order here; the last one may go on behind the page, and is asked for once more, by id.
    """
    end = offset + limit
    order = tantivy.Order.Desc if descending else tantivy.Order.Asc
    result = searcher.search(matching, limit=end + 1, order_by_field=field.name, order=order)
    hits, total = result.hits, _total(result)
    if len(hits) <= end or hits[end][0] != hits[end - 1][0]:
        return _page(searcher, hits, offset, limit), total
    value = hits[end][0]
    start = next(place for place, (key, _) in enumerate(hits) if key == value)
    group = clauses.all_of([(MUST, matching), clauses.has(field, value)])
    tied, _ = by_id(searcher, group, max(offset - start, 0), end - max(offset, start))
    return _page(searcher, hits[:start], offset, limit) + tied, total


def _page(searcher: tantivy.Searcher, hits: list[Hit], offset: int, limit: int) -> tuple[str, ...]:
    """The ids of ``hits[offset : offset + limit]``, after every run of equal keys has been put in order of id."""
    ids: list[str] = []
    place = 0
    for _, run in groupby(hits, key=itemgetter(0)):
        addresses = [address for _, address in run]
        if place < offset + limit and place + len(addresses) > offset:
            tied = sorted(searcher.doc(each)[ID][0] for each in addresses)
            ids += tied[max(offset - place, 0) : offset + limit - place]
        place += len(addresses)
    return tuple(ids)


def _total(result: tantivy.SearchResult) -> int:
    total: int = result.count  # type: ignore[attr-defined]  # tantivy's stub forgets it
    return total
