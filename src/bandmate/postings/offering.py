"""What other contexts may ask of postings: those of given companies, in the few facts that an offer needs.

Others never read the tables of postings. They hear its events, ask here which postings an event tells of
(``jobs_told_of``), and read those (``offered_jobs``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import StoredEvent
from bandmate.postings import events

HEARD = frozenset(events.PUBLISHED)
"""The types of events after which a posting may read otherwise."""

LONGEST_TEXT = 20_000

_JOBS = """
    select j.job_id, j.org_id, j.company, j.title, j.department,
           coalesce(j.city, j.location_text) as location, j.country_code, j.work_model, j.posted_at,
           j.valid_through, j.active and coalesce(j.valid_through > :now, true) as is_open,
           left(c.text, :longest) as text, r.skills
      from postings.job j
      left join postings.content c using (job_id)
      left join postings.job_reading r using (job_id)
     where j.org_id = any(:orgs)
"""
_CHOSEN = text(_JOBS + " and j.job_id = any(:jobs) order by j.job_id")
_NEXT = text(_JOBS + " and j.job_id > :after order by j.job_id limit :limit")
_OF_BOARDS = text("select job_id from postings.job where board_id = any(:boards)")
_COMPANIES = text("""
    select o.org_id, o.name, count(j.job_id) filter (where j.active) as open_jobs
      from postings.org o left join postings.job j using (org_id)
     group by o.org_id order by lower(o.name), o.org_id
""")


@dataclass(frozen=True, slots=True)
class OfferedSkill:
    """A skill that was read out of a posting."""

    uri: str
    label: str
    score: float
    """How often skills with such evidence were right, 0 to 1."""


@dataclass(frozen=True, slots=True)
class OfferedJob:
    """A posting as an offer."""

    job_id: str
    org_id: UUID
    company: str
    title: str
    text: str
    """Its description as plain text, at most ``LONGEST_TEXT`` characters."""
    department: str | None
    location: str | None
    country_code: str | None
    """ISO 3166-1 alpha-2, upper case."""
    work_model: str | None
    """``onsite``, ``hybrid`` or ``remote``."""
    path: str
    """Of its page here."""
    posted_at: datetime
    valid_through: datetime | None
    is_open: bool
    """Whether one can still apply."""
    skills: tuple[OfferedSkill, ...]
    """Best first; none where it has not been read yet."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company that postings are known of."""

    org_id: UUID
    name: str
    open_jobs: int


def companies(tx: Tx) -> tuple[Company, ...]:
    """Return every company that postings are known of, by name."""
    return tuple(Company(row.org_id, row.name, row.open_jobs) for row in tx.execute(_COMPANIES))


def offered_jobs(
    tx: Tx, org_ids: Collection[UUID], job_ids: Collection[str], *, now: datetime
) -> tuple[OfferedJob, ...]:
    """Return those of these postings that are of one of these companies, by id."""
    values = {"orgs": list(org_ids), "jobs": list(job_ids), "now": now, "longest": LONGEST_TEXT}
    return tuple(_offered(row) for row in tx.execute(_CHOSEN, values)) if org_ids and job_ids else ()


def offered_jobs_after(
    tx: Tx, org_ids: Collection[UUID], after: str, *, now: datetime, limit: int
) -> tuple[OfferedJob, ...]:
    """Return the next postings of these companies behind an id (the empty text begins), open or not, by id."""
    values = {"orgs": list(org_ids), "after": after, "now": now, "limit": limit, "longest": LONGEST_TEXT}
    return tuple(_offered(row) for row in tx.execute(_NEXT, values)) if org_ids else ()


def jobs_told_of(tx: Tx, batch: Sequence[StoredEvent]) -> frozenset[str]:
    """Return the ids of the postings that these events tell of."""
    found: set[str] = set()
    boards: set[str] = set()
    for stored in batch:
        event = stored.event
        if event.type.startswith("postings.job."):
            found.add(event.subject)
        elif event.type == events.BOARD_REBUILT:
            boards.add(event.subject)
        else:
            found.update(event.data.get("job_ids", ()))
    if boards:
        found.update(tx.execute(_OF_BOARDS, {"boards": sorted(boards)}).scalars())
    return frozenset(found)


def _offered(row: Any) -> OfferedJob:
    return OfferedJob(
        job_id=row.job_id,
        org_id=row.org_id,
        company=row.company,
        title=row.title,
        text=row.text or "",
        department=row.department,
        location=row.location,
        country_code=row.country_code,
        work_model=row.work_model,
        path=f"/jobs/{row.job_id}",
        posted_at=row.posted_at,
        valid_through=row.valid_through,
        is_open=row.is_open,
        skills=tuple(OfferedSkill(each["uri"], each["label"], each["score"]) for each in row.skills or ()),
    )
