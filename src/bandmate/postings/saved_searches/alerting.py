"""Evaluation: which of the postings that came, opened again or changed fit which saved searches.

Nothing is missed and nothing told twice:

* candidates come from the event log (``collecting``) and go in the transaction that writes what they fit;
* a posting is found once for a search and an opening of it, by the key of ``postings.alert_match``;
* what the search index has not taken in yet waits, and while there is no index, everything does;
* who saves while this runs is either seen here or sees the postings themselves (``saving.BARRIER``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.engines.search import IndexUnusable, SearchIndex
from bandmate.kernel.consent import allows_all
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.events import Cursor
from bandmate.kernel.ids import PersonId
from bandmate.postings.job_query import JobQuery, Sort
from bandmate.postings.saved_searches.collecting import CHANGED, OPENED
from bandmate.postings.saved_searches.domain import read_form
from bandmate.postings.saved_searches.matching import Fits, fitting
from bandmate.postings.saved_searches.purpose import EMAIL, JOB_ALERTS
from bandmate.postings.saved_searches.saving import BARRIER

BATCH = 2_000
"""Candidates evaluated in one transaction."""

_BARRIER = text("select pg_advisory_xact_lock(:barrier)")
_ALONE = text("select pg_advisory_xact_lock(:barrier, 1)")
_NEWEST = text("select max(candidate_id) from postings.alert_candidate")

_TAKE = text("""
    select candidate_id, job_id, cast(cast(xid as text) as bigint) as xid, position, kind
      from postings.alert_candidate
     where candidate_id <= :newest and (xid, position) <= (cast(:xid as xid8), :position)
     order by candidate_id limit :limit
""")
_DONE = text("delete from postings.alert_candidate where candidate_id = any(:ids)")

# Deleted ones too: who brings a search back has missed nothing.
_SEARCHES = text("""
    select search_id, person_id, form, query, alerts_since,
           cast(cast(since_xid as text) as bigint) as since_xid, since_position
      from postings.saved_search
     where frequency <> 'never'
""")

# Only what one can still apply for; a deadline that passes later is looked at again before anything is told.
_OPENINGS = text("""
    select j.job_id, count(e.type) filter (where e.type = 'reopened') as opening,
           coalesce(max(e.observed_at), j.first_seen_at) as opened_at
      from postings.job j
      left join postings.job_event e on e.job_id = j.job_id and e.type in ('created', 'reopened')
     where j.job_id = any(:ids) and j.active and coalesce(j.valid_through >= :now, true)
     group by j.job_id
""")

_FOUND = text("""
    insert into postings.alert_match (search_id, job_id, opening, kind, found_at)
    select search_id, job_id, opening, kind, :now
      from unnest(cast(:searches as uuid[]), cast(:jobs as text[]), cast(:openings as integer[]),
                  cast(:kinds as text[])) as t(search_id, job_id, opening, kind)
    on conflict (search_id, job_id, opening) do nothing
""")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of one batch."""

    candidates: int
    found: int
    """Pairs of search and posting that are to be told."""


@dataclass(frozen=True, slots=True)
class _Alert:
    search_id: UUID
    since: Cursor
    since_at: datetime


@dataclass(frozen=True, slots=True)
class _Posting:
    """An open posting among the candidates."""

    opening: int
    opened_at: datetime
    opened: Cursor
    """Where the log last told that it opened, as far as these candidates know; else the beginning."""
    changed: Cursor

    def news_for(self, alert: _Alert) -> str | None:
        """Return what kind of news it is for whoever asks since then; None where it is none."""
        # The log decides. Where it told of the opening earlier than of these candidates, the clocks must do.
        known = self.opened != Cursor()
        if self.opened > alert.since if known else self.opened_at > alert.since_at:
            return "reopened" if self.opening else "new"
        return "changed" if self.changed > alert.since else None


