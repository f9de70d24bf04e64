"""What applicants do: show interest, apply, withdraw and take that back, accept, decline. None commits."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, Forbidden, InvalidInput
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import Urgency
from bandmate.marketplace.applying import deciding, letters
from bandmate.marketplace.applying.domain import (
    ANSWER_DAYS,
    HAS_SEAT,
    Act,
    Answer,
    Application,
    ManagerAsk,
    NotTaken,
    Party,
    State,
    check_hours,
    check_words,
    may_resume,
    move,
)
from bandmate.marketplace.applying.joining import check_seat, join, leave
from bandmate.marketplace.applying.letters import Letter, News
from bandmate.marketplace.applying.queries import Seen, application_seen, no_application
from bandmate.marketplace.applying.working_days import end_of_working_day
from bandmate.marketplace.applying.writing import (
    Taken,
    begin,
    hold,
    hold_opportunity,
    hold_own,
    hold_wishes,
    of_which,
    rewrite,
    stood_before,
    take,
)
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities import Opportunity, settle_seats
from bandmate.marketplace.opportunities import State as OpportunityState
from bandmate.marketplace.opportunities.queries import opportunity as opportunity_seen
from bandmate.marketplace.people.asking import person_asking


def show_interest(tx: Tx, asker: Asker, opportunity_id: OpportunityId, *, now: datetime) -> Application:
    """Show interest, seen by who offers it alone. Again, it changes nothing.

    Raises:
        NotFound: when there is no such opportunity for the asker.
        Forbidden: when it is the asker's own, or they are no employee.
        NotTaken: when nobody can take part any more.
        StepImpossible: when they went further already.
    """
    person_id, _opportunity = _could(tx, asker, opportunity_id, now)
    held = hold_own(tx, opportunity_id, person_id)
    state = move(held.state if held else None, Act.SHOW_INTEREST, Party.APPLICANT)
    if held is None:
        return begin(tx, opportunity_id, person_id, "", None, Taken(state, person_id, now))
    if held.state is state:
        return held
    return take(tx, [held.application_id], Taken(state, person_id, now))[0]


def apply(
    tx: Tx,
    asker: Asker,
    opportunity_id: OpportunityId,
    *,
    words: str,
    hours: Decimal | None,
    now: datetime,
) -> Application:
    """Apply. Sent again it changes what was written, as long as nobody answered.

    Raises:
        NotFound, Forbidden, NotTaken, StepImpossible: as ``show_interest``.
        InvalidInput: when words or hours cannot be kept.
    """
    said, offered = check_words(words), check_hours(hours)
    person_id, opportunity = _could(tx, asker, opportunity_id, now)
    held = hold_own(tx, opportunity_id, person_id)
    state = move(held.state if held else None, Act.APPLY, Party.APPLICANT)
    taken = Taken(state, person_id, now, due_at=end_of_working_day(now, ANSWER_DAYS))
    if held is None:
        made = begin(tx, opportunity_id, person_id, said, offered, taken)
    else:
        made = rewrite(tx, held, said, offered, now)
        if held.state is state:
            return made
        made = take(tx, [held.application_id], taken)[0]
    _tell_owner_applied(tx, made, opportunity, asker.name, now)
    return made


def withdraw(
    tx: Tx, asker: Asker, application_id: ApplicationId, *, words: str = "", now: datetime
) -> Application:
    """Withdraw at any time, or leave what one takes part in; the seat is free again. Again, it changes nothing.

    Raises:
        NotFound: when the asker has no such application.
        StepImpossible: when it came to another end.
    """
    said = check_words(words)
    opportunity, held = _own(tx, asker, application_id)
    state = move(held.state, Act.WITHDRAW, Party.APPLICANT)
    if held.state is state:
        return held
    if held.state is State.ACCEPTED:
        leave(tx, asker, opportunity, held.person_id, said, now=now)
    made = take(tx, [application_id], Taken(state, held.person_id, now, said))[0]
    if held.state in HAS_SEAT:
        settle_seats(tx, [opportunity.opportunity_id], now=now)
    if held.state is not State.INTERESTED:
        _tell_owner(tx, made, opportunity, asker.name, held.state, said, now)
    return made


def resume(tx: Tx, asker: Asker, application_id: ApplicationId, *, now: datetime) -> Application:
    """Take a withdrawal back: everything is as it was before. What is under way already stays so.

    Raises:
        NotFound: when the asker has no such application.
        StepImpossible: when too much time went by, or they had left a team or a pair.
        NotTaken: when nobody can take part any more. NoSeatLeft: when the seat they were offered is another's now.
    """
    opportunity, held = _own(tx, asker, application_id)
    before, at = stood_before(tx, application_id)
    if held.state is not State.WITHDRAWN:
        return held
    state = move(held.state, Act.RESUME, Party.APPLICANT, before=before)
    if at is None or not may_resume(at, now):
        raise NotTaken(_("A withdrawal can be taken back for a day. Apply again, if it is still open."))
    if opportunity.state is not OpportunityState.OPEN:
        raise _not_taken(opportunity, now)
    if state in HAS_SEAT:
        check_seat(tx, opportunity, held.person_id)
    return take(tx, [application_id], Taken(state, held.person_id, now))[0]


def decline(tx: Tx, asker: Asker, application_id: ApplicationId, *, words: str = "", now: datetime) -> Application:
    """Do not take an offer; who offers it reads the words. Again, it changes nothing.

    Raises:
        NotFound, StepImpossible: as ``withdraw``.
    """
    said = check_words(words)
    opportunity, held = _own(tx, asker, application_id)
    state = move(held.state, Act.DECLINE, Party.APPLICANT)
    if held.state is state:
        return held
    made = take(tx, [application_id], Taken(state, held.person_id, now, said))[0]
    _tell_owner(tx, made, opportunity, asker.name, held.state, said, now)
    return made


def accept(tx: Tx, asker: Asker, application_id: ApplicationId, *, words: str = "", now: datetime) -> Application:
    """Take an offer: a place in the team, a pair, the job. Again, it changes nothing.

    Args:
        tx: writes.
        asker: the applicant.
        application_id: which.
        words: where the manager has a concern, why the applicant goes on; it is recorded as their decision.
        now: when.

    Raises:
        NotFound, StepImpossible: as ``withdraw``.
        Conflict: while the manager can still answer.
        InvalidInput: when they have a concern and no words say why one goes on.
        NoSeatLeft: when the seat went to somebody else.
    """
    said = check_words(words)
    person_asking(tx, asker)
    opportunity, held = _own(tx, asker, application_id)
    state = move(held.state, Act.ACCEPT, Party.APPLICANT)
    if held.state is state:
        return held
    seen = application_seen(tx, asker, application_id)
    _hear_manager(tx, seen, seen.ask, said, now)
    check_seat(tx, opportunity, held.person_id)
    join(tx, opportunity, held.person_id, now=now)
    made = take(tx, [application_id], Taken(state, held.person_id, now, said))[0]
    settle_seats(tx, [opportunity.opportunity_id], now=now)
    _tell_owner(tx, made, opportunity, asker.name, held.state, said, now)
    return made


def _hear_manager(tx: Tx, seen: Seen, ask: ManagerAsk | None, words: str, now: datetime) -> None:
    if ask is None:
        return
    if ask.waits(now):
        raise Conflict(
            _("Your manager can still answer. After that you can accept, whatever they say, and also in silence."),
            until=ask.due_at.isoformat(),
        )
    if ask.answer is Answer.CONCERN:
        if not words:
            raise InvalidInput(
                _("Your manager has a concern. You may go on; say in a few words why."), field="words"
            )
        title = seen.opportunity.title
        deciding.record_going_on(tx, seen.application, title, concern=ask.words, words=words, now=now)


def _could(tx: Tx, asker: Asker, opportunity_id: OpportunityId, now: datetime) -> tuple[PersonId, Opportunity]:
    """Lock an opportunity that the asker can take part in."""
    person_id = person_asking(tx, asker)
    opportunity_seen(tx, asker, opportunity_id)
    opportunity = hold_opportunity(tx, opportunity_id)
    if opportunity.owner_id == person_id:
        raise Forbidden(_("This is yours. You see there who applied."))
    if not opportunity.is_open(now):
        raise _not_taken(opportunity, now)
    return person_id, opportunity


def _own(tx: Tx, asker: Asker, application_id: ApplicationId) -> tuple[Opportunity, Application]:
    """Lock an application of the asker's own, its opportunity before it."""
    opportunity_id, person_id = of_which(tx, application_id)
    if person_id != asker.person_id:
        raise no_application()
    hold_wishes(tx, person_id)
    opportunity = hold_opportunity(tx, opportunity_id)
    if opportunity.kind not in visible_kinds(tx, person_id):
        raise no_application()
    return opportunity, hold(tx, [application_id])[0]


