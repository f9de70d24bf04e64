"""Read models for pages and API: a posting with its history, a company in figures, boards with their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.engines.extraction import sanitise
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.plain_values import plain_value
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.providers import PROVIDERS, BadPosting, RawPosting
from bandmate.postings.records import RECORD_COLUMNS, RECORD_SOURCE, Record, record_of


@dataclass(frozen=True, slots=True)
class JobDetail:
    """A posting with everything the archive says about it."""

    record: Record
    description_text: str
    description_html: str
    """Sanitised; safe to put into a page."""
    native: Mapping[str, Any]
    """The provider's own fields, as sent."""
    evidence: Mapping[str, Any]
    """What the text says, each with its quote and its span in ``description_text``.

    Under ``skills`` a list, in the order of the record's ``skills``; where ``where`` is ``title``, the span counts
    the title's characters, and it is null where the words do not stand there as they are.
    """


def job_record(tx: Tx, job_id: str, now: datetime) -> Record:
    """Return one record.

    Raises:
        NotFound: when there is no such posting.
    """
    return record_of(_job_row(tx, job_id), now)


def _job_row(tx: Tx, job_id: str) -> Any:
    """Return the columns of the record, then its evidence and that of its skills."""
    row = tx.execute(
        text(f"select {RECORD_COLUMNS}, j.evidence, s.evidence as of_skills {RECORD_SOURCE} where j.job_id = :id"),
        {"id": job_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no posting {job_id[:60]!r}. A job id is 40 characters, 0-9 and a-f.")
    return row


def job_detail(tx: Tx, job_id: str, now: datetime) -> JobDetail:
    """Return a posting with its description, native payload and evidence.

    Raises:
        NotFound: when there is no such posting.
    """
    row = _job_row(tx, job_id)
    kept = tx.execute(text("select text, native from postings.content where job_id = :id"), {"id": job_id}).one()
    return JobDetail(
        record=record_of(row, now),
        description_text=kept.text,
        description_html=description_html(row.provider, row.provider_job_key, kept.native),
        native=kept.native,
        evidence=row.evidence | _evidence_of_skills(row),
    )


def _evidence_of_skills(row: Any) -> dict[str, Any]:
    """Return the words behind the skills, each with the skill; nothing where the posting was not read yet."""
    if row.skills is None:
        return {}
    return {"skills": [skill | words for skill, words in zip(row.skills, row.of_skills, strict=True)]}


def description_html(provider: str, key: str, native: Mapping[str, Any]) -> str:
    """Return the description of a native payload as sanitised HTML; it is made when read and never stored."""
    try:
        stated, _ = PROVIDERS[provider].state(RawPosting(key, "", dict(native)))
    except (KeyError, BadPosting):
        return ""
    return sanitise(stated.description_html)


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One step in the life of a posting, or of its whole board (``of_board``)."""

    event_id: UUID
    type: str
    observed_at: datetime
    field_name: str | None
    old_value: Any
    new_value: Any
    of_board: bool

    def as_json(self, job_id: str) -> Record:
        """Return the event as the API shows it."""
        return {
            "event_id": str(self.event_id),
            "job_id": job_id,
            "type": self.type,
            "observed_at": plain_value(self.observed_at),
            "field_name": self.field_name,
            "old_value": self.old_value,
            "new_value": self.new_value,
            "of_board": self.of_board,
        }


_HISTORY = """
    select * from (
        select event_id, type, observed_at, field_name, old_value, new_value, false as of_board
          from postings.job_event where job_id = :id
        union all
        select event_id, type, observed_at, field_name, old_value, new_value, true
          from postings.board_event where job_ids @> array[cast(:id as text)]
    ) as history
    where cast(:at as timestamptz) is null or (observed_at, event_id) < (:at, :event_id)
    order by observed_at desc, event_id desc
    limit :limit
"""


def job_history(
    tx: Tx, job_id: str, *, limit: int = 100, before: tuple[datetime, UUID] | None = None
) -> tuple[HistoryEvent, ...]:
    """Return the life of a posting, newest first, with the edits its board made across its postings.

    Args:
        tx: a reading transaction.
        job_id: the posting.
        limit: how many steps at most.
        before: where the last page ended.
    """
    at, event_id = before or (None, None)
    rows = tx.execute(text(_HISTORY), {"id": job_id, "at": at, "event_id": event_id, "limit": limit})
    return tuple(HistoryEvent(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class Share:
    """One slice of a breakdown."""

    value: str
    jobs: int


@dataclass(frozen=True, slots=True)
class OrgDetail:
    """A company as its boards show it; counts are of open postings unless they say otherwise."""

    org_id: UUID
    name: str
    boards: tuple[BoardName, ...]
    open_jobs: int
    known_jobs: int
    first_seen_at: datetime | None
    last_checked_at: datetime | None
    by_department: tuple[Share, ...]
    by_city: tuple[Share, ...]
    by_country: tuple[Share, ...]
    by_provider: tuple[Share, ...]
    by_work_model: tuple[Share, ...]
    opened_by_week: tuple[tuple[datetime, int, int], ...]
    """Monday 00:00 UTC of each of the last 12 weeks, postings first seen, postings closed."""


_BREAKDOWNS = {
    "by_department": "coalesce(j.department, 'Not stated')",
    "by_city": "coalesce(j.city, j.location_text, 'Not stated')",
    "by_country": "coalesce(j.country, 'Not stated')",
    "by_provider": "j.provider",
    "by_work_model": "coalesce(j.work_model, 'not_stated')",
}
BREAKDOWN_SIZE = 8


def org_detail(tx: Tx, org_id: UUID, now: datetime) -> OrgDetail:
    """Return a company with its breakdowns.

    Raises:
        NotFound: when there is no such company.
    """
    row = tx.execute(
        text("""
            select o.org_id, o.name, count(j.job_id) as known, count(j.job_id) filter (where j.active) as open,
                   min(j.first_seen_at) as first_seen_at, max(j.last_checked_at) as last_checked_at
              from postings.org o left join postings.job j using (org_id)
             where o.org_id = :id group by o.org_id
        """),
        {"id": org_id},
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no company {org_id}.")
    boards = tx.execute(
        text("select provider, board from postings.board where org_id = :id order by provider, board"),
        {"id": org_id},
    )
    return OrgDetail(
        org_id=row.org_id,
        name=row.name,
        boards=tuple(BoardName(*board) for board in boards),
        open_jobs=row.open,
        known_jobs=row.known,
        first_seen_at=row.first_seen_at,
        last_checked_at=row.last_checked_at,
        opened_by_week=_weeks(tx, org_id, now),
        **{name: _breakdown(tx, org_id, value) for name, value in _BREAKDOWNS.items()},
    )


def _breakdown(tx: Tx, org_id: UUID, value: str) -> tuple[Share, ...]:
    rows = tx.execute(
        text(f"""
            select {value} as value, count(*) as jobs from postings.job j
             where org_id = :id and active group by 1 order by jobs desc, 1 limit :size
        """),  # noqa: S608 - an expression of ours, see _BREAKDOWNS
        {"id": org_id, "size": BREAKDOWN_SIZE},
    )
    return tuple(Share(row.value, row.jobs) for row in rows)


def _weeks(tx: Tx, org_id: UUID, now: datetime) -> tuple[tuple[datetime, int, int], ...]:
    rows = tx.execute(
        text("""
            select week,
                   (select count(*) from postings.job j where j.org_id = :id
                       and j.first_seen_at >= week and j.first_seen_at < week + interval '7 days') as opened,
                   (select count(*) from postings.job j where j.org_id = :id
                       and j.inactive_at >= week and j.inactive_at < week + interval '7 days') as closed
              from generate_series(date_trunc('week', cast(:now as timestamptz)) - interval '77 days',
                                   date_trunc('week', cast(:now as timestamptz)), interval '7 days') as week
        """),
        {"id": org_id, "now": now},
    )
    return tuple((row.week, row.opened, row.closed) for row in rows)


@dataclass(frozen=True, slots=True)
class OrgFound:
    """A company in a list."""

    org_id: UUID
    name: str
    open_jobs: int


def find_orgs(
    tx: Tx, *, name: str = "", provider: str | None = None, board: str | None = None, limit: int = 20
) -> tuple[OrgFound, ...]:
    """Return companies whose name contains ``name``, or that own the board; most open postings first."""
    rows = tx.execute(
        text("""
            select o.org_id, o.name,
                   (select count(*) from postings.job j where j.org_id = o.org_id and j.active) as open_jobs
              from postings.org o
             where o.name ilike :pattern escape '\\'
               and (cast(:provider as text) is null and cast(:board as text) is null or exists (
                   select 1 from postings.board b
                    where b.org_id = o.org_id
                      and (cast(:provider as text) is null or b.provider = :provider)
                      and (cast(:board as text) is null or lower(b.board) = lower(:board))))
             order by open_jobs desc, o.name, o.org_id limit :limit
        """),
        {"pattern": f"%{_literal(name)}%", "provider": provider, "board": board, "limit": limit},
    )
    return tuple(OrgFound(row.org_id, row.name, row.open_jobs) for row in rows)


def _literal(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\x00", "")


@dataclass(frozen=True, slots=True)
class RunState:
    """One run of a board and what it proved."""

    board: BoardName
    observed_at: datetime
    outcome: str
    verdict: str
    http_status: int | None
    declared_total: int | None
    listed: int | None
    path: str | None
    detail: str | None
    faults: Sequence[Mapping[str, Any]]
    created: int
    updated: int
    closed: int
    reopened: int


def board_runs(
    tx: Tx, board_id: UUID | None = None, *, limit: int = 50, before: datetime | None = None
) -> tuple[RunState, ...]:
    """Return runs of one board, or of all, newest first."""
    rows = tx.execute(
        text("""
            select b.provider, b.board, r.observed_at, r.outcome, r.verdict, r.http_status, r.declared_total,
                   r.listed, r.path, r.detail, r.faults, r.created, r.updated, r.closed, r.reopened
              from postings.run r join postings.board b using (board_id)
             where (cast(:board_id as uuid) is null or r.board_id = :board_id)
               and (cast(:before as timestamptz) is null or r.observed_at < :before)
             order by r.observed_at desc, b.provider, b.board limit :limit
        """),
        {"board_id": board_id, "before": before, "limit": limit},
    )
    return tuple(RunState(BoardName(provider, board), *rest) for provider, board, *rest in rows)


@dataclass(frozen=True, slots=True)
class Totals:
    """What this installation holds."""

    open_jobs: int
    known_jobs: int
    companies: int
    boards: int
    last_run_at: datetime | None


def totals(tx: Tx) -> Totals:
    """Count what this installation holds."""
    row = tx.execute(
        text("""
            select (select count(*) from postings.job where active) as open_jobs,
                   (select count(*) from postings.job) as known_jobs,
                   (select count(distinct org_id) from postings.board) as companies,
                   (select count(*) from postings.board) as boards,
                   (select max(last_run_at) from postings.board) as last_run_at
        """)
    ).one()
    return Totals(*row)
