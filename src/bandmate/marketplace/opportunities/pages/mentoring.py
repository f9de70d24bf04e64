"""Mentoring: the reader's pairs (of another room), their wishes for a mentor, what they offer as one."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.errors import BandmateError, Conflict
from bandmate.kernel.identity.access import InPerson, SignedIn
from bandmate.kernel.ids import new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import WishId
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.launches.queries import note_visit
from bandmate.marketplace.opportunities import wishes
from bandmate.marketplace.opportunities.domain import FORMATS, FORMATS_EXPLAINED, Format, Part, Wish, Wrong
from bandmate.marketplace.opportunities.pages.cards import seats_of
from bandmate.marketplace.opportunities.pages.mine import BADGES
from bandmate.marketplace.opportunities.pages.words import PRIVATE, SEARCH, state_name
from bandmate.marketplace.opportunities.queries import owned_by, unknown, wish, wishes_of
from bandmate.marketplace.opportunities.skills import labels_in, linked
from bandmate.marketplace.opportunities.slots import Place, filled
from bandmate.marketplace.people.asking import person_asking

MENTORING = "/mentoring"
STATES = {"open": ("info", later("Waiting for a mentor")), "matched": ("good", later("You have a mentor"))}

router = APIRouter()

Text = Annotated[str, Form()]


@router.get(MENTORING)
def mentoring_page(
    request: Request, asker: SignedIn, pages: Pages, tx: Reading, database: DatabaseOf, clock: ClockOf
) -> Response:
    """Show the reader's pairs, wishes and offers."""
    person, now = person_asking(tx, asker), clock()
    if Kind.MENTORING not in visible_kinds(tx, person):
        raise unknown()
    note_visit(tx, database, person, [Kind.MENTORING], now=now)
    offers = [each for each in owned_by(tx, person) if each.kind is Kind.MENTORING]
    return pages.render(
        request,
        "marketplace_opportunities/mentoring.html",
        headers=PRIVATE,
        pairs=filled(Place.PAIRS, tx, asker, None, now),
        wishes=[
            {
                "wish": each,
                "format": _(FORMATS[each.format]),
                "badge": STATES[each.state][0],
                "state": _(STATES[each.state][1]),
            }
            for each in wishes_of(tx, person)
        ],
        offers=[
            {
                "each": each,
                "href": f"{SEARCH}/{each.opportunity_id}",
                "format": _(FORMATS[each.format]) if each.format else "",
                "state": state_name(each.state),
                "badge": BADGES[each.state],
                "seats": seats_of(each),
            }
            for each in offers
        ],
    )


@router.get(f"{MENTORING}/wishes/new")
def new_page(request: Request, asker: InPerson, pages: Pages, tx: Reading) -> Response:
    """Show the form of a wish."""
    if Kind.MENTORING not in visible_kinds(tx, person_asking(tx, asker)):
        raise unknown()
    return _form(request, pages, {"format": "one_to_one", "key": str(new_id())})


@router.post(f"{MENTORING}/wishes")
def make_wish(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    format: Text = "",  # noqa: A002 - the name of the field
    topics: Text = "",
    take_topics: Text = "",
    act: Text = "",
    words: Text = "",
    cadence: Text = "",
    key: Text = "",
) -> Response:
    """Keep a wish; a form that cannot be kept comes back as it was typed."""
    person = person_asking(tx, asker)
    if Kind.MENTORING not in visible_kinds(tx, person):
        raise unknown()
    topics = ", ".join(labels_in(f"{topics}, {take_topics}"))
    values = {"format": format, "topics": topics, "words": words, "cadence": cadence, "key": key}
    if act == "add":
        return _form(request, pages, values)
    try:
        with tx.begin_nested():
            wanted = wishes.wish_id_under(person, key or str(new_id()))
            wishes.make_wish(tx, person, wanted, _terms(request, values), now=clock())
    except (Wrong, Conflict) as error:
        return _form(request, pages, values, error=error)
    return _back(_("Your wish is kept. You hear of it as soon as somebody fits."))


