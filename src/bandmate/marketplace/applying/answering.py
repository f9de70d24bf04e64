"""What owners do: shortlist, offer, say no with words, one or many; and nobody is left without an answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.consent import allows_all
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, InvalidInput, NotFound
from bandmate.kernel.events import publish
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.applying import deciding, events, letters
from bandmate.marketplace.applying.approving import tell_manager
from bandmate.marketplace.applying.domain import (
    ANSWER_DAYS,
    LONGEST_ANSWER,
    UNDER_WAY,
    Act,
    Application,
    NotTaken,
    Party,
    State,
    asks_manager,
    check_words,
    move,
)
from bandmate.marketplace.applying.joining import check_seat
from bandmate.marketplace.applying.letters import Letter, News
from bandmate.marketplace.applying.queries import answered_by, answers_for, no_application
from bandmate.marketplace.applying.working_days import end_of_working_day
from bandmate.marketplace.applying.writing import Taken, hold, hold_opportunity, of_which, take
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.matching import BE_FOUND
from bandmate.marketplace.opportunities import Opportunity
from bandmate.marketplace.opportunities import State as OpportunityState
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.people import Employee, employee_of

MOST_AT_ONCE = 500

_UNANSWERED = text("""
    select a.application_id, o.state as opportunity_state
      from marketplace.application a join marketplace.opportunity o using (opportunity_id)
     where o.opportunity_id = any(:ids)
       and (o.state in ('closed', 'filled') and a.state in ('interested', 'applied', 'shortlisted')
            or o.state = 'filled' and a.state = 'offered' and o.seats_taken >= o.seats)
""")
_WITH_UNANSWERED = text("""
    select distinct o.opportunity_id
      from marketplace.application a join marketplace.opportunity o using (opportunity_id)
     where o.state in ('closed', 'filled') and a.state in ('interested', 'applied', 'shortlisted') limit 500
