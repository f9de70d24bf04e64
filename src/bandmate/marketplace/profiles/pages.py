"""The pages of one's own profile: looking at it, and changing it section by section."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, InvalidInput
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.identity.forms import SEE_OTHER
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.formats import number
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.kinds import KINDS_MANY
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.profiles import domain, skills, words
from bandmate.marketplace.profiles.asking import FOLDER, PRIVATE, employee
from bandmate.marketplace.profiles.domain import Profile, SkillState, Use
from bandmate.marketplace.profiles.forms import ChooseOccupation, Sent, Surroundings, Values, values_of, wanted
from bandmate.marketplace.profiles.naming import name_skills
from bandmate.marketplace.profiles.queries import own_profile, own_skills, target_choices
from bandmate.marketplace.profiles.visibility import visible_profile
from bandmate.marketplace.profiles.writing import PARTS, SHOWN, Overtaken, Section, mark_of, save_section

PROFILE = "/me/profile"
HINTS = 3
"""Things that are missing, named at once."""

Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]

router = APIRouter()


@router.get(PROFILE)
def own_page(request: Request, asker: InPerson, pages: Pages, tx: Reading) -> Response:
    """Show the reader's own profile with everything on it, and who may see what."""
    return _page(request, pages, tx, employee(tx, asker))


@router.post(f"{PROFILE}/proposals")
def decide_proposals(
    asker: InPerson, tx: Writing, clock: ClockOf, decision: Text = "", uri: Texts = None
) -> Response:
    """Accept or decline proposed skills: those that are ticked, or all."""
    person, now = employee(tx, asker), clock()
    every = [each.uri for each in own_skills(tx, person, state=SkillState.PROPOSED)]
    chosen = every if decision in {"accept_all", "decline_all"} else [each for each in uri or () if each in every]
    if decision in {"accept", "accept_all"}:
        count = skills.accept_proposals(tx, person, chosen, now=now)
        told = ngettext("{count} skill is on your profile now.", "{count} skills are on your profile now.", count)
    else:
        count = skills.decline_proposals(tx, person, chosen, now=now)
        told = ngettext(
            "{count} proposal is gone and will not come back from the same words.",
            "{count} proposals are gone and will not come back from the same words.",
            count,
        )
    told = told.replace("{count}", number(count))
    return _back(told if count else _("Nothing was ticked, so nothing was changed."), "#skills")


@router.post(f"{PROFILE}/skills")
def add_skill(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    skill: Text = "",
    use: Text = "has",
    level: Text = "",
) -> Response:
    """Add skills in one's own words, separated by commas; each is linked to the vocabulary where one is meant."""
    person = employee(tx, asker)
    typed = {"skill": skill, "use": use, "level": level}
    try:
        named = name_skills(_settings(request), skill)
        with tx.begin_nested():
            skills.add_skills(tx, person, named, _use(use), level=_level(level), now=clock())
    except InvalidInput as error:
        return _page(request, pages, tx, person, typed=typed, error=error)
    return _back(_("On your profile: {skills}.").format(skills=", ".join(each.label for each in named)), "#skills")


@router.post(f"{PROFILE}/skills/level")
def set_level(asker: InPerson, tx: Writing, uri: Text = "", use: Text = "has", level: Text = "") -> Response:
    """Say how far one is with a skill."""
    label = skills.set_level(tx, employee(tx, asker), uri, _use(use), _level(level))
    return _back(_("The level of “{skill}” is saved.").format(skill=label), "#skills")


@router.post(f"{PROFILE}/skills/remove")
def remove_skill(asker: InPerson, tx: Writing, clock: ClockOf, uri: Text = "", use: Text = "has") -> Response:
    """Take a skill off the profile; it can be brought back."""
    label = skills.remove_skill(tx, employee(tx, asker), uri, _use(use), now=clock())
    undo = f"{PROFILE}/skills/restore?{urlencode({'uri': uri, 'use': use})}"
    return _back(_("“{skill}” is off your profile.").format(skill=label), "#skills", undo=undo)


@router.post(f"{PROFILE}/skills/restore")
def restore_skill(
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    uri: Annotated[str, Query()],
    use: Annotated[str, Query()] = "has",
) -> Response:
    """Bring a removed skill back."""
    label = skills.restore_skill(tx, employee(tx, asker), uri, _use(use), now=clock())
    return _back(_("“{skill}” is back.").format(skill=label), "#skills")


@router.get(f"{PROFILE}/{{section}}")
def section_page(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Reading,
    section: Section,
    opportunity: UUID | None = None,
) -> Response:
    """Show the form of one section; that of aims with the ``opportunity`` whose page a person comes from."""
    person = employee(tx, asker)
    held = own_profile(tx, person)
    values = values_of(held, section)
    if section is Section.AIMS and opportunity in _around(request, tx, person, opportunity).opportunities:
        values |= {"target_kind": "opportunity", "target_opportunity": str(opportunity)}
    return _form(request, pages, tx, person, section, values, mark_of(held, section))


@router.post(f"{PROFILE}/{{section}}")
def save(
    request: Request, asker: InPerson, pages: Pages, tx: Writing, clock: ClockOf, section: Section, sent: Sent
) -> Response:
    """Save one section; a form that cannot be saved comes back with everything that was typed."""
    person = employee(tx, asker)
    held, seen = own_profile(tx, person), sent.get("seen", "")
    try:
        said = wanted(held, section, sent, _around(request, tx, person, _chosen(sent)))
        with tx.begin_nested():
            save_section(tx, person, section, said, seen=seen, now=clock())
    except Overtaken as error:
        mark = mark_of(error.saved, section)
        return _form(request, pages, tx, person, section, sent, mark, error=error, saved=error.saved)
    except InvalidInput as error:
        return _form(request, pages, tx, person, section, sent, seen, error=error)
    return _back(_("“{part}” is saved.").format(part=_(words.SECTIONS[section][0])), f"#{section.value}")


