"""Reading launches, their history and their figures; for administrators and programme leads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches.domain import Change, Launch, LaunchState, Readiness

_LAUNCHES = text("""
    select kind, state, group_ids, internal_first_days, version, changed_at, changed_by from marketplace.launch
""")
_HISTORY = text("""
    select c.change_id, c.kind, c.state, c.group_ids, c.internal_first_days, c.at, c.by, p.name as by_name,
           c.reason
      from marketplace.launch_change c left join kernel.person p on p.person_id = c.by
     where c.kind = :kind order by c.change_id desc limit 50
""")
_LEADS = text("""
    select l.person_id, coalesce(e.display_name, p.name) as name, e.title, l.granted_at
      from marketplace.programme_lead l
      join kernel.person p using (person_id)
      left join marketplace.employee e using (person_id)
     order by lower(coalesce(e.display_name, p.name)), l.person_id
""")
_OWN = text("select org_id from marketplace.own_company")

# A saved search asks for a kind when it names it, or names none.
_FIGURES = text("""
    with kinds as (select unnest(array['job', 'project', 'mentoring']) as kind),
    employees as (select person_id from marketplace.employee where active),
    interest as (
        select 'mentoring' as kind, person_id from marketplace.mentoring_wish where state = 'open'
        union
        select k.kind, s.person_id from marketplace.opportunity_search s, kinds k
         where s.query like '%kind=' || k.kind || '%' or s.query not like '%kind=%'
        union
        select k.kind, p.person_id from marketplace.profile p join kinds k on k.kind = any(p.open_to)),
    supply as (
        select kind, count(*) as offers, count(distinct owner_id) as providers,
               sum(greatest(seats - seats_taken, 0)) as seats
          from marketplace.opportunity
         where state = 'open' and (closes_at is null or closes_at > :now) group by kind),
    demand as (
        select 'mentoring' as kind, count(*) as many from marketplace.mentoring_wish where state = 'open'
        union all
        select o.kind, count(*)
          from marketplace.application a join marketplace.opportunity o using (opportunity_id)
         where a.state in ('interested', 'applied', 'shortlisted', 'offered') group by o.kind)
    select k.kind, (select count(*) from employees) as employees,
           (select count(*) from marketplace.launch_awareness a join employees using (person_id)
             where a.kind = k.kind) as aware,
           (select count(distinct i.person_id) from interest i join employees using (person_id)
             where i.kind = k.kind) as interested,
           coalesce(s.offers, 0) as offers, coalesce(s.providers, 0) as providers, coalesce(s.seats, 0) as seats,
           (select coalesce(sum(d.many), 0) from demand d where d.kind = k.kind) as demand
      from kinds k left join supply s using (kind)
""")
_AWARE = text("""
    insert into marketplace.launch_awareness (kind, person_id, at, how)
    select kind, person_id, :now, :how
      from unnest(cast(:kinds as text[])) as k(kind), unnest(cast(:persons as uuid[])) as p(person_id)
    on conflict (kind, person_id) do nothing
""")
_UNAWARE = text("""
    select kind from unnest(cast(:kinds as text[])) as k(kind)
     where not exists (select from marketplace.launch_awareness a
                        where a.kind = k.kind and a.person_id = :person)
""")


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who leads programmes."""

    person_id: PersonId
    name: str
    title: str | None
    granted_at: datetime


def launches(tx: Tx) -> Mapping[Kind, Launch]:
    """Return where every kind stands; one that has no row is off."""
    rows = {Kind(row.kind): _launch(row) for row in tx.execute(_LAUNCHES)}
    return {kind: rows.get(kind, Launch(kind)) for kind in Kind}


def launch_of(tx: Tx, kind: Kind) -> Launch:
    """Return where a kind stands."""
    return launches(tx)[kind]


def history(tx: Tx, kind: Kind) -> tuple[Change, ...]:
    """Return the changes of a kind's launch, the last first."""
    rows = tx.execute(_HISTORY, {"kind": kind}).all()
    return tuple(
        Change(
            change_id=row.change_id,
            kind=Kind(row.kind),
            state=LaunchState(row.state),
            group_ids=tuple(GroupId(each) for each in row.group_ids),
            internal_first_days=row.internal_first_days,
            at=row.at,
            by=PersonId(row.by),
            by_name=row.by_name or "",
            reason=row.reason,
            undoable=place == 0,
        )
        for place, row in enumerate(rows)
    )


def leads(tx: Tx) -> tuple[Lead, ...]:
    """Return who leads programmes by appointment, by name."""
    return tuple(Lead(PersonId(row.person_id), row.name, row.title, row.granted_at) for row in tx.execute(_LEADS))


def own_companies(tx: Tx) -> frozenset[UUID]:
    """Return the companies whose postings are the company's own."""
    return frozenset(tx.execute(_OWN).scalars())


def readiness(tx: Tx, *, now: datetime) -> Mapping[Kind, Readiness]:
    """Return the figures of every kind, in one query."""
    rows = tx.execute(_FIGURES, {"now": now})
    return {
        Kind(row.kind): Readiness(
            employees=row.employees,
            aware=row.aware,
            interested=row.interested,
            offers=row.offers,
            providers=row.providers,
            seats=int(row.seats),
            demand=int(row.demand),
        )
        for row in rows
    }


def note_visit(tx: Tx, database: Database, person_id: PersonId, kinds: Iterable[Kind], *, now: datetime) -> None:
    """Remember that somebody visited pages of these kinds; almost always they did before, and nothing is written.

    Args:
        tx: a transaction to read with.
        database: where the note is written, in a short transaction of its own: the page only reads.
        person_id: who visits.
        kinds: what they see.
        now: when.
    """
    wanted = [kind.value for kind in kinds]
    unaware = list(tx.execute(_UNAWARE, {"kinds": wanted, "person": person_id}).scalars()) if wanted else []
    if unaware:
        with database.begin() as writing:
            values = {"kinds": unaware, "persons": [person_id], "now": now, "how": "visited"}
            writing.execute(_AWARE, values)


def note_told(tx: Tx, person_ids: Collection[PersonId], kinds: Iterable[Kind], *, now: datetime) -> None:
    """Remember that these persons were told of these kinds by a message."""
    values = {"kinds": [kind.value for kind in kinds], "persons": list(person_ids), "now": now, "how": "told"}
    tx.execute(_AWARE, values)


def _launch(row: Any) -> Launch:
    return Launch(
        kind=Kind(row.kind),
        state=LaunchState(row.state),
        group_ids=tuple(GroupId(each) for each in row.group_ids),
        internal_first_days=row.internal_first_days,
        version=row.version,
        changed_at=row.changed_at,
        changed_by=None if row.changed_by is None else PersonId(row.changed_by),
    )
