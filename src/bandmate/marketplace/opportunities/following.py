"""Jobs from postings: an open posting of a company of ours is an opportunity, and follows it by events.

``follow`` brings given postings in step, ``reconcile`` all of them; both are idempotent, so that hearing an event
twice, or a company chosen later, changes nothing that is right already.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import orjson
from sqlalchemy import text

from bandmate.kernel.clock import Clock, system_clock
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.events import StoredEvent, publish
from bandmate.kernel.events.subscriptions import Subscription
from bandmate.kernel.ids import fast_derived_id
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import events
from bandmate.marketplace.opportunities.domain import LONGEST_SUMMARY, LONGEST_TITLE
from bandmate.marketplace.opportunities.skills import refresh_words
from bandmate.postings import HEARD, OfferedJob, jobs_told_of, offered_jobs, offered_jobs_after

BATCH = 500
MOST_SKILLS = 12
"""Of what was read out of a posting, the likeliest."""

_OWN = text("select org_id from marketplace.own_company")
_WINDOW = text("select internal_first_days from marketplace.launch where kind = 'job'")
_FOLLOWED = text("""
    select job_id from marketplace.opportunity
     where job_id is not null and state <> 'closed' and job_id > :after order by job_id limit :limit
""")
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('marketplace.following', 0))")

_GIVEN = """
    given as (
        select * from jsonb_to_recordset(cast(:jobs as jsonb)) as t(
            opportunity_id uuid, job_id text, title text, summary text, description text, department text,
            location text, country char(2), work_model text, posting_path text, is_open boolean,
            opens_at timestamptz, internal_until timestamptz, closes_at timestamptz))
"""
# What is the same is not written again. Closed postings that were never open here are left out.
_UPSERT = text(f"""
    with {_GIVEN},
    old as (select o.job_id, o.state from marketplace.opportunity o join given using (job_id)),
    written as (
        insert into marketplace.opportunity as o
               (opportunity_id, kind, title, summary, description, department, location, country, work_model,
                job_id, posting_path, state, seats, opens_at, listed_at, internal_until, closes_at, created_at,
                changed_at)
        select opportunity_id, 'job', title, summary, description, department, location, country, work_model,
               job_id, posting_path, case when is_open then 'open' else 'closed' end, 1, opens_at, :now,
               internal_until, closes_at, :now, :now
          from given where is_open or job_id in (select job_id from old)
         order by job_id
        on conflict (job_id) do update
           set title = excluded.title, summary = excluded.summary, description = excluded.description,
               department = excluded.department, location = excluded.location, country = excluded.country,
               work_model = excluded.work_model, posting_path = excluded.posting_path, state = excluded.state,
               opens_at = case when o.state = 'closed' and excluded.state = 'open' then excluded.listed_at
                               else o.opens_at end,
               listed_at = case when o.state = 'closed' and excluded.state = 'open' then excluded.listed_at
                                else o.listed_at end,
               internal_until = excluded.internal_until, closes_at = excluded.closes_at,
               version = o.version + 1, changed_at = excluded.changed_at
         where (o.title, o.summary, o.description, o.department, o.location, o.country, o.work_model,
                o.posting_path, o.state, o.internal_until, o.closes_at)
               is distinct from
               (excluded.title, excluded.summary, excluded.description, excluded.department, excluded.location,
                excluded.country, excluded.work_model, excluded.posting_path, excluded.state,
                excluded.internal_until, excluded.closes_at)
        returning opportunity_id, job_id, version, state)
    select w.opportunity_id, w.version, w.state, old.state as before from written w left join old using (job_id)
     order by w.job_id
""")  # noqa: S608 - our own columns
_CLOSE = text("""
    update marketplace.opportunity set state = 'closed', version = version + 1, changed_at = :now
     where job_id = any(:jobs) and state <> 'closed'
    returning opportunity_id, version
""")
_SKILLS = text("""
    with given as (
        select * from jsonb_to_recordset(cast(:skills as jsonb)) as t(
            opportunity_id uuid, skill_uri text, label text, weight real)),
    gone as (
        delete from marketplace.opportunity_skill s
         where s.opportunity_id = any(:ids)
           and not exists (select from given g where g.opportunity_id = s.opportunity_id
                              and g.skill_uri = s.skill_uri and s.part = 'wanted')
        returning opportunity_id),
    new as (
        insert into marketplace.opportunity_skill as s (opportunity_id, skill_uri, label, part, weight)
        select opportunity_id, skill_uri, label, 'wanted', weight from given
          join marketplace.opportunity using (opportunity_id)
        on conflict (opportunity_id, skill_uri, part) do update
           set label = excluded.label, weight = excluded.weight
         where (s.label, s.weight) is distinct from (excluded.label, excluded.weight)
        returning opportunity_id)
    select opportunity_id from gone union select opportunity_id from new