def _page(
    request: Request,
    pages: Pages,
    tx: Tx,
    person: PersonId,
    *,
    typed: Values | None = None,
    error: BandmateError | None = None,
) -> Response:
    seen, held = visible_profile(tx, person, person), own_profile(tx, person)
    proposals = own_skills(tx, person, state=SkillState.PROPOSED)
    missing = domain.missing(held, seen.skills, seen.wants)
    return pages.render(
        request,
        f"{FOLDER}/profile.html",
        status=200 if error is None else error.status,
        headers=PRIVATE,
        profile=seen,
        ai_ranking=held.ai_ranking,
        visibility=held.visibility,
        person_id=person,
        proposals=proposals,
        sources=words.SOURCES,
        hints=[(_(words.MISSING[each][0]), words.MISSING[each][1]) for each in missing[:HINTS]],
        levels=_levels(),
        typed=typed or {"skill": "", "use": "has", "level": ""},
        errors=_errors(error),
        **vocabulary(),
    )


def vocabulary() -> dict[str, Any]:
    """Return the words that every page about profiles is given."""
    return {
        "visibilities": {each.value: _(label) for each, label in words.VISIBILITIES.items()},
        "field_names": {each.value: _(label) for each, label in words.FIELDS.items()},
        "sections": {each.value: (_(name), _(lead)) for each, (name, lead) in words.SECTIONS.items()},
        "styles": {axis: tuple(_(each) for each in ends) for axis, ends in words.STYLE_WORDS.items()},
        "kinds": {each.value: _(label) for each, label in KINDS_MANY.items()},
        "claim_kinds": {each.value: _(label) for each, label in words.CLAIM_KINDS.items()},
        "claim_icons": {each.value: name for each, name in words.CLAIM_ICONS.items()},
        "roles": {each.value: _(label) for each, label in words.ROLES.items()},
        "level_words": dict(_levels()),
        "team_means": _(words.TEAM_MEANS),
    }


def _form(
    request: Request,
    pages: Pages,
    tx: Tx,
    person: PersonId,
    section: Section,
    values: Values,
    mark: str,
    *,
    error: BandmateError | None = None,
    saved: Profile | None = None,
) -> Response:
    around = _around(request, tx, person, _chosen(values))
    empty = values_of(Profile(person), section)
    target = own_profile(tx, person).target
    choices = [(str(each), title) for each, title in around.opportunities.items()]
    if (
        target is not None
        and target.opportunity_id is not None
        and target.opportunity_id not in around.opportunities
    ):
        choices.append((str(target.opportunity_id), _("As before; it is not open to you at present")))
    return pages.render(
        request,
        f"{FOLDER}/section.html",
        status=200 if error is None else error.status,
        headers=PRIVATE,
        section=section.value,
        values={**empty, **values},
        mark=mark,
        errors=_errors(error),
        saved=None if saved is None else _saved_lines(saved, section),
        occupations=error.choices if isinstance(error, ChooseOccupation) else (),
        opportunities=choices,
        open_kinds=sorted(around.kinds),
        parts=PARTS[section],
        shown=[each.value for each in SHOWN[section]],
        shown_options=[(each.value, _(label)) for each, label in words.VISIBILITIES.items()],
        longest={"headline": domain.LONGEST_HEADLINE, "items": domain.MOST_ITEMS},
        **vocabulary(),
    )


def _saved_lines(saved: Profile, section: Section) -> list[tuple[str, str]]:
    """Return what is saved of a section, for the eye: name and text."""
    names = {each.value: _(label) for each, label in words.FIELDS.items()}
    visible = {each.value: _(label) for each, label in words.VISIBILITIES.items()}
    axes = {axis: _(ends[0]) for axis, ends in words.STYLE_WORDS.items()}
    lines = []
    for name, value in values_of(saved, section).items():
        shown = name.removeprefix("shown_")
        if shown != name:
            lines.append((_("Who sees “{field}”").format(field=names[shown]), visible[value]))
        elif value:
            lines.append((names.get(name) or axes.get(name) or name.replace("_", " "), value))
    return lines


def _around(request: Request, tx: Tx, person: PersonId, chosen: UUID | None = None) -> Surroundings:
    kinds = visible_kinds(tx, person)
    named = () if chosen is None else (chosen,)
    return Surroundings(_settings(request), kinds, target_choices(tx, person, kinds, named=named))


def _chosen(values: Values) -> UUID | None:
    """Return the opportunity that a form names as the target; None where it names none."""
    try:
        return UUID(values.get("target_opportunity", ""))
    except ValueError:
        return None


def _settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found


def _errors(error: BandmateError | None) -> list[dict[str, str]]:
    return [] if error is None else [{"name": str(error.extra.get("field", "seen")), "message": error.detail}]


def _levels() -> list[tuple[int, str]]:
    return [(level, _(label)) for level, label in words.LEVELS.items()]


def _use(written: str) -> Use:
    try:
        return Use(written)
    except ValueError as error:
        raise InvalidInput(_("Choose whether you have the skill or want to learn it."), field="use") from error


def _level(written: str) -> int | None:
    if not written:
        return None
    if written not in {"1", "2", "3", "4", "5"}:
        raise InvalidInput(_("A level is between 1 and 5."), field="level")
    return int(written)


def _back(told: str, place: str, undo: str | None = None) -> Response:
    response = RedirectResponse(PROFILE + place, SEE_OTHER)
    leave_notice(response, told, undo=undo)
    return response
