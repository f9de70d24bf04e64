"""The manager is told and asked, for a limited time, and cannot block: silence is no objection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import Urgency
from bandmate.marketplace.applying import events, letters
from bandmate.marketplace.applying.domain import (
    LONGEST_ANSWER,
    MANAGER_DAYS,
    Answer,
    Application,
    ManagerAsk,
    State,
    asks_manager,
    check_words,
)
from bandmate.marketplace.applying.letters import Letter, News
from bandmate.marketplace.applying.queries import Seen, asks_of
from bandmate.marketplace.applying.working_days import end_of_working_day
from bandmate.marketplace.ids import ApplicationId
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities import Opportunity
from bandmate.marketplace.people import Employee, employee_of

APPROVALS = "/approvals"

# Whoever answered once is not asked again when the same offer is made anew.
_ASK = text("""
    insert into marketplace.manager_ask as m (application_id, manager_id, asked_at, due_at)
    values (:id, :manager, :now, :due)
    on conflict (application_id) do update
       set manager_id = excluded.manager_id, asked_at = excluded.asked_at, due_at = excluded.due_at,
           answer = null, words = '', answered_at = null, lapsed_at = null
     where m.answer is null or m.manager_id <> excluded.manager_id
    returning application_id
""")
_HOLD = text("select from marketplace.manager_ask where application_id = :id and manager_id = :manager for update")
_ANSWER = text("""
    update marketplace.manager_ask set answer = :answer, words = :words, answered_at = :now
     where application_id = :id
""")
_LAPSE = text("""
    update marketplace.manager_ask m set lapsed_at = m.due_at
      from marketplace.application a
     where a.application_id = m.application_id and m.answer is null and m.lapsed_at is null and m.due_at <= :now
    returning a.application_id, a.person_id, a.opportunity_id, a.state, m.asked_at, m.due_at,
              (select title from marketplace.opportunity o where o.opportunity_id = a.opportunity_id) as title
""")


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of telling a manager."""

    manager: Employee | None
    """None where nobody is told."""
    due_at: datetime | None
    """None where they were told only."""


def tell_manager(
    tx: Tx, application: Application, opportunity: Opportunity, applicant: Employee, *, now: datetime
) -> Asked:
    """Tell the manager of somebody who was offered something, and ask them where their work is concerned.

    Nobody is told where no manager is known, where it is who offers it, or where the kind is not open to them.
    """
    manager = employee_of(tx, applicant.manager_id)
    if manager is None or manager.person_id == opportunity.owner_id:
        return Asked(None, None)
    if opportunity.kind not in visible_kinds(tx, manager.person_id):
        return Asked(None, None)
    if not asks_manager(opportunity.kind):
        _send_told(tx, application, opportunity, applicant, manager, now)
        return Asked(manager, None)
    due_at = end_of_working_day(now, MANAGER_DAYS, ZoneInfo(manager.time_zone) if manager.time_zone else UTC)
    values = {"id": application.application_id, "manager": manager.person_id, "now": now, "due": due_at}
    if tx.execute(_ASK, values).first() is None:
        return Asked(manager, None)
    asked = events.manager_asked(application.person_id, application.application_id, manager.person_id, due_at, now)
    publish(tx, [asked])
    _send_asked(tx, application, opportunity, applicant, manager, now)
    return Asked(manager, due_at)


def answer_ask(
    tx: Tx, manager_id: PersonId, application_id: ApplicationId, answer: Answer, words: str, *, now: datetime
) -> Seen:
    """Answer as a manager. The same answer again changes nothing.

    Raises:
        NotFound: when the manager was not asked.
        InvalidInput: when a concern comes without words.
        Conflict: when they answered otherwise already, the time is over, or the offer was answered meanwhile.
    """
    said = check_words(words, "words", LONGEST_ANSWER)
    tx.execute(_HOLD, {"id": application_id, "manager": manager_id})
    found = _ask(tx, manager_id, application_id)
    ask = found.ask
    assert ask is not None  # noqa: S101 - it was found by it
    if (ask.answer, ask.words) == (answer, said):
        return found
    _check_open(found, ask, now)
    if answer is Answer.CONCERN and not said:
        raise InvalidInput(
            _("Say in a few words what concerns you: they read it and decide with it."), field="words"
        )
    tx.execute(_ANSWER, {"id": application_id, "answer": answer, "words": said, "now": now})
    person = found.application.person_id
    publish(tx, [events.manager_answered(person, application_id, answer, ask.asked_at, now)])
    _send_answered(tx, found, ask, answer, said, now)
    return _ask(tx, manager_id, application_id)


