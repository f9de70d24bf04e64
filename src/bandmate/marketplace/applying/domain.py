"""What an application is, which step may follow which, and who may take it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from bandmate.kernel.errors import Conflict, InvalidInput
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.ids import ApplicationId, OpportunityId
from bandmate.marketplace.kinds import Kind

LONGEST_WORDS = 2_000
LONGEST_ANSWER = 2_000
MOST_HOURS = Decimal(60)
ANSWER_DAYS = 10
"""Working days in which an applicant is answered."""
MANAGER_DAYS = 5
"""Working days in which a manager may say something; after them silence is no objection."""
UNDO = timedelta(days=1)
"""For so long a withdrawal can be taken back."""


class State(StrEnum):
    """Where an application stands."""

    INTERESTED = "interested"
    """A light sign, seen by the owner alone."""
    APPLIED = "applied"
    SHORTLISTED = "shortlisted"
    OFFERED = "offered"
    """A seat is kept for them."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    """They did not take the offer."""
    NOT_CHOSEN = "not_chosen"
    WITHDRAWN = "withdrawn"


class Party(StrEnum):
    """Who takes a step."""

    APPLICANT = "applicant"
    OWNER = "owner"
    PROGRAM = "program"
    """Nobody in person: it was filled, or closed."""


class Act(StrEnum):
    """What can be done with an application."""

    SHOW_INTEREST = "show_interest"
    APPLY = "apply"
    WITHDRAW = "withdraw"
    RESUME = "resume"
    """Take a withdrawal back."""
    ACCEPT = "accept"
    DECLINE = "decline"
    SHORTLIST = "shortlist"
    UNLIST = "unlist"
    OFFER = "offer"
    TAKE_BACK = "take_back"
    """The owner takes an offer back, which nobody accepted yet."""
    TURN_DOWN = "turn_down"
    RECONSIDER = "reconsider"
    END = "end"
    """It was filled or closed: who waits is told."""


WAITING = frozenset({State.APPLIED, State.SHORTLISTED})
"""An answer is owed."""
UNDER_WAY = WAITING | {State.INTERESTED, State.OFFERED}
HAS_SEAT = frozenset({State.OFFERED, State.ACCEPTED})
"""A seat is taken, or kept."""

_APPLICANT: Mapping[Act, Mapping[State | None, State]] = {
    Act.SHOW_INTEREST: {None: State.INTERESTED, State.WITHDRAWN: State.INTERESTED},
    Act.APPLY: dict.fromkeys((None, State.INTERESTED, State.WITHDRAWN, State.DECLINED), State.APPLIED),
    Act.WITHDRAW: dict.fromkeys((*UNDER_WAY, State.ACCEPTED), State.WITHDRAWN),
    Act.ACCEPT: {State.OFFERED: State.ACCEPTED},
    Act.DECLINE: {State.OFFERED: State.DECLINED},
}
_OWNER: Mapping[Act, Mapping[State | None, State]] = {
    Act.SHORTLIST: {State.APPLIED: State.SHORTLISTED},
    Act.UNLIST: {State.SHORTLISTED: State.APPLIED},
    Act.OFFER: {State.APPLIED: State.OFFERED, State.SHORTLISTED: State.OFFERED},
    Act.TAKE_BACK: {State.OFFERED: State.SHORTLISTED},
    Act.TURN_DOWN: dict.fromkeys((*WAITING, State.INTERESTED), State.NOT_CHOSEN),
    Act.RECONSIDER: {State.NOT_CHOSEN: State.SHORTLISTED},
}
_PROGRAM: Mapping[Act, Mapping[State | None, State]] = {
    Act.END: dict.fromkeys(UNDER_WAY, State.NOT_CHOSEN),
}
_MOVES: Mapping[Party, Mapping[Act, Mapping[State | None, State]]] = {
    Party.APPLICANT: _APPLICANT,
    Party.OWNER: _OWNER,
    Party.PROGRAM: _PROGRAM,
}


class StepImpossible(Conflict):
    """This cannot be done from where the application stands."""

    slug = "application-step-impossible"
    title = "This cannot be done as it stands"


class NotTaken(Conflict):
    """Nobody can take part in this opportunity now: it is closed, filled, or the last day to apply is over."""

    slug = "opportunity-not-taken"
    title = "One cannot take part any more"


def move(state: State | None, act: Act, by: Party, *, before: State | None = None) -> State:
    """Return where an act leads; one that leads where it stands already changes nothing.

    Args:
        state: where the application stands; None where there is none yet.
        act: what is done.
        by: who does it.
        before: of a withdrawn one, where it stood before; ``RESUME`` leads back there.

    Raises:
        StepImpossible: when it is not theirs to do, or does not follow.
    """
    if act is Act.RESUME and by is Party.APPLICANT:
        if state is State.WITHDRAWN and before in UNDER_WAY:
            assert before is not None  # noqa: S101 - None is not under way
            return before
    else:
        ways = _MOVES[by].get(act, {})
        if state in ways:
            return ways[state]
        if state is not None and state in ways.values() and act is not Act.TAKE_BACK:
            return state
    raise StepImpossible(_sentence(state), state=None if state is None else state.value, act=act.value)


def acts_of(state: State | None, by: Party) -> frozenset[Act]:
    """Return what somebody can do from here that changes something; taking back a withdrawal aside."""
    return frozenset(act for act, ways in _MOVES[by].items() if state in ways)


def _sentence(state: State | None) -> str:
    said = {
        None: _("There is no application yet; apply first."),
        State.INTERESTED: _("So far this is a sign of interest; it takes an application to go on."),
        State.APPLIED: _("The application waits for an answer; this cannot be done before it."),
        State.SHORTLISTED: _("The application is on the shortlist; this does not follow from there."),
        State.OFFERED: _("It is offered already, and the applicant has to answer first."),
        State.ACCEPTED: _("The offer has been accepted already."),
        State.DECLINED: _("The applicant did not take the offer. They can apply again."),
        State.NOT_CHOSEN: _("This application was answered already."),
        State.WITHDRAWN: _("The application was withdrawn. The applicant can apply again while it is open."),
    }
    return said[state]


@dataclass(frozen=True, slots=True)
class Application:
    """Somebody's application for an opportunity."""

    application_id: ApplicationId
    opportunity_id: OpportunityId
    person_id: PersonId
    state: State
    words: str
    hours_per_week: Decimal | None
    """As the applicant offers; None as the opportunity says."""
    answer_words: str
    answer_code: str | None
    """``owner``, ``filled`` or ``closed``."""
    answer_due_at: datetime | None
    answered_at: datetime | None
    version: int
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an application."""

    position: int
    state: State
    by_person: PersonId | None
    by_name: str | None
    words: str
    at: datetime


class Answer(StrEnum):
    """What a manager says."""

    FINE = "fine"
    CONCERN = "concern"


@dataclass(frozen=True, slots=True)
class ManagerAsk:
    """A manager was asked about somebody's offer."""

    application_id: ApplicationId
    manager_id: PersonId
    manager_name: str
    asked_at: datetime
    due_at: datetime
    answer: Answer | None
    words: str
    answered_at: datetime | None
    lapsed_at: datetime | None

    def waits(self, now: datetime) -> bool:
        """Tell whether the manager can still answer; from the due date on silence is no objection."""
        return self.answer is None and self.lapsed_at is None and now < self.due_at


