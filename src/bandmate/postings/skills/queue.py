"""Which postings are to be read, who is at them, and storing what was read; short statements, set-wise.

A posting is due when it was never read, when its record was read of other bytes or by other rules of extraction
than it has now, or when another version of model and vocabulary read it. A claim is a time until which nobody else
takes it. Nothing is held in a transaction while a posting is read, which takes a second: an open transaction would
keep every reader of the event log waiting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import publish
from bandmate.postings import events
from bandmate.postings.domain.identity import BoardId, BoardName, JobId
from bandmate.postings.skills.reading import PostingReading

CLAIM = timedelta(minutes=10)
"""How long a claim holds; a batch takes some twenty seconds, the first one of a new vocabulary minutes."""

_HASH = "encode(sha256(convert_to(j.title || E'\\n' || c.text, 'UTF8')), 'hex')"

_CHANGED = """
       (r.source_hash is distinct from j.source_hash or r.derived_version is distinct from j.derived_version)
"""

# Whoever claims waits for another claim to end, some milliseconds; so two never choose the same postings.
_TURN = text("select pg_advisory_xact_lock(hashtext('postings.skills.claim'))")

_UNTOUCHED = text(f"""
    update postings.job_reading r set source_hash = j.source_hash, derived_version = j.derived_version
      from postings.job j join postings.content c using (job_id)
     where r.job_id = j.job_id and r.version = :version and {_CHANGED} and r.text_hash = {_HASH}
""")  # noqa: S608 - our own expressions

_CLAIM = text(f"""
    with due as materialized (
        select j.job_id
          from postings.job j join postings.content c using (job_id)
          left join postings.job_reading r using (job_id)
         where (r.version is distinct from :version or {_CHANGED})
           and coalesce(r.claimed_until < :now, true)
         order by j.active desc, j.posted_at desc, j.job_id
         limit :limit
    ), claimed as (
        insert into postings.job_reading (job_id, claimed_until) select job_id, :until from due
        on conflict (job_id) do update set claimed_until = excluded.claimed_until
    )
    select j.job_id, j.provider, j.board, j.title, c.text, j.source_hash, j.derived_version, {_HASH} as text_hash,
           coalesce(r.skill_uris, '{{}}') as skill_uris, r.occupation_uri
      from due join postings.job j using (job_id) join postings.content c using (job_id)
      left join postings.job_reading r using (job_id)
     order by j.active desc, j.posted_at desc, j.job_id
""")  # noqa: S608 - our own expressions

_RELEASE = text("update postings.job_reading set claimed_until = null where job_id = any(:ids)")

_STORE = text("""
    update postings.job_reading r
       set version = t.version, source_hash = t.source_hash, derived_version = t.derived_version,
           text_hash = t.text_hash, read_at = :now, claimed_until = null, normalized_title = t.normalized_title,
           seniority = t.seniority, occupation_uri = t.occupation_uri, occupation_label = t.occupation_label,
           occupation_score = t.occupation_score, skills = t.skills, evidence = t.evidence,
           skill_uris = t.skill_uris
      from json_to_recordset(cast(:rows as json)) as t(
           job_id text, version text, source_hash text, derived_version integer, text_hash text,
           normalized_title text, seniority text, occupation_uri text, occupation_label text,
           occupation_score double precision, skills jsonb, evidence jsonb, skill_uris text[])
     where r.job_id = t.job_id
""")

_NAME_CONCEPTS = text("""
    insert into postings.concept (uri, label)
    select uri, label from unnest(cast(:uris as text[]), cast(:labels as text[])) as t(uri, label) order by uri
    on conflict (uri) do update set label = excluded.label where concept.label <> excluded.label
""")

_AGAIN = text("update postings.job_reading set source_hash = null, text_hash = null, claimed_until = null")

_FORGET = text("""
    delete from postings.job_reading r
     where not exists (select from postings.job j where j.job_id = r.job_id)
       and coalesce(r.claimed_until < :now, true)
