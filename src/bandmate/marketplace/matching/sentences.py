"""Fits in words: why, and what would raise it; generated in the reader's language whenever somebody reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bandmate.engines.matching import TENTHS, Part, Raise
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later, ngettext
from bandmate.kernel.web.formats import number
from bandmate.marketplace.matching.domain import Facts, Fit, PartOfFit

PART_NAMES: Mapping[Part, str] = {
    Part.SKILLS: later("Skills you have"),
    Part.GROW: later("Skills you want"),
    Part.INTEREST: later("Your interests"),
    Part.TARGET: later("Your target"),
    Part.AVAILABILITY: later("Your time"),
    Part.PLACE: later("Place and time zone"),
    Part.STYLE: later("Way of working"),
}

PART_NAMES_OF_OTHERS: Mapping[Part, str] = {
    Part.SKILLS: later("Skills they have"),
    Part.GROW: later("Skills they want"),
    Part.INTEREST: later("Their interests"),
    Part.TARGET: later("Their target"),
    Part.AVAILABILITY: later("Their time"),
    Part.PLACE: later("Place and time zone"),
    Part.STYLE: later("Way of working"),
}

_MOST_REASONS = 3
_MOST_NAMES = 3
_PRACTICAL = frozenset({Part.AVAILABILITY, Part.PLACE, Part.STYLE})
_STRONG = 0.5
"""A part that gives less of its points is no reason."""


def why(fit: Fit, *, others: bool = False) -> str:
    """Return why a fit is one: its strongest parts, in a few sentences.

    Args:
        fit: The fit.
        others: Whether somebody else than the person reads it.
    """
    strong = sorted(
        (part for part in fit.parts if part.known and part.tenths > 0 and _strength(part) >= _least(part)),
        # What one does there comes before when and where.
        key=lambda part: (part.part in _PRACTICAL, -part.tenths, part.part),
    )
    said = [sentence for part in strong if (sentence := _reason(part.part, fit.facts, others=others))]
    if said:
        return " ".join(said[:_MOST_REASONS])
    if others:
        return _("Little is known about how well this fits: what they show says too little.")
    return _("Little is known about how well this fits you. The more your profile says, the better the reasons.")


def _strength(part: PartOfFit) -> float:
    return part.tenths / part.most if part.most else 0.0


def _least(part: PartOfFit) -> float:
    # One skill of many is worth saying; a place that half fits is not.
    return 0.0 if part.part in {Part.SKILLS, Part.GROW, Part.INTEREST} else _STRONG


def _reason(part: Part, facts: Facts, *, others: bool) -> str:
    told = {
        Part.SKILLS: _skills,
        Part.GROW: _grow,
        Part.INTEREST: _interest,
        Part.TARGET: _target,
        Part.AVAILABILITY: _time,
        Part.PLACE: _place,
        Part.STYLE: _style,
    }[part]
    return told(facts, others)


def _skills(facts: Facts, others: bool) -> str:
    if facts.had:
        words = (
            ngettext(
                "They have {had} of the {count} skill it asks for: {names}.",
                "They have {had} of the {count} skills it asks for: {names}.",
                facts.wanted,
            )
            if others
            else ngettext(
                "You have {had} of the {count} skill it asks for: {names}.",
                "You have {had} of the {count} skills it asks for: {names}.",
                facts.wanted,
            )
        )
        return words.format(had=number(len(facts.had)), count=number(facts.wanted), names=_names(facts.had))
    if facts.near:
        wanted, own = facts.near[0]
        words = (
            _("It asks for {wanted}, and they know {own}, which is near.")
            if others
            else _("It asks for {wanted}, and you know {own}, which is near.")
        )
        return words.format(wanted=wanted, own=own)
    return ""


def _grow(facts: Facts, others: bool) -> str:
    if not facts.grow:
        return ""
    words = (
        _("There they can learn what they want to: {names}.")
        if others
        else _("There you can learn what you want to: {names}.")
    )
    return words.format(names=_names(facts.grow))


def _interest(facts: Facts, others: bool) -> str:
    if not facts.interests:
        return ""
    words = (
        _("It speaks of what they care for: {names}.") if others else _("It speaks of what you care for: {names}.")
    )
    return words.format(names=_names(facts.interests))


def _target(facts: Facts, others: bool) -> str:
    if facts.target is None or others:
        return ""
    return _("It leads towards your target, “{target}”.").format(target=facts.target)


def _time(facts: Facts, others: bool) -> str:
    if facts.hours is None or facts.asked_hours is None:
        return _("The dates suit them.") if others else _("The dates suit you.")
    words = (
        _("It needs {asked}, and they have {hours}.") if others else _("It needs {asked}, and you have {hours}.")
    )
    return words.format(asked=weekly(facts.asked_hours), hours=_hours(facts.hours))


def _place(facts: Facts, others: bool) -> str:
    if facts.same_place and not facts.remote:
        return _("It is where they work.") if others else _("It is where you work.")
    if facts.overlap is not None:
        words = (
            ngettext(
                "They share {hours} working hour a day with the people there.",
                "They share {hours} working hours a day with the people there.",
                round(facts.overlap),
            )
            if others
            else ngettext(
                "You share {hours} working hour a day with the people there.",
                "You share {hours} working hours a day with the people there.",
                round(facts.overlap),
            )
        )
        return words.format(hours=_hours(facts.overlap))
    return ""


def _style(facts: Facts, others: bool) -> str:  # noqa: ARG001 - called like its neighbours
    return (
        _("They and the host like to work in similar ways.")
        if others
        else _("You and the host like to work in similar ways.")
    )


def raise_sentence(raised: Raise, labels: Mapping[str, str]) -> str:
    """Return what would bring an opportunity into the first few, such as "In your top 3 with “audio mixing”."."""
    # In quotes, because the vocabulary calls skills by verbs: "manage licensing fees".
    names = [_("“{skill}”").format(skill=labels.get(uri, uri)) for uri in raised.addition.skills]
    hours = raised.addition.hours_per_week
    if hours is not None:
        names.append(weekly(hours))
    return _("In your top 3 with {names}.").format(names=_names(names))


def price_sentence(fit: Fit) -> str:
    """Return what the crowd takes from a fit; empty where it takes nothing."""
    if fit.price_tenths <= 0:
        return ""
    return _("Many are shown this, so it stands {points} points lower in the list.").format(
        points=number(fit.price, 1)
    )


def part_note(part: PartOfFit) -> str:
    """Return what stands beside a part about which nothing is known; empty where it is known."""
    return "" if part.known else _("Nothing is said about this, so it counts neither for nor against.")


def points(tenths: int) -> str:
    """Return tenths of a point as points."""
    return number(tenths / TENTHS, 1)


def _names(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        more = _("{count} more").format(count=number(len(names) - _MOST_NAMES + 1))
        names = [*names[: _MOST_NAMES - 1], more]
    if len(names) == 1:
        return names[0]
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])


def weekly(hours: float) -> str:
    """Return hours a week in words."""
    return ngettext("{hours} hour a week", "{hours} hours a week", 1 if hours == 1 else 2).format(
        hours=_hours(hours)
    )


def _hours(hours: float) -> str:
    return number(hours, 0 if float(hours).is_integer() else 1)