""")

_WORK_MODELS = {"onsite": "on_site", "on_site": "on_site", "hybrid": "hybrid", "remote": "remote"}


def opportunity_id_of(job_id: str) -> OpportunityId:
    """Return the id of the opportunity that a posting becomes: the same on every machine."""
    return OpportunityId(fast_derived_id("marketplace.opportunity.of_posting", job_id))


def follow(tx: Tx, job_ids: Collection[str], *, now: datetime) -> None:
    """Bring opportunities in step with these postings, as they are now."""
    if not job_ids:
        return
    tx.execute(_LOCK)
    own = list(tx.execute(_OWN).scalars())
    jobs = offered_jobs(tx, own, job_ids, now=now)
    _write(tx, jobs, now)
    _close(tx, frozenset(job_ids) - {job.job_id for job in jobs}, now)


def reconcile(database: Database, clock: Clock = system_clock) -> None:
    """Bring all opportunities in step with the postings of our companies, a batch a transaction.

    After a company was chosen or left out, after the window for our own people was changed, and every night.
    """
    after = ""
    while True:
        with database.begin() as tx:
            tx.execute(_LOCK)
            own = list(tx.execute(_OWN).scalars())
            jobs = offered_jobs_after(tx, own, after, now=clock(), limit=BATCH)
            _write(tx, jobs, clock())
        if len(jobs) < BATCH:
            break
        after = jobs[-1].job_id
    after = ""
    while True:
        with database.begin() as tx:
            followed = list(tx.execute(_FOLLOWED, {"after": after, "limit": BATCH}).scalars())
            follow(tx, followed, now=clock())
        if len(followed) < BATCH:
            return
        after = followed[-1]


def _write(tx: Tx, jobs: Sequence[OfferedJob], now: datetime) -> None:
    if not jobs:
        return
    days = tx.execute(_WINDOW).scalar_one_or_none() or 0
    rows = [_row(job, days) for job in jobs]
    written = tx.execute(_UPSERT, {"jobs": orjson.dumps(rows).decode(), "now": now}).all()
    _write_skills(tx, jobs)
    publish(
        tx,
        [
            events.opportunity_event(told, row.opportunity_id, Kind.JOB, row.version, now)
            for row in written
            if (told := _told(row.before, row.state)) is not None
        ],
    )


def _told(before: str | None, after: str) -> str | None:
    if before == after:
        return events.CHANGED if after == "open" else None
    return events.OPENED if after == "open" else events.CLOSED


def _close(tx: Tx, job_ids: Collection[str], now: datetime) -> None:
    rows = tx.execute(_CLOSE, {"jobs": list(job_ids), "now": now}).all() if job_ids else ()
    publish(
        tx,
        [events.opportunity_event(events.CLOSED, row.opportunity_id, Kind.JOB, row.version, now) for row in rows],
    )


def _write_skills(tx: Tx, jobs: Sequence[OfferedJob]) -> None:
    ids: list[UUID] = [opportunity_id_of(job.job_id) for job in jobs]
    skills = [
        {
            "opportunity_id": opportunity_id_of(job.job_id),
            "skill_uri": skill.uri,
            "label": skill.label,
            "weight": skill.score,
        }
        for job in jobs
        for skill in job.skills[:MOST_SKILLS]
    ]
    changed = tx.execute(_SKILLS, {"ids": ids, "skills": orjson.dumps(skills).decode()}).scalars().all()
    if changed:
        refresh_words(tx, changed)


def _row(job: OfferedJob, days: int) -> dict[str, object]:
    return {
        "opportunity_id": opportunity_id_of(job.job_id),
        "job_id": job.job_id,
        "title": job.title[:LONGEST_TITLE],
        "summary": _summary(job.text),
        "description": job.text,
        "department": job.department,
        "location": job.location,
        "country": job.country_code,
        "work_model": _WORK_MODELS.get(job.work_model or ""),
        "posting_path": job.path,
        "is_open": job.is_open,
        "opens_at": job.posted_at,
        "internal_until": job.posted_at + timedelta(days=days) if days else None,
        "closes_at": job.valid_through,
    }


def _summary(words: str) -> str:
    spaced = " ".join(words[: 4 * LONGEST_SUMMARY].split())
    if len(spaced) <= LONGEST_SUMMARY:
        return spaced
    return spaced[: LONGEST_SUMMARY - 1].rsplit(" ", 1)[0] + "…"


def _hear(tx: Tx, batch: Sequence[StoredEvent]) -> None:
    follow(tx, jobs_told_of(tx, batch), now=batch[-1].recorded_at)


SUBSCRIPTION = Subscription("marketplace.opportunities", HEARD, _hear, batch=200)
"""Hears of postings."""
