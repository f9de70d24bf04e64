"""From the forms of the profile to values, and back: what was typed is kept whatever is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.profiles import domain
from bandmate.marketplace.profiles.domain import Field, Profile, Target, TargetKind, Visibility
from bandmate.marketplace.profiles.naming import occupation_named, suggestions
from bandmate.marketplace.profiles.writing import SHOWN, Section

Values = Mapping[str, str]
"""A form as it was sent: one text a name; several values of a name are joined by line breaks."""


async def _sent(request: Request) -> Values:
    async with request.form() as form:
        names = dict.fromkeys(form.keys())
        return {name: "\n".join(each for each in form.getlist(name) if isinstance(each, str)) for name in names}


Sent = Annotated[Values, Depends(_sent)]
"""The form that a request brings."""


class ChooseOccupation(InvalidInput):
    """No occupation is called so; ``choices`` are those that may be meant."""

    def __init__(self, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__(
            _("No occupation of the vocabulary is called exactly this. Choose one, or keep your own words."),
            field="target_words",
        )
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a form may choose from."""

    settings: Settings
    kinds: frozenset[Kind]
    """Open to whoever writes."""
    opportunities: Mapping[UUID, str]
    """Title by id, that a target may be."""


def values_of(profile: Profile, section: Section) -> dict[str, str]:
    """Return the form of a section as it is filled with what is saved."""
    values = {f"shown_{each.value}": profile.visibility[each].value for each in SHOWN[section]}
    match section:
        case Section.ABOUT:
            values |= {"headline": profile.headline, "about": profile.about}
        case Section.STRENGTHS:
            values |= {"strengths": "\n".join(profile.strengths), "interests": "\n".join(profile.interests)}
        case Section.AIMS:
            values |= {"aims": profile.aims} | _target_values(profile.target)
        case Section.STYLE:
            values |= {axis: str(profile.working_style.get(axis, "")) for axis in domain.STYLE}
        case Section.AVAILABILITY:
            hours = profile.hours_per_week
            values |= {
                "hours_per_week": "" if hours is None else f"{hours.normalize():f}",
                "available_from": profile.available_from.isoformat() if profile.available_from else "",
                "open_to": "\n".join(sorted(profile.open_to)),
            }
        case Section.RANKING:
            values |= {"ai_ranking": "yes" if profile.ai_ranking else ""}
        case Section.SHOWN:
            pass
    return values


def wanted(profile: Profile, section: Section, values: Values, around: Surroundings) -> Profile:  # noqa: PLR0911 - one a section
    """Return the profile with a section as a form says.

    Raises:
        InvalidInput: when a value cannot be read; ``field`` names it.
        ChooseOccupation: when the words of the target name no occupation.
    """
    shown = {each: _visibility(values.get(f"shown_{each.value}", ""), each) for each in SHOWN[section]}
    profile = replace(profile, visibility={**profile.visibility, **shown})
    match section:
        case Section.ABOUT:
            return replace(profile, headline=values.get("headline", ""), about=values.get("about", ""))
        case Section.STRENGTHS:
            return replace(profile, strengths=_lines(values, "strengths"), interests=_lines(values, "interests"))
        case Section.AIMS:
            return replace(profile, aims=values.get("aims", ""), target=_target(profile.target, values, around))
        case Section.STYLE:
            chosen = {axis: values.get(axis, "") for axis in domain.STYLE}
            style = {axis: int(value) for axis, value in chosen.items() if value in {"-1", "0", "1"}}
            return replace(profile, working_style=style)
        case Section.AVAILABILITY:
            hidden = profile.open_to - around.kinds
            ticked = {kind for kind in around.kinds if kind.value in values.get("open_to", "").split("\n")}
            return replace(
                profile,
                hours_per_week=_hours(values.get("hours_per_week", "")),
                available_from=read_date(values.get("available_from", ""), "available_from"),
                open_to=frozenset(hidden | ticked),
            )
        case Section.RANKING:
            return replace(profile, ai_ranking=values.get("ai_ranking", "") == "yes")
        case Section.SHOWN:
            return profile


def read_date(written: str, name: str) -> date | None:
    """Return a date as browsers send it (ISO 8601), None where none was given.

    Raises:
        InvalidInput: when it is none, or no year of ours.
    """
    if not written.strip():
        return None
    try:
        day = date.fromisoformat(written.strip())
    except ValueError as error:
        raise InvalidInput(_("Write the date as 2027-03-31: year, month, day."), field=name) from error
    if not 1900 <= day.year <= 2200:  # noqa: PLR2004 - nobody's working life lies outside
        raise InvalidInput(_("Check the year of this date."), field=name)
    return day


def _visibility(written: str, each: Field) -> Visibility:
    try:
        return Visibility(written)
    except ValueError as error:
        raise InvalidInput(_("Choose who may see this."), field=f"shown_{each.value}") from error


def _lines(values: Values, name: str) -> tuple[str, ...]:
    return tuple(values.get(name, "").replace("\r", "").split("\n"))


def _hours(written: str) -> Decimal | None:
    if not written.strip():
        return None
    try:
        return domain.parse_hours(Decimal(written.strip().replace(",", ".")))
    except InvalidOperation as error:
        raise InvalidInput(
            _("Write hours per week as a number, such as 4 or 2.5."), field="hours_per_week"
        ) from error


def _target_values(target: Target | None) -> dict[str, str]:
    if target is None:
        return {"target_kind": "", "target_words": "", "target_opportunity": "", "target_by": ""}
    return {
        "target_kind": target.kind.value,
        "target_words": "" if target.kind is TargetKind.OPPORTUNITY else target.label,
        "target_opportunity": str(target.opportunity_id or ""),
        "target_by": target.by.isoformat() if target.by else "",
    }


def _target(before: Target | None, values: Values, around: Surroundings) -> Target | None:
    by = read_date(values.get("target_by", ""), "target_by")
    words = domain.plain(values.get("target_words", ""), domain.LONGEST_ITEM, "target_words")
    match values.get("target_kind", ""):
        case "occupation":
            return _occupation(words, by, around.settings)
        case "words":
            if not words:
                raise InvalidInput(_("Say in a few words where you want to be."), field="target_words")
            return Target(TargetKind.WORDS, words, by=by)
        case "opportunity":
            return _opportunity(before, values.get("target_opportunity", ""), by, around)
        case _:
            return None


def _occupation(words: str, by: date | None, settings: Settings) -> Target:
    if not words:
        raise InvalidInput(_("Write the name of an occupation, such as “music producer”."), field="target_words")
    found = occupation_named(settings, words)
    if found is None:
        raise ChooseOccupation([(each.label, each.label) for each in suggestions(settings, words, "occupation")])
    return Target(TargetKind.OCCUPATION, found.label, uri=found.uri, by=by)


def _opportunity(before: Target | None, written: str, by: date | None, around: Surroundings) -> Target:
    # What was chosen before stays choosable, even where it is not open to one at present.
    if before is not None and before.kind is TargetKind.OPPORTUNITY and written == str(before.opportunity_id):
        return replace(before, by=by)
    titles = {str(each): title for each, title in around.opportunities.items()}
    if written not in titles:
        raise InvalidInput(_("Choose one of the opportunities that are open to you."), field="target_opportunity")
    return Target(TargetKind.OPPORTUNITY, titles[written], opportunity_id=UUID(written), by=by)
