"""How many postings fit the searches somebody keeps, and how many of them are new to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bandmate.engines.search import Index, IndexUnusable, Query
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.postings.job_query import JobQuery, conditions
from bandmate.postings.saved_searches.domain import SavedSearch, SearchId, write_form
from bandmate.postings.saved_searches.matching import numbered
from bandmate.postings.search import is_fresh


@dataclass(frozen=True, slots=True)
class Fitting:
    """How many postings fit a search now; None where it cannot be told at the moment."""

    all: int | None
    new: int | None
    """First seen since the owner last looked."""


def new_since(query: JobQuery, seen_at: datetime) -> JobQuery | None:
    """Return the query for what was first seen since then; None where nothing can fit both."""
    after = seen_at if query.first_seen_after is None else max(seen_at, query.first_seen_after)
    try:
        return replace(query, first_seen_after=after)
    except InvalidInput:
        return None


def fitting_now(
    tx: Tx, index: Index, searches: Sequence[SavedSearch], *, now: datetime
) -> Mapping[SearchId, Fitting]:
    """Count what fits each search, as its page would; filters alone in one statement, words in the index."""
    asked: list[JobQuery] = []
    for search in searches:
        if search.query is not None:
            asked.append(search.query)
            newer = new_since(search.query, search.seen_at)
            asked += [] if newer is None else [newer]
    counts = _counts(tx, index, dict.fromkeys(asked), now)
    return {search.search_id: _fitting(search, counts) for search in searches}


def _fitting(search: SavedSearch, counts: Mapping[JobQuery, int | None]) -> Fitting:
    if search.query is None:
        return Fitting(None, None)
    newer = new_since(search.query, search.seen_at)
    return Fitting(counts[search.query], 0 if newer is None else counts[newer])


def _counts(tx: Tx, index: Index, asked: Mapping[JobQuery, None], now: datetime) -> dict[JobQuery, int | None]:
    fresh = is_fresh(tx, index)
    by_index = [query for query in asked if fresh or query.has_words]
    counts = {query: _count_by_index(index, query, now) for query in by_index}
    rest = [query for query in asked if query not in counts]
    return counts | (_count_in_database(tx, rest, now) if rest else {})


def _count_by_index(index: Index, query: JobQuery, now: datetime) -> int | None:
    try:
        filters = tuple(condition.index for condition in conditions(query, now))
        return index.search(Query(text=query.q, filters=filters, limit=0)).total
    except IndexUnusable:
        return None


def _count_in_database(tx: Tx, asked: Sequence[JobQuery], now: datetime) -> dict[JobQuery, int | None]:
    parts, values, place = [], dict[str, Any](), 0
    for query in asked:
        where = []
        for condition in conditions(query, now):
            where.append(f"({numbered(condition.sql, place)})")
            values |= {f"{name}_{place}": value for name, value in condition.values.items()}
            place += 1
        parts.append(f"(select count(*) from postings.job j where {' and '.join(where) or 'true'})")  # noqa: S608 - our own conditions; values are bound
    row = tx.execute(text(f"select {', '.join(parts)}"), values).one()
    return dict(zip(asked, row, strict=True))


def as_json(search: SavedSearch) -> dict[str, object]:
    """Return a search as the API shows it."""
    schedule = search.schedule
    return {
        "search_id": str(search.search_id),
        "name": search.name,
        "query": None if search.query is None else write_form(search.query),
        "frequency": schedule.frequency.value,
        "hour": schedule.hour,
        "weekday": schedule.weekday,
        "time_zone": schedule.time_zone,
        "created_at": rfc3339(search.created_at),
        "changed_at": rfc3339(search.changed_at),
        "seen_at": rfc3339(search.seen_at),
        "next_digest_at": None if search.due_at is None else rfc3339(search.due_at),
        "last_digest_at": None if search.told_at is None else rfc3339(search.told_at),
    }