def lapse_silence(tx: Tx, *, now: datetime) -> int:
    """Let what nobody answered in time count as no objection; return how many. Again, it changes nothing."""
    rows = tx.execute(_LAPSE, {"now": now}).all()
    publish(
        tx,
        [
            events.manager_answered(
                PersonId(row.person_id), row.application_id, "silence", row.asked_at, row.due_at
            )
            for row in rows
        ],
    )
    letters.send(
        tx,
        [
            Letter(
                PersonId(row.person_id),
                ("lapsed", str(row.application_id), row.asked_at.isoformat()),
                _silence(row.title, row.application_id),
            )
            for row in rows
            if row.state == State.OFFERED
        ],
        now=now,
    )
    return len(rows)


def _silence(title: str, application_id: UUID) -> Callable[[], News]:
    return lambda: News(
        _("You can accept “{title}” now").format(title=title),
        (_("Your manager was asked and said nothing in time. That counts as no objection."),),
        f"/me/applications/{application_id}",
        _("Look and decide"),
        letters.because_you_applied(),
    )


def _ask(tx: Tx, manager_id: PersonId, application_id: ApplicationId) -> Seen:
    for each in asks_of(tx, manager_id):
        if each.application.application_id == application_id:
            return each
    raise NotFound(_("Nobody asks you about this."))


def _check_open(found: Seen, ask: ManagerAsk, now: datetime) -> None:
    if ask.answer is not None:
        raise Conflict(
            _("You answered this already; they have read it. Talk to them if you see it otherwise now.")
        )
    if found.application.state is not State.OFFERED:
        raise Conflict(_("This was settled meanwhile; there is nothing to answer any more."))
    if not ask.waits(now):
        raise Conflict(
            _("The time to answer is over, and silence counted as no objection. Talk to them directly.")
        )


def _send_told(
    tx: Tx,
    application: Application,
    opportunity: Opportunity,
    applicant: Employee,
    manager: Employee,
    now: datetime,
) -> None:
    name = applicant.display_name

    def write() -> News:
        return News(
            _("{name} was offered mentoring").format(name=name),
            (_("It is called “{title}”. You need not do anything.").format(title=opportunity.title),),
            f"/people/{applicant.person_id}",
            _("See {name}").format(name=name),
            letters.because_you_manage(name),
        )

    key = ("told", str(application.application_id), str(manager.person_id))
    letters.send(tx, [Letter(manager.person_id, key, write, urgency=Urgency.DIGEST)], now=now)


def _send_asked(
    tx: Tx,
    application: Application,
    opportunity: Opportunity,
    applicant: Employee,
    manager: Employee,
    now: datetime,
) -> None:
    name = applicant.display_name

    def write() -> News:
        return News(
            _("{name} was offered “{title}”").format(name=name, title=opportunity.title),
            (
                _("Is that fine with you, or do you have a concern? You have {days} working days.").format(
                    days=MANAGER_DAYS
                ),
                _("If you say nothing, that counts as no objection. A concern is heard; {name} decides.").format(
                    name=name
                ),
            ),
            f"{APPROVALS}#ask-{application.application_id}",
            _("Answer"),
            letters.because_you_manage(name),
        )

    key = ("asked", str(application.application_id), now.isoformat())
    letters.send(tx, [Letter(manager.person_id, key, write)], now=now)


def _send_answered(tx: Tx, found: Seen, ask: ManagerAsk, answer: Answer, words: str, now: datetime) -> None:
    application, opportunity = found.application, found.opportunity
    fine = answer is Answer.FINE

    def applicant() -> News:
        return News(
            _("Your manager has no objection to “{title}”").format(title=opportunity.title)
            if fine
            else _("Your manager has a concern about “{title}”").format(title=opportunity.title),
            (_("You can accept now.") if fine else _("Talk about it. You can go on all the same; you decide."),),
            f"/me/applications/{application.application_id}",
            _("Look and decide"),
            letters.because_you_applied(),
            words,
            ask.manager_name,
        )

    def owner() -> News:
        return News(
            _("{name}'s manager has a concern about “{title}”").format(name=found.name, title=opportunity.title),
            (_("{name} read it too and decides whether to go on.").format(name=found.name),),
            f"/opportunities/{opportunity.opportunity_id}/applicants",
            _("See who applied"),
            letters.because_you_own(),
            words,
            ask.manager_name,
        )

    key = ("answered", str(application.application_id), ask.asked_at.isoformat())
    told = [Letter(application.person_id, (*key, "applicant"), applicant)]
    if not fine and opportunity.owner_id is not None:
        told.append(Letter(opportunity.owner_id, (*key, "owner"), owner))
    letters.send(tx, told, now=now)
