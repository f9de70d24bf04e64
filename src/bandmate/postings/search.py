"""Answering a query: words by the index, filters alone by the database, counts by whichever is right and quicker.

Filters alone are answered from PostgreSQL with keyset pages: right without an index, and as deep as one likes.
Words need the index, which reaches 10,000 hits deep. Totals are exact both ways.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import text

from bandmate.engines.search import DEEPEST, Facet, FacetCount, Index, IndexUnusable, Query
from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.errors import InvalidCursor
from bandmate.kernel.events import Cursor, has_after
from bandmate.kernel.web.pagination import decode_cursor, encode_cursor
from bandmate.postings.events import PUBLISHED
from bandmate.postings.job_query import ALL_TOGETHER, CONCEPTS, Condition, JobQuery, Sort, conditions
from bandmate.postings.records import RECORD_COLUMNS, RECORD_SOURCE, SELECT_RECORD, Record, record_of

FACET_SIZE = 12


Facets = Mapping[str, tuple[FacetCount, ...]]


@dataclass(frozen=True, slots=True)
class Answer:
    """One page of what was found."""

    records: tuple[Record, ...]
    total: int
    next_cursor: str | None
    corrected: tuple[str, ...] = ()
    """Words that stood nowhere and were replaced by similar ones."""
    facets: Facets = field(default_factory=dict)
    """Counts of the fields that were asked for."""


@dataclass(frozen=True, slots=True)
class _Order:
    """A keyset order: expression, its cast for the cursor, and the index field it equals."""

    sql: str
    cast: str
    field: str
    nullable: bool = False


_ORDERS = {
    Sort.POSTED: _Order("j.posted_at", "timestamptz", "posted"),
    Sort.CHANGED: _Order("j.last_changed_at", "timestamptz", "changed"),
    Sort.SALARY: _Order("j.salary_year_max", "numeric", "salary_high", nullable=True),
}


def search(
    tx: Tx,
    index: Index,
    query: JobQuery,
    *,
    now: datetime,
    limit: int = 20,
    cursor: str | None = None,
    count: Sequence[str] = (),
) -> Answer:
    """Return one page of postings that fit.

    Args:
        tx: a reading transaction.
        index: the search index; asked only when the query has words.
        query: what is asked.
        now: decides what has expired.
        limit: records on the page, 1 to 100.
        cursor: where the last page of the same query ended.
        count: facets out of ``FACETS`` to count along.

    Raises:
        InvalidCursor: when the cursor belongs to another query or cannot be read.
        IndexUnusable: when there are words to look for and no index to ask.
    """
    if query.has_words:
        return _by_words(tx, index, query, now, limit, cursor, count)
    answer = _by_filters(tx, query, now, limit, cursor)
    return replace(answer, facets=facets(tx, index, query, count, now=now)) if count else answer


def _by_words(
    tx: Tx, index: Index, query: JobQuery, now: datetime, limit: int, cursor: str | None, count: Sequence[str]
) -> Answer:
    start = _offset(cursor, query.fingerprint) if cursor else 0
    order = _ORDERS.get(query.order)
    asked = Query(
        text=query.q,
        filters=tuple(condition.index for condition in conditions(query, now)),
        sort=order.field if order else None,
        descending=True,
        limit=min(limit, DEEPEST - start),
        offset=start,
    )
    counting = _COUNTING.submit(index.search, _only_counts(asked, count)) if count else None
    hits = index.search(asked)
    records = records_by_id(tx, hits.ids, now)
    end = start + len(hits.ids)
    more = end < min(hits.total, DEEPEST) and hits.ids
    return Answer(
        records=records,
        total=hits.total,
        next_cursor=encode_cursor(query.fingerprint, [end]) if more else None,
        corrected=hits.corrected,
        facets=counting.result().facets if counting else {},
    )


_COUNTING = ThreadPoolExecutor(4, thread_name_prefix="counting")
"""Counts values in the index while the records are fetched from the database: neither holds the interpreter's
lock, and together they take as long as the longer of the two."""


def _only_counts(asked: Query, names: Sequence[str]) -> Query:
    facets = tuple(Facet(name, FACET_SIZE) for name in names)
    return replace(asked, facets=facets, sort=None, limit=0, offset=0)


def _offset(cursor: str, fingerprint: str) -> int:
    values = decode_cursor(cursor, fingerprint)
    if len(values) != 1 or not isinstance(values[0], int) or not 0 < values[0] < DEEPEST:
        raise InvalidCursor(_LOST)
    return values[0]


def records_by_id(tx: Tx, job_ids: Sequence[str], now: datetime) -> tuple[Record, ...]:
    """Return the records of these postings in the order given; ids that are not there are left out."""
    if not job_ids:
        return ()
    rows = fetch_tuples(tx, SELECT_RECORD + " where j.job_id = any(%(ids)s)", {"ids": list(job_ids)})
    found = {record["job_id"]: record for record in (record_of(row, now) for row in rows)}
    return tuple(found[job_id] for job_id in job_ids if job_id in found)


def _by_filters(tx: Tx, query: JobQuery, now: datetime, limit: int, cursor: str | None) -> Answer:
    where, values = _where(conditions(query, now))
    total = tx.execute(
        text(f"select count(*) from postings.job j where {where}"),  # noqa: S608 - our own conditions; values are bound
        values,
    ).scalar_one()
    order = _ORDERS[query.order]
    after = ""
    if cursor is not None:
        after, bounds = _after(order, decode_cursor(cursor, query.fingerprint))
        values |= bounds
    nulls = " nulls last" if order.nullable else ""
    rows = tx.execute(
        text(f"""
                select {RECORD_COLUMNS}, {order.sql} as order_key {RECORD_SOURCE}
                 where {where}{after} order by {order.sql} desc{nulls}, j.job_id limit :limit
            """),
        {**values, "limit": limit + 1},
    ).all()
    page = rows[:limit]
    next_cursor = None
    if len(rows) > limit:
        next_cursor = encode_cursor(query.fingerprint, [_key(page[-1].order_key), page[-1].job_id])
    return Answer(tuple(record_of(row, now) for row in page), total, next_cursor)


def _where(chosen: Sequence[Condition]) -> tuple[str, dict[str, Any]]:
    values: dict[str, Any] = {}
    for condition in chosen:
        values |= condition.values
    return " and ".join(condition.sql for condition in chosen) or "true", values


def _key(value: datetime | Decimal | None) -> str | None:
    """Write the last record's order for a cursor, to the microsecond: a cursor must not round."""
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)