""")

_SET_STATE = text("""
    insert into postings.reading_state (version, notice, looked_at) values (:version, :notice, :now)
    on conflict (one) do update
       set version = excluded.version, notice = excluded.notice, looked_at = excluded.looked_at
""")

_STATE = text("select version, notice, looked_at from postings.reading_state")

_PROGRESS = text(f"""
    select count(*) as postings,
           count(*) filter (where r.version = :version and not {_CHANGED}) as current,
           count(*) filter (where r.version is not null) as read
      from postings.job j join postings.content c using (job_id) left join postings.job_reading r using (job_id)
""")  # noqa: S608 - our own expressions

_HAS_DUE = text(f"""
    select exists (
        select from postings.job j join postings.content c using (job_id)
          left join postings.job_reading r using (job_id)
         where (r.version is distinct from :version or {_CHANGED}) and coalesce(r.claimed_until < :now, true))
""")  # noqa: S608 - our own expressions


# Different titles, not postings: the same job in thirty towns is not what a company says of itself.
_SHARED = text(r"""
    with texts as materialized (
        select board_id, title, text
          from (select j.board_id, j.title, c.text,
                       row_number() over (partition by j.board_id order by j.posted_at desc, j.job_id) as place
                  from postings.job j join postings.content c using (job_id)
                 where j.board_id = any(:boards)) as newest
         where place <= :postings
    ), titles as (
        select board_id, count(distinct title) as number from texts group by board_id
    )
    select board_id, line
      from (select distinct texts.board_id, title, line
              from texts cross join lateral unnest(string_to_array(texts.text, E'\n')) as line) as lines
      join titles using (board_id)
     where line ~ '\w\w'
     group by board_id, line, titles.number
    having count(*) >= :least and count(*) >= :share * titles.number
""")

SHARED_LEAST, SHARED_SHARE = 5, 0.25
"""A line is the company's when it stands under so many different titles, and under this share of them: the measure
by which an edit is the board's (``domain.changes``)."""
SHARED_POSTINGS = 300
"""The newest postings of a board that are compared."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A posting that is ours to read, and what was known of it."""

    job_id: JobId
    board: BoardName
    title: str
    description: str
    source_hash: str
    derived_version: int
    text_hash: str
    skill_uris: frozenset[str]
    occupation_uri: str | None

    def differs(self, reading: PostingReading) -> bool:
        """Whether filters find the posting differently with this reading."""
        occupation = reading.occupation.uri if reading.occupation else None
        return self.skill_uris != {one.uri for one in reading.skills} or self.occupation_uri != occupation


