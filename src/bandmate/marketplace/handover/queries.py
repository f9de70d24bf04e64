"""What has no owner who works here, and who may give it one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import leads, visible_kinds_of

# A job from a posting has no owner by its nature; mentoring of leavers ends. The heir is the nearest manager above
# who works here: the way up goes on over those who left, and ends in a circle.
_ORPHANS = text("""
    with recursive below as (
        select person_id from marketplace.employee where manager_id = :asker and not active
         union
        select e.person_id from marketplace.employee e join below b on e.manager_id = b.person_id
         where not e.active),
    orphan as (
        select o.opportunity_id, o.kind, o.title, o.state, o.owner_id, p.name as owner_name, e.left_at
          from marketplace.opportunity o
          join kernel.person p on p.person_id = o.owner_id
          left join marketplace.employee e on e.person_id = o.owner_id
         where o.kind <> 'mentoring' and o.job_id is null and o.state in ('open', 'filled')
           and not coalesce(e.active, false)
           and (:leads or o.owner_id in (select person_id from below))
           and (cast(:id as uuid) is null or o.opportunity_id = :id)),
    above (owner_id, person_id) as (
        select person_id, manager_id from marketplace.employee
         where person_id in (select owner_id from orphan) and manager_id is not null
         union
        select a.owner_id, e.manager_id
          from above a join marketplace.employee e on e.person_id = a.person_id
         where not e.active and e.manager_id is not null)
    select o.*, m.person_id as manager_id, m.display_name as manager_name,
           count(a.application_id) as waiting, min(a.answer_due_at) as due_at
      from orphan o
      left join (above join marketplace.employee m on m.person_id = above.person_id and m.active)
             on above.owner_id = o.owner_id
      left join marketplace.application a
             on a.opportunity_id = o.opportunity_id and a.state in ('applied', 'shortlisted')
     group by o.opportunity_id, o.kind, o.title, o.state, o.owner_id, o.owner_name, o.left_at, m.person_id,
              m.display_name
     order by min(a.answer_due_at) nulls last, o.left_at nulls first, o.opportunity_id
""")


@dataclass(frozen=True, slots=True)
class Orphan:
    """An opportunity whose owner does not work here any more."""

    opportunity_id: OpportunityId
    kind: Kind
    title: str
    state: str
    owner_id: PersonId
    owner_name: str
    left_at: datetime | None
    manager_id: PersonId | None
    """Who finds it a new owner; None: programme leads."""
    manager_name: str | None
    waiting: int
    """Applications that wait for an answer."""
    due_at: datetime | None
    """When the first answer is due."""


def orphans(tx: Tx, asker: Asker, *, only: UUID | None = None) -> tuple[Orphan, ...]:
    """Return what the asker may find a new owner for, the first answer due first.

    Programme leads all of it; a manager what their people left, as far as its kind is open to the manager. Where
    there is no such manager, it falls to programme leads alone.
    """
    values = {"asker": asker.person_id, "leads": leads(tx, asker), "id": only}
    rows = tx.execute(_ORPHANS, values).all()
    managers = {PersonId(row.manager_id) for row in rows if row.manager_id is not None}
    kinds = visible_kinds_of(tx, sorted(managers)) if managers else {}
    found = [_orphan(row, row.kind in kinds.get(row.manager_id, ())) for row in rows]
    return tuple(each for each in found if values["leads"] or each.manager_id == asker.person_id)


def _orphan(row: Any, managed: bool) -> Orphan:
    return Orphan(
        opportunity_id=OpportunityId(row.opportunity_id),
        kind=Kind(row.kind),
        title=row.title,
        state=row.state,
        owner_id=PersonId(row.owner_id),
        owner_name=row.owner_name or "",
        left_at=row.left_at,
        manager_id=PersonId(row.manager_id) if managed else None,
        manager_name=row.manager_name if managed else None,
        waiting=row.waiting,
        due_at=row.due_at,
    )