_LOST = "This cursor leads nowhere in this search. Leave it out to start again."
_JOB_ID = re.compile(r"[0-9a-f]{40}")


def _after(order: _Order, position: Sequence[object]) -> tuple[str, dict[str, Any]]:
    """Return the condition "behind this position" of a keyset page."""
    value, job_id = _position(order, position)
    bounds = {"last_key": value, "last_id": job_id}
    if value is None:
        return f" and {order.sql} is null and j.job_id > :last_id", bounds
    behind = (
        f"{order.sql} < cast(:last_key as {order.cast})"
        f" or ({order.sql} = cast(:last_key as {order.cast}) and j.job_id > :last_id)"
    )
    if order.nullable:
        behind += f" or {order.sql} is null"
    return f" and ({behind})", bounds


def _position(order: _Order, position: Sequence[object]) -> tuple[datetime | Decimal | None, str]:
    match position:
        case [str() | None as written, str(job_id)] if _JOB_ID.fullmatch(job_id):
            pass
        case _:
            raise InvalidCursor(_LOST)
    try:
        if written is None:
            value: datetime | Decimal | None = None
        elif order.cast == "timestamptz":
            value = parse_rfc3339(written)
        else:
            value = Decimal(written)
    except (ValueError, OverflowError, InvalidOperation) as error:
        raise InvalidCursor(_LOST) from error
    if (value is None and not order.nullable) or (isinstance(value, Decimal) and not value.is_finite()):
        raise InvalidCursor(_LOST)
    return value, job_id


_FACET_COLUMNS = {
    "company": "company",
    "provider": "provider",
    "department": "department",
    "team": "team",
    "country": "country_codes",
    "region": "regions",
    "city": "cities",
    "work_model": "work_model",
    "employment_type": "employment_kind",
    "language": "language",
    "occupation": "occupation_uri",
    "skill": "skill_uris",
}
_LISTS = frozenset({"country", "region", "city", "skill"})
"""Facets of which a posting may have several values."""
_MANY = frozenset({"skill"})
"""Facets of which it has a dozen: counted by themselves, which PostgreSQL can share among its processes."""


