"""Writing applications: rows held, steps taken, set-wise. What each step means is decided by who calls it.

Locks are taken in the order wish, opportunity, application, pair.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId, fast_derived_id
from bandmate.marketplace.applying import events
from bandmate.marketplace.applying.domain import Application, State
from bandmate.marketplace.applying.queries import application_of, no_application
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.opportunities import Opportunity
from bandmate.marketplace.opportunities.queries import by_ids, unknown

_HOLD_OPPORTUNITY = text("select from marketplace.opportunity where opportunity_id = :id for update")
_HOLD_WISHES = text("""
    select from marketplace.mentoring_wish where person_id = :person and state <> 'withdrawn'
     order by wish_id for update
""")
_OF_WHICH = text("select opportunity_id, person_id from marketplace.application where application_id = :id")
_HOLD = text(
    "select * from marketplace.application where application_id = any(:ids) order by application_id for update"
)
_HOLD_OWN = text("""
    select * from marketplace.application where opportunity_id = :opportunity and person_id = :person for update
""")
_BEGIN = text("""
    insert into marketplace.application
           (application_id, opportunity_id, person_id, state, words, hours_per_week, answer_due_at, version,
            created_at, changed_at)
    values (:id, :opportunity, :person, :state, :words, :hours, :due, 0, :now, :now)
    on conflict (opportunity_id, person_id) do nothing
""")
_REWRITE = text("""
    update marketplace.application
       set words = :words, hours_per_week = :hours, version = version + 1, changed_at = :now
     where application_id = :id
""")
# An answer is an offer or a no; the first one counts as the time it took. Who waits anew is owed one anew.
_TAKE = text("""
    update marketplace.application
       set state = :state, version = version + 1, changed_at = :now,
           answer_words = case when :answers then :words when :waits_anew then '' else answer_words end,
           answer_code = case when :answers then :code when :waits_anew then null else answer_code end,
           answered_at = case when :answers then coalesce(answered_at, :now) when :waits_anew then null
                              else answered_at end,
           answer_due_at = case when :waits_anew then cast(:due as timestamptz) else answer_due_at end
     where application_id = any(:ids)
    returning *
""")
_STEP = text("""
    insert into marketplace.application_step (application_id, position, state, by_person, words, at)
    select id, (select count(*) + 1 from marketplace.application_step s where s.application_id = id),
           :state, :by, :words, :now
      from unnest(cast(:ids as uuid[])) as t(id)
""")
_LAST_STATES = text("""
    select state, at from marketplace.application_step where application_id = :id order by position desc limit 2
""")


@dataclass(frozen=True, slots=True)
class Taken:
    """How a step is written."""

    state: State
    by: PersonId | None
    """None where nobody in person takes it."""
    at: datetime
    words: str = ""
    code: str | None = None
    """Of a no: ``owner``, ``filled`` or ``closed``."""
    due_at: datetime | None = None
    """Set where an answer is owed anew: until when."""


def application_id_of(opportunity_id: OpportunityId, person_id: PersonId) -> ApplicationId:
    """Return the id of the one application that a person can have for an opportunity."""
    return ApplicationId(fast_derived_id("marketplace.application", str(opportunity_id), str(person_id)))


def hold_opportunity(tx: Tx, opportunity_id: OpportunityId) -> Opportunity:
    """Lock an opportunity; whoever counts its seats then counts them alone.

    Raises:
        NotFound: when there is none.
    """
    tx.execute(_HOLD_OPPORTUNITY, {"id": opportunity_id})
    found = by_ids(tx, [opportunity_id]).get(opportunity_id)
    if found is None:
        raise unknown()
    return found


def hold_wishes(tx: Tx, person_id: PersonId) -> None:
    """Lock somebody's wishes for a mentor, open and answered ones, before an offer of mentoring is locked."""
    tx.execute(_HOLD_WISHES, {"person": person_id})


def of_which(tx: Tx, application_id: ApplicationId) -> tuple[OpportunityId, PersonId]:
    """Return the opportunity and the applicant of an application; neither ever changes.

    Raises:
        NotFound: when there is no such application.
    """
    row = tx.execute(_OF_WHICH, {"id": application_id}).one_or_none()
    if row is None:
        raise no_application()
    return OpportunityId(row.opportunity_id), PersonId(row.person_id)


def hold(tx: Tx, ids: Sequence[ApplicationId]) -> list[Application]:
    """Lock applications, in the order of their ids."""
    return [application_of(row) for row in tx.execute(_HOLD, {"ids": list(ids)})]


def hold_own(tx: Tx, opportunity_id: OpportunityId, person_id: PersonId) -> Application | None:
    """Lock a person's application for an opportunity, if there is one."""
    row = tx.execute(_HOLD_OWN, {"opportunity": opportunity_id, "person": person_id}).one_or_none()
    return None if row is None else application_of(row)


def begin(
    tx: Tx, opportunity_id: OpportunityId, person_id: PersonId, words: str, hours: Decimal | None, taken: Taken
) -> Application:
    """Write somebody's first step towards an opportunity that is locked."""
    application_id = application_id_of(opportunity_id, person_id)
    values = {
        "id": application_id,
        "opportunity": opportunity_id,
        "person": person_id,
        "state": taken.state,
        "words": words,
        "hours": hours,
        "due": taken.due_at,
        "now": taken.at,
    }
    tx.execute(_BEGIN, values)
    return take(tx, [application_id], taken)[0]


def rewrite(tx: Tx, held: Application, words: str, hours: Decimal | None, now: datetime) -> Application:
    """Change what an applicant wrote; where they stand stays."""
    if (held.words, held.hours_per_week) != (words, hours):
        tx.execute(_REWRITE, {"id": held.application_id, "words": words, "hours": hours, "now": now})
    return hold(tx, [held.application_id])[0]


def take(tx: Tx, ids: Sequence[ApplicationId | UUID], taken: Taken) -> list[Application]:
    """Bring locked applications into a state, with a step each, and tell of it."""
    values = {
        "ids": list(ids),
        "state": taken.state,
        "by": taken.by,
        "words": taken.words,
        "code": taken.code,
        "now": taken.at,
        "answers": taken.state in {State.OFFERED, State.NOT_CHOSEN},
        "waits_anew": taken.due_at is not None,
        "due": taken.due_at,
    }
    made = [application_of(row) for row in tx.execute(_TAKE, values)]
    tx.execute(_STEP, values)
    publish(
        tx,
        [
            events.moved(
                each.person_id, each.application_id, each.opportunity_id, each.state, each.version, taken.at
            )
            for each in made
        ],
    )
    return made


def stood_before(tx: Tx, application_id: ApplicationId) -> tuple[State | None, datetime | None]:
    """Return where an application stood before its last step, and when that step was taken."""
    rows = tx.execute(_LAST_STATES, {"id": application_id}).all()
    before = State(rows[1].state) if len(rows) > 1 else None
    return before, rows[0].at if rows else None
