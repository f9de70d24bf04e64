"""Digests: what waits for a search whose time has come becomes one message, in one transaction.

Before anything is told it is looked at once more: what closed meanwhile, or fits no longer, is left out and
forgotten, so that it is news again should it fit again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.engines.search import SearchIndex
from bandmate.kernel.consent import allows_all
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.kernel.notify import request_message
from bandmate.postings.job_query import JobQuery
from bandmate.postings.records import Record
from bandmate.postings.saved_searches.domain import (
    CHECKED_EVERY,
    Frequency,
    Schedule,
    known_zone,
    next_due,
    read_form,
)
from bandmate.postings.saved_searches.letters import MOST_JOBS, Digest, Reader, job_alert
from bandmate.postings.saved_searches.matching import Fits, fitting
from bandmate.postings.saved_searches.purpose import EMAIL, JOB_ALERTS
from bandmate.postings.search import records_by_id

BATCH = 100
"""Searches whose digests are made in one transaction."""

_DUE = text("""
    select search_id, person_id, name, form, query, frequency, hour, weekday, time_zone, told
      from postings.saved_search as search
     where due_at <= :now and deleted_at is null
       and (frequency <> 'at_once' or exists (
            select from postings.alert_match where search_id = search.search_id and told_at is null))
     order by due_at, search_id limit :limit for update skip locked
""")

_WAITING = text("""
    select m.search_id, m.job_id, m.opening, m.kind,
           coalesce(j.active and coalesce(j.valid_through >= :now, true), false) as open, j.posted_at
      from postings.alert_match m left join postings.job j using (job_id)
     where m.search_id = any(:searches) and m.told_at is null
     order by j.posted_at desc nulls last, m.job_id
""")

_KEYS = """
      unnest(cast(:searches as uuid[]), cast(:jobs as text[]), cast(:openings as integer[]))
           as t(search_id, job_id, opening)
     where m.search_id = t.search_id and m.job_id = t.job_id and m.opening = t.opening
"""
_TOLD = text(f"update postings.alert_match m set told_at = :now from {_KEYS}")  # noqa: S608 - our own keys
_FORGET = text(f"delete from postings.alert_match m using {_KEYS}")  # noqa: S608 - our own keys

_NEXT = text("""
    update postings.saved_search s
       set due_at = t.due_at, told = s.told + t.sent, told_at = case when t.sent > 0 then :now else s.told_at end
      from unnest(cast(:searches as uuid[]), cast(:due as timestamptz[]), cast(:sent as integer[]))
           as t(search_id, due_at, sent)
     where s.search_id = t.search_id
""")

_READERS = text("select person_id, locale from kernel.person where person_id = any(:persons)")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one batch."""

    searches: int
    """Whose time had come."""
    messages: int


def send_due(tx: Tx, index: SearchIndex, *, now: datetime, limit: int = BATCH) -> Told:
    """Ask for the messages that are due, and set when the next are.

    A message's id is drawn from its search and the number of its digest, and everything happens in ``tx``: a crash
    leaves all of it to be done again, or none.

    Raises:
        IndexUnusable: when there are words to look for and the index has gone; nothing was changed.
    """
    due = tx.execute(_DUE, {"now": now, "limit": limit}).all()
    if not due:
        return Told(0, 0)
    queries = {row.search_id: read_form(row.form, row.query) for row in due}
    allowed = allows_all(tx, [PersonId(row.person_id) for row in due], JOB_ALERTS.name, EMAIL, at=now)
    heard = {row.search_id for row in due if row.person_id in allowed and queries[row.search_id] is not None}
    waiting = tx.execute(_WAITING, {"searches": [row.search_id for row in due], "now": now}).all()
    asked = {search: query for search, query in queries.items() if query is not None and search in heard}
    fits = _still_fitting(tx, index, asked, waiting, now)
    told = [row for row in waiting if row.job_id in fits.get(row.search_id, ())]
    telling = {_key(row) for row in told}
    _mark(tx, _FORGET, [row for row in waiting if _key(row) not in telling], {})
    _mark(tx, _TOLD, told, {"now": now})
    sent = _ask_for_messages(tx, due, asked, told, now)
    _set_next(tx, due, sent, now)
    return Told(len(due), len(sent))


def _key(row: Any) -> tuple[UUID, str, int]:
    return row.search_id, row.job_id, row.opening


def _still_fitting(
    tx: Tx, index: SearchIndex, asked: Mapping[UUID, JobQuery], waiting: Sequence[Any], now: datetime
) -> dict[UUID, Fits]:
    jobs = list(dict.fromkeys(row.job_id for row in waiting if row.open and row.search_id in asked))
    if not jobs:
        return {}
    answers = fitting(tx, index, list(asked.values()), jobs, now=now)
    still_open = frozenset(jobs)
    return {search: fits & still_open for search, fits in zip(asked, answers, strict=True)}


def _mark(tx: Tx, statement: Any, rows: Sequence[Any], values: Mapping[str, object]) -> None:
    if rows:
        searches, jobs, openings = zip(*map(_key, rows), strict=True)
        keys = {"searches": list(searches), "jobs": list(jobs), "openings": list(openings)}
        tx.execute(statement, {**keys, **values})


def _ask_for_messages(
    tx: Tx, due: Sequence[Any], asked: Mapping[UUID, JobQuery], told: Sequence[Any], now: datetime
) -> frozenset[UUID]:
    """Ask for a message for each search that has something to tell; return these."""
    news: defaultdict[UUID, list[Any]] = defaultdict(list)
    for row in told:
        news[row.search_id].append(row)
    shown = {row.job_id for rows in news.values() for row in rows[:MOST_JOBS]}
    records = {record["job_id"]: record for record in records_by_id(tx, list(shown), now)}
    locales = _locales(tx, [row.person_id for row in due])
    for row in due:
        if row.search_id in news:
            digest = Digest(
                search_id=row.search_id,
                number=row.told + 1,
                name=row.name,
                query=asked[row.search_id],
                frequency=Frequency(row.frequency),
                jobs=_shown(news[row.search_id], records),
                total=len(news[row.search_id]),
            )
            reader = Reader(PersonId(row.person_id), locales.get(row.person_id))
            # The port takes one request at a time; a batch is small.
            request_message(tx, job_alert(tx, digest, reader, now=now), now=now)
    return frozenset(news)


def _shown(rows: Sequence[Any], records: Mapping[str, Record]) -> tuple[tuple[Record, str], ...]:
    return tuple((records[row.job_id], row.kind) for row in rows[:MOST_JOBS] if row.job_id in records)


def _locales(tx: Tx, persons: Sequence[UUID]) -> dict[UUID, str | None]:
    return {row.person_id: row.locale for row in tx.execute(_READERS, {"persons": list(persons)})}


def _set_next(tx: Tx, due: Sequence[Any], sent: frozenset[UUID], now: datetime) -> None:
    tx.execute(
        _NEXT,
        {
            "searches": [row.search_id for row in due],
            "due": [_next(row, now) for row in due],
            "sent": [int(row.search_id in sent) for row in due],
            "now": now,
        },
    )


def _next(row: Any, now: datetime) -> datetime | None:
    frequency = Frequency(row.frequency)
    if frequency is Frequency.AT_ONCE:
        return now + CHECKED_EVERY
    return next_due(Schedule(frequency, row.hour, row.weekday, known_zone(row.time_zone)), now)