def facets(
    tx: Tx,
    index: Index,
    query: JobQuery,
    names: Sequence[str],
    *,
    now: datetime,
    size: int = FACET_SIZE,
    disjunctive: bool = False,
) -> Facets:
    """Count the values of ``names`` among the postings that fit, the most frequent first.

    Args:
        tx: a reading transaction.
        index: the search index; asked when the query has words, or when it is up to date.
        query: what is asked.
        names: facets out of ``FACETS``.
        now: decides what has expired.
        size: values a facet, at most.
        disjunctive: count a facet as if its own filter were not set, for multiple choice; a facet of which all
            values have to hold keeps its filter, for each further choice narrows what was found.

    Raises:
        IndexUnusable: when there are words to look for and no index to ask.
    """
    chosen = conditions(query, now)
    if query.has_words or is_fresh(tx, index):
        asked = Query(text=query.q, filters=tuple(condition.index for condition in chosen), limit=0)
        return _counted(index, asked, names, size, together=_together(query) if disjunctive else frozenset(names))
    together = ALL_TOGETHER if disjunctive else frozenset(names)
    alone = {c.field for c in chosen if c.field in names} - together | _MANY
    counts = _count(tx, [name for name in names if name not in alone], chosen, size)
    for name in filter(alone.__contains__, names):
        counts |= _count(tx, [name], [c for c in chosen if c.field != name or name in together], size)
    return {name: counts[name] for name in names}


def _together(query: JobQuery) -> frozenset[str]:
    """Return the facets that keep their own filter; without one there is no difference, and one pass will do."""
    return frozenset(name for name in ALL_TOGETHER if getattr(query, name))


def _counted(index: Index, asked: Query, names: Sequence[str], size: int, *, together: frozenset[str]) -> Facets:
    """Count in the index: those in ``together`` with their own filter, the others as if it were not set."""
    counts: dict[str, tuple[FacetCount, ...]] = {}
    for disjunctive in (False, True):
        wanted = [Facet(name, size) for name in names if (name not in together) is disjunctive]
        if wanted:
            counts |= index.search(replace(asked, facets=tuple(wanted), disjunctive=disjunctive)).facets
    return {name: counts[name] for name in names}


def is_fresh(tx: Tx, index: Index) -> bool:
    """Whether the index holds all that this transaction sees, so that its counts are the database's."""
    try:
        mark = index.mark()
        return mark is not None and not has_after(tx, Cursor.parse(mark), PUBLISHED)
    except (IndexUnusable, ValueError):
        return False


def _count(
    tx: Tx, names: Sequence[str], chosen: Sequence[Condition], size: int
) -> dict[str, tuple[FacetCount, ...]]:
    """Count in the database: what fits is looked for once, whatever is counted of it."""
    if not names:
        return {}
    where, values = _where(chosen)
    kept = {_FACET_COLUMNS[name] for name in names if name not in CONCEPTS} | {"job_id"}
    counts = " union all ".join(map(_count_of, names))
    once = "materialized" if len(names) > 1 else "not materialized"
    rows = tx.execute(
        text(f"""
            with fitting as {once} (select {", ".join(sorted(kept))} from postings.job j where {where})
            {counts}
        """),  # noqa: S608 - our own expressions; values are bound
        {**values, "size": size},
    )
    found: dict[str, list[FacetCount]] = {name: [] for name in names}
    for row in rows:
        found[row.facet].append(FacetCount(row.value, row.number))
    return {name: tuple(each) for name, each in found.items()}


def _count_of(name: str) -> str:
    """Return the statement that counts one facet of what is ``fitting``."""
    column = _FACET_COLUMNS[name]
    value = f"unnest({column})" if name in _LISTS else column
    source = "fitting join postings.job_reading using (job_id)" if name in CONCEPTS else "fitting"
    return f"""
        (select '{name}' as facet, value, count(*) as number
           from (select {value} as value from {source}) as counted
          where value is not null
          group by value order by number desc, value collate "C" limit :size)
    """  # noqa: S608 - our own expressions