""")


def shortlist(tx: Tx, asker: Asker, application_id: ApplicationId, *, on: bool, now: datetime) -> Application:
    """Put an application on the shortlist, or take it off; the applicant sees it. Again, it changes nothing.

    Raises:
        NotFound: when there is none that the asker answers.
        StepImpossible: when it stands elsewhere.
    """
    _opportunity, held = _held(tx, asker, application_id)
    state = move(held.state, Act.SHORTLIST if on else Act.UNLIST, Party.OWNER)
    return held if held.state is state else take(tx, [application_id], Taken(state, asker.person_id, now))[0]


def offer(tx: Tx, asker: Asker, application_id: ApplicationId, *, words: str = "", now: datetime) -> Application:
    """Offer somebody a seat; it is kept for them. Their manager is told and asked. Again, it changes nothing.

    Raises:
        NotFound, StepImpossible: as ``shortlist``.
        NotTaken: when it is closed. NoSeatLeft: when every seat is taken or offered.
        Conflict: when they do not work here any more, or this kind is not open to them.
    """
    said = check_words(words, "words", LONGEST_ANSWER)
    opportunity, held = _held(tx, asker, application_id)
    state = move(held.state, Act.OFFER, Party.OWNER)
    if held.state is state:
        return held
    if opportunity.state in {OpportunityState.CLOSED, OpportunityState.DRAFT}:
        raise NotTaken(_("This is closed. Open it again first, then offer seats."))
    applicant = employee_of(tx, held.person_id)
    if applicant is None or opportunity.kind not in visible_kinds(tx, held.person_id):
        raise Conflict(_("They do not work here any more, or this kind of opportunity is not open to them."))
    check_seat(tx, opportunity, held.person_id)
    made = take(tx, [application_id], Taken(state, asker.person_id, now, said, "owner"))[0]
    deciding.record_answers(
        tx, [made], opportunity.title, answer="offered", words=said, by=asker.person_id, now=now
    )
    asked = tell_manager(tx, made, opportunity, applicant, now=now)
    _tell_offered(tx, made, opportunity, asker.name, asked.manager if asked.due_at else None, now)
    return made


def take_back(
    tx: Tx, asker: Asker, application_id: ApplicationId, *, words: str = "", now: datetime
) -> Application:
    """Take back an offer that nobody accepted; the applicant is on the shortlist again and reads the words.

    Raises:
        NotFound, StepImpossible: as ``shortlist``.
        InvalidInput: without words: somebody counted on it.
    """
    said = check_words(words, "words", LONGEST_ANSWER)
    opportunity, held = _held(tx, asker, application_id)
    state = move(held.state, Act.TAKE_BACK, Party.OWNER)
    if not said:
        raise InvalidInput(_("Say why you take the offer back; they counted on it."), field="words")
    due_at = end_of_working_day(now, ANSWER_DAYS)
    made = take(tx, [application_id], Taken(state, asker.person_id, now, said, due_at=due_at))[0]

    def write() -> News:
        return News(
            _("The offer of “{title}” was taken back").format(title=opportunity.title),
            (_("You are on the shortlist again and get another answer."),),
            f"/me/applications/{application_id}",
            _("Look at it"),
            letters.because_you_applied(),
            said,
            asker.name,
        )

    letters.send(tx, [Letter(made.person_id, ("back", str(application_id), str(made.version)), write)], now=now)
    return made


def reconsider(tx: Tx, asker: Asker, application_id: ApplicationId, *, now: datetime) -> Application:
    """Put somebody who was not chosen on the shortlist again, when a seat is free after all.

    Raises:
        NotFound, StepImpossible: as ``shortlist``. NotTaken: when it is not open.
    """
    opportunity, held = _held(tx, asker, application_id)
    state = move(held.state, Act.RECONSIDER, Party.OWNER)
    if held.state is state:
        return held
    if opportunity.state is not OpportunityState.OPEN:
        raise NotTaken(_("No seat is free, or it is closed. Open it again first."))
    taken = Taken(state, asker.person_id, now, due_at=end_of_working_day(now, ANSWER_DAYS))
    return take(tx, [application_id], taken)[0]


def turn_down(
    tx: Tx, asker: Asker, opportunity_id: OpportunityId, ids: Sequence[ApplicationId], *, words: str, now: datetime
) -> list[Application]:
    """Answer applications with a no and words for all of them. Those that were answered so already stay.

    Raises:
        NotFound: when the asker does not answer for the opportunity, or one of them is another's.
        InvalidInput: without words, or for none or too many.
        StepImpossible: when one of them stands where a no does not follow; then none is answered.
    """
    said = check_words(words, "words", LONGEST_ANSWER)
    if not said:
        raise InvalidInput(_("Write them a few words: a no without any is hard to read."), field="words")
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise InvalidInput(
            _("Choose whom you answer, at most {most} at once.").format(most=MOST_AT_ONCE), field="ids"
        )
    hold_opportunity(tx, opportunity_id)
    opportunity = answered_by(tx, asker, opportunity_id)
    held = hold(tx, sorted(set(ids)))
    if len(held) != len(set(ids)) or any(each.opportunity_id != opportunity_id for each in held):
        raise no_application()
    for each in held:
        move(each.state, Act.TURN_DOWN, Party.OWNER)
    fresh = [each.application_id for each in held if each.state is not State.NOT_CHOSEN]
    if fresh:
        _end(tx, opportunity, fresh, Taken(State.NOT_CHOSEN, asker.person_id, now, said, "owner"), asker.name)
    return hold(tx, sorted(set(ids)))


def answer_the_rest(tx: Tx, ids: Sequence[UUID], *, now: datetime) -> int:
    """Answer everyone whom nobody answered, of opportunities that are filled or closed; return how many.

    Of a closed one an offer stands until it is answered; of a filled one it cannot be kept. Idempotent.
    """
    answered = 0
    for opportunity_id in sorted(set(ids)):  # few at a time, each locked by itself
        opportunity = hold_opportunity(tx, OpportunityId(opportunity_id))
        rows = tx.execute(_UNANSWERED, {"ids": [opportunity_id]}).all()
        held = hold(tx, [ApplicationId(row.application_id) for row in rows])
        waiting = [each.application_id for each in held if each.state in UNDER_WAY]
        if waiting:
            code = "filled" if opportunity.state is OpportunityState.FILLED else "closed"
            _end(tx, opportunity, waiting, Taken(State.NOT_CHOSEN, None, now, code=code), "")
        answered += len(waiting)
    return answered


def with_unanswered(tx: Tx) -> list[UUID]:
    """Return filled and closed opportunities at which somebody still waits; for the nightly task."""
    return list(tx.execute(_WITH_UNANSWERED).scalars())


def invite(tx: Tx, asker: Asker, opportunity_id: OpportunityId, person_id: PersonId, *, now: datetime) -> Employee:
    """Invite somebody who allows being found to look at an opportunity. Again, it changes nothing.

    Raises:
        NotFound: when the asker does not answer for it, or there is nobody who can be invited.
        NotTaken: when it is not open.
    """
    opportunity = answered_by(tx, asker, opportunity_id)
    if not opportunity.is_open(now):
        raise NotTaken(_("This is not open; nobody could take part."))
    invited = employee_of(tx, person_id)
    if (
        invited is None
        or person_id == asker.person_id
        or opportunity.kind not in visible_kinds(tx, person_id)
        or person_id not in allows_all(tx, [person_id], BE_FOUND.name, at=now)
    ):
        raise NotFound(_("There is nobody here who can be invited, or they do not want to be found."))

    def write() -> News:
        return News(
            _("{name} invites you to look at “{title}”").format(name=asker.name, title=opportunity.title),
            (_("It may suit you. Whether you apply is up to you; you need not answer."),),
            f"/opportunities/{opportunity_id}",
            _("Look at it"),
            _("You get this because you allow being found for opportunities."),
        )

    key = ("invited", str(opportunity_id), str(person_id))
    letters.send(tx, [Letter(person_id, key, write, BE_FOUND.name)], now=now)
    publish(tx, [events.invited(person_id, opportunity_id, now)])
    return invited


def _held(tx: Tx, asker: Asker, application_id: ApplicationId) -> tuple[Opportunity, Application]:
    """Lock an application that the asker answers, its opportunity before it."""
    opportunity_id, person_id = of_which(tx, application_id)
    known = by_ids(tx, [opportunity_id])[opportunity_id]
    if person_id == asker.person_id or not answers_for(tx, asker, known):
        raise no_application()
    return hold_opportunity(tx, opportunity_id), hold(tx, [application_id])[0]


def _end(tx: Tx, opportunity: Opportunity, ids: Sequence[ApplicationId], taken: Taken, name: str) -> None:
    """Bring locked applications to a no: written, recorded, told."""
    made = take(tx, ids, taken)
    answer = taken.code or "owner"
    deciding.record_answers(
        tx, made, opportunity.title, answer=answer, words=taken.words, by=taken.by, now=taken.at
    )
    told = [_no(each, opportunity, taken, name) for each in made]
    letters.send(tx, told, now=taken.at)


def _no(application: Application, opportunity: Opportunity, taken: Taken, name: str) -> Letter:
    def write() -> News:
        why = {
            "filled": _("Every seat of “{title}” is taken now, before it came to your application."),
            "closed": _("“{title}” was closed before it came to your application. That says nothing about you."),
        }.get(taken.code or "", _("Others were chosen for “{title}” this time."))
        return News(
            _("An answer to “{title}”").format(title=opportunity.title),
            (why.format(title=opportunity.title), _("There is more that may suit you.")),
            f"/me/applications/{application.application_id}",
            _("Read it, and see what else is open"),
            letters.because_you_applied(),
            taken.words,
            name,
        )

    return Letter(application.person_id, ("no", str(application.application_id), str(application.version)), write)


def _tell_offered(
    tx: Tx, application: Application, opportunity: Opportunity, name: str, manager: Employee | None, now: datetime
) -> None:
    def write() -> News:
        if manager is not None:
            then = _("{manager} was told and can say something first; silence is no objection.").format(
                manager=manager.display_name
            )
        elif asks_manager(opportunity.kind):
            then = _("Nobody else needs to be asked.")
        else:
            then = _("A seat is kept for you.")
        return News(
            _("“{title}” is offered to you").format(title=opportunity.title),
            (then, _("Look at what it takes and gives, then say yes or no.")),
            f"/me/applications/{application.application_id}",
            _("Look and decide"),
            letters.because_you_applied(),
            application.answer_words,
            name,
        )

    key = ("offered", str(application.application_id), str(application.version))
    letters.send(tx, [Letter(application.person_id, key, write)], now=now)