def evaluate(database: Database, index: SearchIndex, *, now: datetime, limit: int = BATCH) -> Evaluated:
    """Evaluate the next candidates, as far as the index has come, in one transaction.

    Evaluating again after a crash finds the same. Returns 0 candidates when none is left that may be looked at.

    Raises:
        IndexUnusable: when the index has gone; nothing was changed.
    """
    mark = index.mark()
    if mark is None:
        raise IndexUnusable("The search index has not been built yet.")
    with database.begin() as tx:
        # Whoever was saving when these candidates were written has committed once this lock is granted.
        tx.execute(_BARRIER, {"barrier": BARRIER})
        newest = tx.execute(_NEWEST).scalar_one()
    if newest is None:
        return Evaluated(0, 0)
    with database.begin() as tx:
        tx.execute(_ALONE, {"barrier": BARRIER})
        come = Cursor.parse(mark)
        rows = tx.execute(
            _TAKE, {"newest": newest, "xid": str(come.xid), "position": come.position, "limit": limit}
        ).all()
        found = _evaluate(tx, index, rows, now) if rows else 0
        tx.execute(_DONE, {"ids": [row.candidate_id for row in rows]})
    return Evaluated(len(rows), found)


def _evaluate(tx: Tx, index: SearchIndex, rows: Sequence[Any], now: datetime) -> int:
    alerts = _alerts(tx, now)
    postings = _postings(tx, rows, now) if alerts else {}
    if not postings:
        return 0
    queries = list(alerts)
    fits = fitting(tx, index, queries, list(postings), now=now)
    found = _news(alerts, queries, fits, postings)
    if found:
        searches, jobs, openings, kinds = zip(*found, strict=True)
        tx.execute(
            _FOUND,
            {
                "searches": list(searches),
                "jobs": list(jobs),
                "openings": list(openings),
                "kinds": list(kinds),
                "now": now,
            },
        )
    return len(found)


def _alerts(tx: Tx, now: datetime) -> dict[JobQuery, list[_Alert]]:
    """Return the alerts of those who allow them, grouped by what they ask: the same question is asked once."""
    rows = tx.execute(_SEARCHES).all()
    persons = {PersonId(row.person_id) for row in rows}
    allowed = allows_all(tx, list(persons), JOB_ALERTS.name, EMAIL, at=now) if persons else frozenset()
    written: defaultdict[tuple[int, str], list[_Alert]] = defaultdict(list)
    for row in rows:
        if row.person_id in allowed:
            alert = _Alert(row.search_id, Cursor(row.since_xid, row.since_position), row.alerts_since)
            written[row.form, row.query].append(alert)
    alerts: defaultdict[JobQuery, list[_Alert]] = defaultdict(list)
    for (form, query), asking in written.items():
        read = read_form(form, query)
        if read is not None:
            alerts[replace(read, sort=Sort.RELEVANCE)] += asking
    return alerts


def _postings(tx: Tx, rows: Sequence[Any], now: datetime) -> dict[str, _Posting]:
    newest: dict[tuple[str, str], Cursor] = {}
    for row in rows:
        key = row.job_id, row.kind
        newest[key] = max(newest.get(key, Cursor()), Cursor(row.xid, row.position))
    ids = list(dict.fromkeys(row.job_id for row in rows))
    return {
        row.job_id: _Posting(
            row.opening,
            row.opened_at,
            newest.get((row.job_id, OPENED), Cursor()),
            newest.get((row.job_id, CHANGED), Cursor()),
        )
        for row in tx.execute(_OPENINGS, {"ids": ids, "now": now})
    }


def _news(
    alerts: Mapping[JobQuery, Sequence[_Alert]],
    queries: Sequence[JobQuery],
    fits: Sequence[Fits],
    postings: Mapping[str, _Posting],
) -> list[tuple[UUID, str, int, str]]:
    """Return search, posting, opening and kind of everything that is to be told."""
    return [
        (alert.search_id, job_id, postings[job_id].opening, kind)
        for query, jobs in zip(queries, fits, strict=True)
        for alert in alerts[query]
        for job_id in jobs
        if (kind := postings[job_id].news_for(alert)) is not None
    ]
