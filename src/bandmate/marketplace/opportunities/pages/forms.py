"""Writing an opportunity: the form, its proposals of skills, and what comes back when it cannot be kept."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.ids import new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.opportunities import writing
from bandmate.marketplace.opportunities.domain import (
    FORMATS,
    FORMATS_EXPLAINED,
    WORK_MODELS,
    Fault,
    Opportunity,
    State,
    Wrong,
    check,
)
from bandmate.marketplace.opportunities.form import Typed, differences, read, typed, typed_of, with_skills
from bandmate.marketplace.opportunities.pages.words import (
    CHANGE,
    FIELD_NAMES,
    KINDS_OFFERED,
    OFFER,
    PRIVATE,
    SEARCH,
    countries,
    kind_name,
)
from bandmate.marketplace.opportunities.queries import opportunity, unknown
from bandmate.marketplace.opportunities.skills import labels_in, proposed
from bandmate.marketplace.people.asking import employee_asking, person_asking

ASKING = frozenset({"read", "add"})
"""Buttons that change the form and keep nothing: read the text, add a skill."""

router = APIRouter()


async def _sent(request: Request) -> dict[str, list[str]]:
    """Return the fields of the form; files and further parts are left aside."""
    form = await request.form()
    sent: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            sent.setdefault(name, []).append(value)
    return sent


Sent = Annotated[dict[str, list[str]], Depends(_sent)]


@router.get(f"{SEARCH}/new")
def new_page(request: Request, asker: InPerson, pages: Pages, tx: Reading, kind: str = "") -> Response:
    """Show the form of a kind; without one, the choice among those that the reader may offer."""
    employee = employee_asking(tx, asker)
    offered = [each for each in Kind if writing.may_write(tx, asker, each)]
    chosen = next((each for each in offered if each.value == kind), None)
    if chosen is None:
        if kind:
            raise unknown()
        return pages.render(
            request,
            "marketplace_opportunities/new.html",
            headers=PRIVATE,
            kinds=[(each.value, kind_name(each), _(KINDS_OFFERED[each])) for each in offered],
        )
    values = {
        "department": employee.department or "",
        "location": employee.location or "",
        "country": employee.country or "",
        "time_zone": employee.time_zone or "",
        "format": "one_to_one" if chosen is Kind.MENTORING else "",
        "seats": "1",
    }
    return _form(request, pages, Typed(chosen, values), key=str(new_id()))


@router.post(SEARCH)
def create(request: Request, asker: InPerson, pages: Pages, tx: Writing, clock: ClockOf, sent: Sent) -> Response:
    """Keep a draft and show it as others will see it; a form that cannot be kept comes back as it was typed."""
    person, form, key = person_asking(tx, asker), _typed(sent), _one(sent, "key") or str(new_id())
    if not writing.may_write(tx, asker, form.kind):
        raise unknown()
    form = _taken(form, sent)
    if _one(sent, "act") in ASKING:
        return _form(request, pages, form, key=key, proposals=_proposals(request, form, sent))
    try:
        terms = read(form, request.app.state.settings)
        with tx.begin_nested():
            made = writing.create(tx, asker, writing.id_under(person, key), terms, now=clock())
    except Wrong as error:
        return _form(request, pages, form, key=key, faults=error.faults)
    return _kept(made)


@router.get(f"{SEARCH}/{{opportunity_id}}/edit")
def edit_page(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Reading,
    clock: ClockOf,
    opportunity_id: UUID,
    publishing: bool = False,
) -> Response:
    """Show what is kept; when publishing failed, also what is missing."""
    held = _own(tx, asker, opportunity_id)
    faults: Sequence[Fault] = ()
    if publishing:
        try:
            check(writing.terms_of(held), publishing=True, today=clock().date())
        except Wrong as error:
            faults = error.faults
    return _form(request, pages, typed_of(held), held=held, faults=faults)


@router.post(f"{SEARCH}/{{opportunity_id}}/edit")
def change(
    request: Request, asker: InPerson, pages: Pages, tx: Writing, clock: ClockOf, opportunity_id: UUID, sent: Sent
) -> Response:
    """Keep a change. Where somebody changed it meanwhile, both versions are shown and nothing is lost."""
    held = _own(tx, asker, opportunity_id)
    form = typed(held.kind, {name: values[-1] for name, values in sent.items()})
    version = _version(_one(sent, "version"))
    form = _taken(form, sent)
    if _one(sent, "act") in ASKING:
        proposals = _proposals(request, form, sent)
        return _form(request, pages, form, held=held, version=version, proposals=proposals)
    try:
        terms = read(form, request.app.state.settings)
        with tx.begin_nested():
            made = writing.change(tx, asker, held.opportunity_id, terms, version=version, now=clock())
    except Wrong as error:
        return _form(request, pages, form, held=held, version=version, faults=error.faults)
    except writing.ChangedMeanwhile as error:
        return _form(request, pages, form, held=held, conflict=error.detail)
    return _kept(made)


def _own(tx: Tx, asker: Asker, opportunity_id: UUID) -> Opportunity:
    """Return an opportunity that the asker may change; others' are not told apart from none."""
    person = person_asking(tx, asker)
    held = opportunity(tx, asker, OpportunityId(opportunity_id))
    if held.owner_id != person or held.job_id is not None:
        raise unknown()
    return held


