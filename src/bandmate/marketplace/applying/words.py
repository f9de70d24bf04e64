"""Applications in plain words: where one stands, why, what comes next, what it costs. Translated when called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later, ngettext
from bandmate.kernel.web.formats import listed, number
from bandmate.marketplace.applying.costs import Cost, Direction
from bandmate.marketplace.applying.domain import Answer, State
from bandmate.marketplace.applying.queries import Seen
from bandmate.marketplace.kinds import Kind

STATES: Mapping[State, str] = {
    State.INTERESTED: later("Interested"),
    State.APPLIED: later("Applied"),
    State.SHORTLISTED: later("On the shortlist"),
    State.OFFERED: later("Offered"),
    State.ACCEPTED: later("Accepted"),
    State.DECLINED: later("Declined"),
    State.NOT_CHOSEN: later("Not chosen"),
    State.WITHDRAWN: later("Withdrawn"),
}
BADGES: Mapping[State, str] = {
    State.INTERESTED: "plain",
    State.APPLIED: "info",
    State.SHORTLISTED: "info",
    State.OFFERED: "warm",
    State.ACCEPTED: "good",
    State.DECLINED: "plain",
    State.NOT_CHOSEN: "plain",
    State.WITHDRAWN: "plain",
}
ICONS: Mapping[State, str] = {
    State.INTERESTED: "heart",
    State.APPLIED: "file-text",
    State.SHORTLISTED: "list-filter",
    State.OFFERED: "handshake",
    State.ACCEPTED: "circle-check",
    State.DECLINED: "x",
    State.NOT_CHOSEN: "circle-x",
    State.WITHDRAWN: "undo-2",
}
KIND_ANSWERS: tuple[tuple[str, str], ...] = (
    (
        later("Thank you, and others were nearer this time"),
        later(
            "Thank you for applying, and for the time you took. This time others were nearer to what the work "
            "asks for. That is no judgement of what you can do. I hope you apply again."
        ),
    ),
    (
        later("There were more people than seats"),
        later(
            "Thank you for applying. There were many more good applications than seats, and I could not take "
            "everybody I would have liked to. Please keep an eye on what comes next."
        ),
    ),
    (
        later("What to grow in, for next time"),
        later(
            "Thank you for applying. What was missing for this one is some practice in … A project or a mentor "
            "could bring you there; I am glad to talk about it."
        ),
    ),
    (
        later("The plan changed"),
        later(
            "Thank you for applying. Our plans changed and this will not go on as it was written. That has "
            "nothing to do with you, and I am sorry for the time it took."
        ),
    ),
)
"""Words to begin a no with: a name for each, and the words."""


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, and how it is meant: ``good``, ``warn``, ``info`` or ``plain``."""

    text: str
    tone: str = "plain"


def state_name(state: State) -> str:
    """Return the name of a state."""
    return _(STATES[state])


def why(seen: Seen) -> str:
    """Return why an application stands where it does, to its applicant."""
    application = seen.application
    by_code = {
        "filled": _("Every seat was taken before it came to your application. You did nothing wrong."),
        "closed": _("It was closed before it came to your application. That says nothing about you."),
    }
    said = {
        State.INTERESTED: _("Only who offers it sees that you are interested. It binds you to nothing."),
        State.APPLIED: _("Your application is with who offers it."),
        State.SHORTLISTED: _("You are among those who are looked at closely."),
        State.OFFERED: _("A seat is kept for you until you say yes or no."),
        State.ACCEPTED: _("You said yes: you take part."),
        State.DECLINED: _("You did not take the offer."),
        State.NOT_CHOSEN: by_code.get(application.answer_code or "", _("Others were chosen this time.")),
        State.WITHDRAWN: _("You withdrew, or left."),
    }
    return said[application.state]


