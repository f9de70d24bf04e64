"""Reading applications: each asker gets those that are theirs to see, and no others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.applying.domain import Answer, Application, ManagerAsk, State, Step
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.launches import leads, visible_kinds
from bandmate.marketplace.opportunities import Opportunity
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.people import employee_of

_COLUMNS = """
    a.application_id, a.opportunity_id, a.person_id, a.state, a.words, a.hours_per_week, a.answer_words,
    a.answer_code, a.answer_due_at, a.answered_at, a.version, a.created_at, a.changed_at,
    coalesce(e.display_name, p.name) as name, e.title as title, e.department as department,
    m.manager_id, coalesce(b.name, '') as manager_name, m.asked_at, m.due_at, m.answer, m.words as manager_words,
    m.answered_at as manager_answered_at, m.lapsed_at
"""
_FROM = """
      from marketplace.application a
      join kernel.person p on p.person_id = a.person_id
      left join marketplace.employee e on e.person_id = a.person_id
      left join marketplace.manager_ask m on m.application_id = a.application_id
      left join kernel.person b on b.person_id = m.manager_id
"""
_ONE = text(f"select {_COLUMNS} {_FROM} where a.application_id = :id")
_OWN = text(f"select {_COLUMNS} {_FROM} where a.person_id = :person order by a.changed_at desc, a.application_id")
_OWN_FOR = text(f"select {_COLUMNS} {_FROM} where a.person_id = :person and a.opportunity_id = :opportunity")
_OF = text(f"""
    select {_COLUMNS} {_FROM} where a.opportunity_id = :opportunity
     order by array_position(array['offered', 'shortlisted', 'applied', 'interested', 'accepted', 'declined',
                                   'not_chosen', 'withdrawn'], a.state),
              a.answer_due_at nulls last, a.created_at, a.application_id
""")
_ASKS = text(f"""
    select {_COLUMNS} {_FROM} where m.manager_id = :manager
     order by (m.answer is null and m.lapsed_at is null and a.state = 'offered') desc, m.due_at desc,
              a.application_id
     limit 200
""")
_STEPS = text("""
    select s.application_id, s.position, s.state, s.by_person, p.name as by_name, s.words, s.at
      from marketplace.application_step s left join kernel.person p on p.person_id = s.by_person
     where s.application_id = any(:ids) order by s.application_id, s.position
""")
_MEMBERS = text("""
    select t.person_id, coalesce(e.display_name, p.name) as name, t.joined_at
      from marketplace.team_member t join kernel.person p using (person_id)
      left join marketplace.employee e using (person_id)
     where t.opportunity_id = :opportunity and t.left_at is null
     order by lower(coalesce(e.display_name, p.name)), t.person_id
""")
_TAKEN = text("""
    select count(distinct person_id) from (
        select person_id from marketplace.application
         where opportunity_id = :opportunity and state in ('offered', 'accepted')
        union all
        select person_id from marketplace.team_member where opportunity_id = :opportunity and left_at is null
        union all
        select mentee_id from marketplace.mentoring_pair where offer_id = :opportunity and ended_at is null) t
     where person_id <> :besides
""")
_COUNTS = text("""
    select count(*) filter (where state in ('applied', 'shortlisted')) as waiting,
           count(*) filter (where state = 'interested') as interested,
           count(*) filter (where state not in ('interested', 'withdrawn')) as applied,
           min(answer_due_at) filter (where state in ('applied', 'shortlisted')) as due_at
      from marketplace.application where opportunity_id = :opportunity
""")


class Role(StrEnum):
    """What somebody is to an application."""

    APPLICANT = "applicant"
    OWNER = "owner"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Seen:
    """An application as somebody may see it."""

    application: Application
    opportunity: Opportunity
    name: str
    """Of the applicant."""
    title: str
    department: str
    ask: ManagerAsk | None
    role: Role


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the team of a project."""

    person_id: PersonId
    name: str
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many applied for an opportunity."""

    waiting: int
    interested: int
    applied: int
    due_at: datetime | None
    """When the first answer is due."""


def own_applications(tx: Tx, person_id: PersonId) -> list[Seen]:
    """Return a person's own applications, the last changed first; of the kinds that are open to them."""
    kinds = visible_kinds(tx, person_id)
    found = _seen(tx, tx.execute(_OWN, {"person": person_id}).all(), Role.APPLICANT)
    return [each for each in found if each.opportunity.kind in kinds]


def own_application_for(tx: Tx, person_id: PersonId, opportunity_id: OpportunityId) -> Seen | None:
    """Return a person's own application for an opportunity, or None."""
    rows = tx.execute(_OWN_FOR, {"person": person_id, "opportunity": opportunity_id}).all()
    found = _seen(tx, rows, Role.APPLICANT)
    return found[0] if found and found[0].opportunity.kind in visible_kinds(tx, person_id) else None