def _not_taken(opportunity: Opportunity, now: datetime) -> NotTaken:
    if opportunity.state is OpportunityState.FILLED:
        return NotTaken(_("Every seat is taken. It opens again when somebody leaves."))
    if opportunity.state is OpportunityState.OPEN and not opportunity.is_open(now):
        return NotTaken(_("The last day to apply is over."))
    return NotTaken(_("This is closed. What it said stays readable."))


def _tell_owner_applied(
    tx: Tx, application: Application, opportunity: Opportunity, name: str, now: datetime
) -> None:
    if opportunity.owner_id is None:
        return

    def write() -> News:
        return News(
            _("{name} applies for “{title}”").format(name=name, title=opportunity.title),
            (_("Everyone is answered within {days} working days.").format(days=ANSWER_DAYS),),
            f"/opportunities/{opportunity.opportunity_id}/applicants#application-{application.application_id}",
            _("Read and answer"),
            letters.because_you_own(),
            application.words,
            name,
        )

    key = ("applied", str(application.application_id), str(application.version))
    letters.send(tx, [Letter(opportunity.owner_id, key, write, urgency=Urgency.DIGEST)], now=now)


def _tell_owner(
    tx: Tx,
    application: Application,
    opportunity: Opportunity,
    name: str,
    before: State,
    words: str,
    now: datetime,
) -> None:
    if opportunity.owner_id is None:
        return

    def write() -> News:
        title = opportunity.title
        said = {
            State.ACCEPTED: _("{name} accepts “{title}”"),
            State.DECLINED: _("{name} does not take “{title}”"),
        }.get(application.state)
        if said is None:
            said = (
                _("{name} leaves “{title}”") if before is State.ACCEPTED else _("{name} withdraws from “{title}”")
            )
        joins = application.state is State.ACCEPTED
        return News(
            said.format(name=name, title=title),
            (_("They take part from now on. Write to them and agree how to begin."),)
            if joins
            else (_("A seat may be free again."),),
            f"/opportunities/{opportunity.opportunity_id}/applicants",
            _("See who applied"),
            letters.because_you_own(),
            words,
            name,
        )

    key = ("moved", str(application.application_id), str(application.version))
    letters.send(tx, [Letter(opportunity.owner_id, key, write)], now=now)