def next_step(seen: Seen, now: datetime) -> str:
    """Return what comes next, to its applicant."""
    ask = seen.ask
    if seen.application.state is State.OFFERED:
        if ask is not None and ask.waits(now):
            return _("Your manager can say something first; silence is no objection. You can accept after that.")
        if ask is not None and ask.answer is Answer.CONCERN:
            return _("Your manager has a concern. Talk about it, then decide; you may go on.")
        return _("Look at what it takes and gives, then say yes or no.")
    said = {
        State.INTERESTED: _("Apply when you are sure; a few words are enough."),
        State.APPLIED: _("You get an answer in any case, within ten working days."),
        State.SHORTLISTED: _("You get an answer in any case, within ten working days."),
        State.ACCEPTED: _("Agree with who offers it how to begin."),
        State.DECLINED: _("You can apply again while it is open."),
        State.NOT_CHOSEN: _("Look at what else is open to you."),
        State.WITHDRAWN: _("You can apply again while it is open."),
    }
    return said[seen.application.state]


def manager_says(seen: Seen, now: datetime) -> Said | None:
    """Return what came of asking the manager, to applicant and owner; None where there is nothing to say."""
    ask, state = seen.ask, seen.application.state
    if ask is None:
        if state is State.OFFERED and seen.opportunity.kind is not Kind.MENTORING:
            return Said(
                _(
                    "No manager was asked: none is known in the directory, it is who offers it, or this kind is "
                    "not open to them."
                ),
                "info",
            )
        return None
    name = ask.manager_name
    if ask.answer is Answer.FINE:
        return Said(_("{name} has no objection.").format(name=name), "good")
    if ask.answer is Answer.CONCERN:
        return Said(_("{name} has a concern. It does not block anything.").format(name=name), "warn")
    if ask.waits(now):
        return Said(_("{name} was asked. Silence counts as no objection.").format(name=name), "info")
    return Said(_("{name} was asked and said nothing in time: no objection.").format(name=name), "good")


def cost_sentences(cost: Cost) -> list[Said]:
    """Return what something costs: hours first, then the target. It warns and never forbids."""
    return [each for each in (_hours(cost), _over(cost), _target(cost)) if each is not None]


def _hours(cost: Cost) -> Said | None:
    if cost.kind is Kind.JOB:
        return Said(_("A job takes your whole working week; talk about what you do now."))
    takes = None if cost.takes is None else _number(cost.takes)
    if takes is None and cost.kind is Kind.MENTORING:
        return Said(_("It names no hours. A mentoring pair is counted as one hour a week."))
    if takes is None:
        return Said(_("It does not say how many hours a week it takes. Ask before you accept."))
    if cost.left is None or cost.available is None:
        return Said(
            _(
                "This takes {takes} hours a week. Say on your profile how many you have, to see how it fits."
            ).format(takes=takes)
        )
    return Said(
        _("You have {left} of {available} hours a week left; this takes {takes}.").format(
            left=_number(max(Decimal(0), cost.left)), available=_number(cost.available), takes=takes
        ),
        "plain" if cost.over else "good",
    )


def _over(cost: Cost) -> Said | None:
    if not cost.over:
        return None
    return Said(
        _("That is {hours} hours a week more than you have. You may go on; see first what can wait.").format(
            hours=_number(cost.over)
        ),
        "warn",
    )


def _target(cost: Cost) -> Said | None:
    if cost.direction is Direction.UNKNOWN:
        return None
    if cost.direction is Direction.IS_TARGET:
        return Said(_("This is the very thing you declared as your target."), "good")
    if cost.direction is Direction.APART:
        if cost.target is None:
            return Said(_("This has little to do with the skills you want to gain."), "info")
        return Said(_("This has little to do with your target “{target}”.").format(target=cost.target), "info")
    count = len(cost.gained)
    skills = listed(cost.gained)
    if cost.target is None:
        return Said(
            ngettext(
                "This brings you {count} skill that you want to gain: {skills}.",
                "This brings you {count} skills that you want to gain: {skills}.",
                count,
            ).format(count=count, skills=skills),
            "good",
        )
    return Said(
        ngettext(
            "This brings you nearer to your target “{target}”: {count} of its wanted skills ({skills}).",
            "This brings you nearer to your target “{target}”: {count} of its wanted skills ({skills}).",
            count,
        ).format(target=cost.target, count=count, skills=skills),
        "good",
    )


def _number(hours: Decimal) -> str:
    return number(float(hours), 0 if hours == hours.to_integral_value() else 1)