@dataclass(frozen=True, slots=True)
class State:
    """Which version serves, or why none does."""

    version: str | None
    notice: str | None
    looked_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the reading has come."""

    postings: int
    current: int
    """Read as they are now, by the version that serves."""
    read: int
    """Read at all."""


def pass_over_untouched(tx: Tx, version: str) -> int:
    """Note of records that changed in other facts only that their words were read already; return how many."""
    return tx.execute(_UNTOUCHED, {"version": version}).rowcount


def claim(tx: Tx, version: str, *, now: datetime, limit: int) -> tuple[Claimed, ...]:
    """Take postings that are due, open ones and the newest first, so that nobody else takes them for a while."""
    tx.execute(_TURN)
    rows = tx.execute(_CLAIM, {"version": version, "now": now, "until": now + CLAIM, "limit": limit})
    return tuple(
        Claimed(
            job_id=row.job_id,
            board=BoardName(row.provider, row.board),
            title=row.title,
            description=row.text,
            source_hash=row.source_hash,
            derived_version=row.derived_version,
            text_hash=row.text_hash,
            skill_uris=frozenset(row.skill_uris),
            occupation_uri=row.occupation_uri,
        )
        for row in rows
    )


def shared_lines(tx: Tx, boards: Iterable[BoardId]) -> Mapping[BoardId, frozenset[str]]:
    """Return for each board the lines that stand under many of its postings."""
    wanted = list(boards)
    sizes = {"postings": SHARED_POSTINGS, "least": SHARED_LEAST, "share": SHARED_SHARE}
    found: dict[BoardId, set[str]] = {board_id: set() for board_id in wanted}
    if wanted:
        for row in tx.execute(_SHARED, {"boards": wanted, **sizes}):
            found[row.board_id].add(row.line)
    return {board_id: frozenset(lines) for board_id, lines in found.items()}


def release(tx: Tx, claims: Iterable[Claimed]) -> None:
    """Give back what was not read after all."""
    tx.execute(_RELEASE, {"ids": [claimed.job_id for claimed in claims]})


def store(tx: Tx, readings: Sequence[tuple[Claimed, PostingReading]], *, now: datetime) -> None:
    """Keep what was read, and tell the log of the postings that filters find differently now."""
    if not readings:
        return
    rows = [_row(claimed, reading) for claimed, reading in readings]
    tx.execute(_STORE, {"rows": orjson.dumps(rows).decode(), "now": now})
    labels = {one.uri: one.label for _, reading in readings for one in reading.skills}
    labels |= {r.occupation.uri: r.occupation.label for _, r in readings if r.occupation}
    tx.execute(_NAME_CONCEPTS, {"uris": list(labels), "labels": list(labels.values())})
    changed: dict[BoardName, list[JobId]] = {}
    for claimed, reading in readings:
        if claimed.differs(reading):
            changed.setdefault(claimed.board, []).append(claimed.job_id)
    version = readings[0][1].version
    publish(
        tx, [events.skills_read(board, job_ids, version=version, at=now) for board, job_ids in changed.items()]
    )


_SKILL = ("uri", "label", "score")
_WORDS = ("named", "where", "start", "end", "quote")


def _row(claimed: Claimed, reading: PostingReading) -> dict[str, Any]:
    occupation = reading.occupation
    found = [asdict(one) for one in reading.skills]
    return {
        "job_id": claimed.job_id,
        "version": reading.version,
        "source_hash": claimed.source_hash,
        "derived_version": claimed.derived_version,
        "text_hash": claimed.text_hash,
        "normalized_title": reading.normalized_title,
        "seniority": reading.seniority,
        "occupation_uri": occupation.uri if occupation else None,
        "occupation_label": occupation.label if occupation else None,
        "occupation_score": occupation.score if occupation else None,
        "skills": [{name: one[name] for name in _SKILL} for one in found],
        "evidence": [{name: one[name] for name in _WORDS} for one in found],
        "skill_uris": [one.uri for one in reading.skills],
    }


def read_again(tx: Tx) -> None:
    """Have every posting read anew; what was read before answers until then."""
    tx.execute(_AGAIN)


def forget_gone(tx: Tx, *, now: datetime) -> int:
    """Remove what was read of postings that are not there any more; return how many."""
    return tx.execute(_FORGET, {"now": now}).rowcount


def set_state(tx: Tx, *, version: str | None, notice: str | None, now: datetime) -> None:
    """Note which version serves, or why nothing can be read."""
    tx.execute(_SET_STATE, {"version": version, "notice": notice, "now": now})


def state(tx: Tx) -> State | None:
    """Return what was noted last; None before the first look."""
    row = tx.execute(_STATE).one_or_none()
    return None if row is None else State(*row)


def progress(tx: Tx, version: str | None) -> Progress:
    """Count how far the reading by this version has come."""
    return Progress(*tx.execute(_PROGRESS, {"version": version}).one())


def has_due(tx: Tx, version: str | None, *, now: datetime) -> bool:
    """Whether anything is to be read that nobody is at."""
    return bool(tx.execute(_HAS_DUE, {"version": version, "now": now}).scalar_one())
