"""Rounds in plain words: why two suit each other, why somebody waits, what a price means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later, ngettext
from bandmate.marketplace.rounds.domain import Gone, Reason, RoundState
from bandmate.marketplace.rounds.fit import FIT

STATES: Mapping[RoundState, str] = {
    RoundState.DRAFT: later("Draft"),
    RoundState.OPEN: later("Open"),
    RoundState.PREVIEW: later("Preview"),
    RoundState.PUBLISHED: later("Published"),
    RoundState.CLOSED: later("Closed"),
}
PARTS: Mapping[str, str] = {
    "topics": later("Topics wanted and taught"),
    "outlook": later("Ways of working and interests"),
    "hours": later("Common working hours"),
    "across": later("Connects two departments"),
}
"""The parts of the value of a pair, in the order they are shown."""
WAITING: Mapping[str, str] = {
    Reason.NO_FIT: later("Nobody who offers mentoring teaches what they want to learn, in a language of theirs."),
    Reason.NO_PLACE: later("Those who would suit them have no place left."),
    Reason.LIMITS: later("There was a place, but the limits of the round spoke against it."),
}
"""Why somebody waits, as their programme lead reads it."""
WAITING_YOU: Mapping[str, str] = {
    Reason.NO_FIT: later("Nobody who offers mentoring teaches what you want to learn, in a language of yours."),
    Reason.NO_PLACE: later("Those who would suit you have no place left."),
    Reason.LIMITS: later(
        "There were places, but the round had to keep limits, such as a share of pairs across departments."
    ),
}
"""The same, as they read it themselves."""
GONE: Mapping[str, str] = {
    Gone.WISH_GONE: later("The wish was withdrawn, or answered otherwise."),
    Gone.MENTEE_LEFT: later("The mentee is no active employee any more, or mentoring is not open to them."),
    Gone.MENTOR_LEFT: later("The mentor is no active employee any more, or mentoring is not open to them."),
    Gone.OFFER_GONE: later("The offer was closed."),
    Gone.NO_PLACE: later("The offer's last place was taken."),
    Gone.ALREADY: later("They are a pair already."),
}
_MOST, _MUCH, _ALIKE = 0.75, 0.4, 0.6
_POINTS = 100


def shares(parts: Mapping[str, Any]) -> dict[str, float]:
    """Return each part as a share of the most it could be, 0 to 1."""
    return {name: min(float(parts.get(name, 0)) / getattr(FIT, name), 1.0) for name in PARTS}


def why(parts: Mapping[str, Any]) -> list[str]:
    """Return in sentences why two suit each other, to be read by both; what matters most first."""
    share = shares(parts)
    if share["topics"] >= _MOST:
        said = [_("The mentor can teach what the mentee wants to learn.")]
    elif share["topics"] >= _MUCH:
        said = [_("The mentor can teach a good part of what the mentee wants to learn.")]
    else:
        said = [_("The mentor can teach some of what the mentee wants to learn.")]
    if share["outlook"] >= _ALIKE:
        said.append(_("Both look at work alike."))
    if share["hours"] >= 1:
        said.append(_("Their working days overlap well."))
    elif share["hours"] < _MUCH:
        said.append(_("Their working days overlap little: it helps to agree on a time early."))
    if share["across"]:
        said.append(_("They come from different departments."))
    return said


def shown_parts(parts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts for a table with bars, in points of 100."""
    return [
        {
            "name": _(name),
            "points": float(parts.get(key, 0)) * _POINTS,
            "most": getattr(FIT, key) * _POINTS,
            "width": round(_POINTS * share, 1),
        }
        for (key, name), share in zip(PARTS.items(), shares(parts).values(), strict=True)
    ]


def wanted_by(count: int) -> str:
    """Return what the price of a mentor's place means."""
    return ngettext(
        "This mentor's hour is wanted by {count} person.", "This mentor's hour is wanted by {count} people.", count
    ).format(count=count)


def problem_sentence(problem: Mapping[str, Any]) -> str:
    """Return why a preview could not be worked out, and what to do."""
    if problem.get("code") == "too_few":
        return _(
            "At least {least} mentees of {department} are asked for, and {there} take part. Ask for fewer, or "
            "wait until more of them wish for a mentor."
        ).format(least=problem["least"], department=problem["department"], there=problem["there"])
    if problem.get("code") == "nobody":
        return _(
            "There is nobody to pair yet: a round needs open wishes and open offers of its format. Tell people of "
            "the round, and look again."
        )
    if problem.get("code") == "failed":
        return _("The preview could not be worked out. Try again; if it stays so, tell those who run this.")
    return _(
        "These limits cannot be kept together by those who take part. Lower the share of pairs across "
        "departments, or ask for fewer from a department, and look again."
    )