def application_seen(tx: Tx, asker: Asker, application_id: ApplicationId) -> Seen:
    """Return one application for its applicant, or for who answers it.

    Raises:
        NotFound: when there is none, or none of the asker's: both read the same.
    """
    rows = tx.execute(_ONE, {"id": application_id}).all()
    for found in _seen(tx, rows, Role.APPLICANT):
        if found.application.person_id == asker.person_id:
            if found.opportunity.kind in visible_kinds(tx, asker.person_id):
                return found
        elif answers_for(tx, asker, found.opportunity):
            return Seen(
                found.application,
                found.opportunity,
                found.name,
                found.title,
                found.department,
                found.ask,
                Role.OWNER,
            )
    raise no_application()


def applicants(tx: Tx, asker: Asker, opportunity_id: OpportunityId) -> tuple[Opportunity, list[Seen]]:
    """Return who applied or is interested, for who answers them.

    Raises:
        NotFound: when the asker does not answer for it.
    """
    opportunity = answered_by(tx, asker, opportunity_id)
    rows = tx.execute(_OF, {"opportunity": opportunity_id}).all()
    return opportunity, _seen(tx, rows, Role.OWNER)


def asks_of(tx: Tx, manager_id: PersonId) -> list[Seen]:
    """Return what a manager was asked, what waits first, of the kinds that are open to them."""
    kinds = visible_kinds(tx, manager_id)
    found = _seen(tx, tx.execute(_ASKS, {"manager": manager_id}).all(), Role.MANAGER)
    return [each for each in found if each.opportunity.kind in kinds]


def steps_of(tx: Tx, ids: Sequence[ApplicationId]) -> Mapping[ApplicationId, tuple[Step, ...]]:
    """Return the steps of applications, the first first; every one is a key. The caller decided who sees them."""
    steps: defaultdict[UUID, list[Step]] = defaultdict(list)
    for row in tx.execute(_STEPS, {"ids": list(ids)}):
        by = None if row.by_person is None else PersonId(row.by_person)
        step = Step(row.position, State(row.state), by, row.by_name, row.words, row.at)
        steps[row.application_id].append(step)
    return {each: tuple(steps.get(each, ())) for each in ids}


def members_of(tx: Tx, opportunity_id: OpportunityId) -> tuple[Member, ...]:
    """Return who is in the team of a project now, by name; the caller decided who sees it."""
    rows = tx.execute(_MEMBERS, {"opportunity": opportunity_id})
    return tuple(Member(PersonId(row.person_id), row.name, row.joined_at) for row in rows)


def seats_kept(tx: Tx, opportunity_id: OpportunityId, *, besides: PersonId) -> int:
    """Return how many seats others have or were offered; exact while the opportunity is locked."""
    values = {"opportunity": opportunity_id, "besides": besides}
    return int(tx.execute(_TAKEN, values).scalar_one())


def counts_of(tx: Tx, opportunity_id: OpportunityId) -> Counts:
    """Return how many applied; the caller decided who sees it."""
    row = tx.execute(_COUNTS, {"opportunity": opportunity_id}).one()
    return Counts(row.waiting, row.interested, row.applied, row.due_at)


def answers_for(tx: Tx, asker: Asker, opportunity: Opportunity) -> bool:
    """Tell whether the asker answers its applicants: its owner, or programme leads where none works here."""
    if opportunity.owner_id is not None and employee_of(tx, opportunity.owner_id) is not None:
        return asker.person_id == opportunity.owner_id and opportunity.kind in visible_kinds(tx, asker.person_id)
    return leads(tx, asker)


def answered_by(tx: Tx, asker: Asker, opportunity_id: OpportunityId) -> Opportunity:
    """Return an opportunity whose applicants the asker answers.

    Raises:
        NotFound: when there is none, or it is not theirs to answer.
    """
    found = by_ids(tx, [opportunity_id]).get(opportunity_id)
    if found is None or not answers_for(tx, asker, found):
        raise NotFound(_("There is no such opportunity, or it is not yours."))
    return found


def no_application() -> NotFound:
    """Return the one answer for what is not there and for what is others'."""
    return NotFound(_("There is no such application, or it is not yours to see."))


def application_of(row: Any) -> Application:
    """Make an application of a row."""
    return Application(
        application_id=ApplicationId(row.application_id),
        opportunity_id=OpportunityId(row.opportunity_id),
        person_id=PersonId(row.person_id),
        state=State(row.state),
        words=row.words,
        hours_per_week=row.hours_per_week,
        answer_words=row.answer_words,
        answer_code=row.answer_code,
        answer_due_at=row.answer_due_at,
        answered_at=row.answered_at,
        version=row.version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _seen(tx: Tx, rows: Sequence[Any], role: Role) -> list[Seen]:
    opportunities = by_ids(tx, list({row.opportunity_id for row in rows})) if rows else {}
    return [
        Seen(
            application_of(row),
            opportunities[row.opportunity_id],
            row.name,
            row.title or "",
            row.department or "",
            _ask_of(row),
            role,
        )
        for row in rows
    ]


def _ask_of(row: Any) -> ManagerAsk | None:
    if row.manager_id is None:
        return None
    return ManagerAsk(
        ApplicationId(row.application_id),
        PersonId(row.manager_id),
        row.manager_name,
        row.asked_at,
        row.due_at,
        None if row.answer is None else Answer(row.answer),
        row.manager_words,
        row.manager_answered_at,
        row.lapsed_at,
    )