@router.get(f"{MENTORING}/wishes/{{wish_id}}/edit")
def edit_page(request: Request, asker: InPerson, pages: Pages, tx: Reading, wish_id: UUID) -> Response:
    """Show the form of a wish that is kept."""
    held = wish(tx, person_asking(tx, asker), WishId(wish_id))
    return _form(request, pages, _values(held), held=held)


@router.post(f"{MENTORING}/wishes/{{wish_id}}/edit")
def change_wish(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    wish_id: UUID,
    format: Text = "",  # noqa: A002 - the name of the field
    topics: Text = "",
    take_topics: Text = "",
    act: Text = "",
    words: Text = "",
    cadence: Text = "",
    version: Text = "",
) -> Response:
    """Keep the change of a wish."""
    person = person_asking(tx, asker)
    held = wish(tx, person, WishId(wish_id))
    topics = ", ".join(labels_in(f"{topics}, {take_topics}"))
    values = {"format": format, "topics": topics, "words": words, "cadence": cadence, "version": version}
    if act == "add":
        return _form(request, pages, values, held=held)
    known = int(version) if version.isascii() and version.isdigit() and len(version) < 19 else -1  # noqa: PLR2004 - of a bigint
    try:
        with tx.begin_nested():
            terms = _terms(request, values)
            wishes.change_wish(tx, person, held.wish_id, terms, version=known, now=clock())
    except (Wrong, Conflict) as error:
        return _form(request, pages, {**values, "version": str(held.version)}, held=held, error=error)
    return _back(_("Your wish was changed."))


@router.post(f"{MENTORING}/wishes/{{wish_id}}/withdraw")
def withdraw_wish(asker: InPerson, tx: Writing, clock: ClockOf, wish_id: UUID) -> Response:
    """Withdraw a wish."""
    wishes.withdraw_wish(tx, person_asking(tx, asker), WishId(wish_id), now=clock())
    return _back(_("Your wish was withdrawn."))


def _terms(request: Request, values: Mapping[str, str]) -> wishes.WishTerms:
    chosen = next((each for each in Format if each.value == values["format"]), Format.ONE_TO_ONE)
    topics = linked(request.app.state.settings, labels_in(values["topics"].replace("\x00", "")), Part.WANTED)
    words = values["words"].replace("\x00", "").replace("\r\n", "\n")
    return wishes.WishTerms(chosen, topics, words, values["cadence"].replace("\x00", ""))


def _values(held: Wish) -> dict[str, str]:
    return {
        "format": held.format,
        "topics": ", ".join(topic.label for topic in held.topics),
        "words": held.words,
        "cadence": held.cadence or "",
        "version": str(held.version),
    }


def _form(
    request: Request,
    pages: Pages,
    values: Mapping[str, str],
    *,
    held: Wish | None = None,
    error: BandmateError | None = None,
) -> Response:
    faults = error.faults if isinstance(error, Wrong) else ()
    errors = [{"name": fault.field, "message": fault.message} for fault in faults]
    if error is not None and not errors:
        errors = [{"name": "topics", "message": error.detail}]
    return pages.render(
        request,
        "marketplace_opportunities/wish.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers=PRIVATE,
        values={"topics": "", "words": "", "cadence": "", "version": "", "key": "", **values},
        held=held,
        target=f"{MENTORING}/wishes" if held is None else f"{MENTORING}/wishes/{held.wish_id}/edit",
        formats=[(each.value, f"{_(name)}: {_(FORMATS_EXPLAINED[each])}") for each, name in FORMATS.items()],
        errors=errors,
    )


def _back(said: str) -> Response:
    answer = RedirectResponse(MENTORING, HTTPStatus.SEE_OTHER)
    leave_notice(answer, said)
    return answer