def _form(
    request: Request,
    pages: Pages,
    form: Typed,
    *,
    key: str = "",
    held: Opportunity | None = None,
    version: int | None = None,
    faults: Sequence[Fault] = (),
    conflict: str = "",
    proposals: Sequence[str] | None = None,
) -> Response:
    status = HTTPStatus.CONFLICT if conflict else HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK
    theirs = typed_of(held) if held is not None and conflict else None
    return pages.render(
        request,
        "marketplace_opportunities/form.html",
        status=status,
        headers=PRIVATE,
        kind=form.kind.value,
        title=_((OFFER if held is None else CHANGE)[form.kind]),
        values=form,
        key=key,
        held=held,
        version=(held.version if held is not None and version is None else version) or 0,
        target=SEARCH if held is None else f"{SEARCH}/{held.opportunity_id}/edit",
        errors=[{"name": fault.field, "message": fault.message} for fault in faults],
        conflict=conflict,
        theirs=[] if theirs is None else [(name, theirs[name]) for name in differences(form, theirs)],
        field_names={name: _(label) for name, label in FIELD_NAMES.items()},
        proposals=proposals,
        formats=[(each.value, f"{_(name)}: {_(FORMATS_EXPLAINED[each])}") for each, name in FORMATS.items()],
        countries=_countries(form["country"]),
        work_models=[("", _("Not stated")), *((each.value, _(name)) for each, name in WORK_MODELS.items())],
        is_draft=held is None or held.state is State.DRAFT,
    )


def _countries(typed: str) -> list[tuple[str, str]]:
    """Return the choices of a country; what was sent and is none stays among them, so that it comes back."""
    known = countries()
    other = [(typed, typed)] if typed and typed not in dict(known) else []
    return [("", _("Not stated")), *known, *other]


def _typed(sent: dict[str, list[str]]) -> Typed:
    try:
        kind = Kind(_one(sent, "kind"))
    except ValueError as error:
        raise NotFound(_("There is no such kind of opportunity.")) from error
    return typed(kind, {name: values[-1] for name, values in sent.items()})


def _taken(form: Typed, sent: dict[str, list[str]]) -> Typed:
    """Return the form with the proposals that were ticked."""
    form = with_skills(form, "wanted", sent.get("take_wanted", ()))
    return with_skills(form, "learn", sent.get("take_learn", ()))


def _proposals(request: Request, form: Typed, sent: dict[str, list[str]]) -> Sequence[str] | None:
    """Return skills read from the text where that was asked for, else None."""
    if _one(sent, "act") != "read":
        return None
    written = "\n".join((form["title"], form["summary"], form["description"]))
    known = (*labels_in(form["wanted"]), *labels_in(form["learn"]))
    return proposed(request.app.state.settings, written, known)


def _kept(made: Opportunity) -> Response:
    answer = RedirectResponse(f"{SEARCH}/{made.opportunity_id}", HTTPStatus.SEE_OTHER)
    said = _("The draft is kept. This is how others will see it.") if made.state is State.DRAFT else _("Saved.")
    leave_notice(answer, said)
    return answer


def _one(sent: dict[str, list[str]], name: str) -> str:
    return sent.get(name, [""])[-1]


def _version(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else -1  # noqa: PLR2004 - of a bigint