def may_resume(withdrawn_at: datetime, now: datetime) -> bool:
    """Tell whether a withdrawal can still be taken back."""
    return now - withdrawn_at <= UNDO


def asks_manager(kind: Kind) -> bool:
    """Tell whether a manager is asked; of mentoring they are only told."""
    return kind is not Kind.MENTORING


def check_words(words: str, name: str = "words", longest: int = LONGEST_WORDS) -> str:
    """Return words as they are kept.

    Raises:
        InvalidInput: when they are too long, or hold what cannot be kept.
    """
    kept = words.strip().replace("\r\n", "\n")
    if len(kept) > longest:
        over = _("This has {count} characters; {most} are enough.").format(count=len(kept), most=longest)
        raise InvalidInput(over, field=name)
    if any(ord(each) < ord(" ") and each not in "\n\t" for each in kept) or _has_half(kept):
        raise InvalidInput(_("This holds a sign that cannot be kept. Type it anew."), field=name)
    return kept


def _has_half(words: str) -> bool:
    """Tell whether it holds half of a surrogate pair, which UTF-8 cannot write."""
    return any(0xD800 <= ord(each) <= 0xDFFF for each in words)  # noqa: PLR2004 - Unicode's range of them


def check_hours(hours: Decimal | None) -> Decimal | None:
    """Return hours a week to a tenth, or None.

    Raises:
        InvalidInput: when nobody can work so much, or so little.
    """
    if hours is None:
        return None
    if not hours.is_finite() or not 0 < hours <= MOST_HOURS or not round(hours, 1):
        raise InvalidInput(
            _("Write hours a week, more than 0 and up to {most}.").format(most=MOST_HOURS), field="hours_per_week"
        )
    return round(hours, 1)
