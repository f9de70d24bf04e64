"""Bringing in a résumé, and taking one's own profile and portfolio along."""

from __future__ import annotations

from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Depends, Form, Request
from starlette.datastructures import UploadFile
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.clock import Clock
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, InvalidInput, TooLarge
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.identity.forms import SEE_OTHER
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.people import employee_of
from bandmate.marketplace.profiles.asking import FOLDER, PRIVATE, employee, own
from bandmate.marketplace.profiles.pages import PROFILE, vocabulary
from bandmate.marketplace.profiles.portfolio.pages import PORTFOLIO
from bandmate.marketplace.profiles.portfolio.queries import names_of
from bandmate.marketplace.profiles.resume.reading import LARGEST, read_resume
from bandmate.marketplace.profiles.resume.taking import offers, take
from bandmate.marketplace.profiles.resume.writing import claims_csv, everything, json_resume
from bandmate.marketplace.profiles.visibility import VisibleProfile, own_whole

IMPORT = f"{PROFILE}/import"

MEDIA = {
    "resume.json": "application/json",
    "portfolio.json": "application/json",
    "portfolio.csv": "text/csv; charset=utf-8",
}

Text = Annotated[str, Form()]
Texts = Annotated[list[str] | None, Form()]

router = APIRouter()


async def _given(request: Request) -> bytes:
    """Return the file of a form, or the text pasted into it; one byte more than we accept at most."""
    async with request.form() as form:
        for each in form.getlist("file"):
            if isinstance(each, UploadFile) and each.size:
                return await each.read(LARGEST + 1)
        pasted = form.get("text")
    return pasted.encode("utf-8", "replace") if isinstance(pasted, str) else b""


@router.get(IMPORT)
def import_page(request: Request, asker: InPerson, pages: Pages, tx: Reading) -> Response:
    """Show where a résumé can be chosen or pasted."""
    employee(tx, asker)
    return _page(request, pages)


@router.post(IMPORT)
def preview(
    request: Request, asker: InPerson, pages: Pages, tx: Reading, given: Annotated[bytes, Depends(_given)]
) -> Response:
    """Show what a résumé offers; nothing is taken over yet."""
    person = employee(tx, asker)
    try:
        resume = read_resume(given)
        if resume.is_empty:
            raise InvalidInput(_("There is nothing in this file that could be taken over."), field="text")  # noqa: TRY301 - said as any other fault
    except (InvalidInput, TooLarge) as error:
        return _page(request, pages, text=given[:LARGEST].decode("utf-8", "replace"), error=error)
    return pages.render(
        request,
        f"{FOLDER}/import_preview.html",
        headers=PRIVATE,
        offers=offers(tx, person, resume),
        text=given.decode("utf-8", "replace"),
        **vocabulary(),
    )


@router.post(f"{IMPORT}/take")
def take_over(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    text: Text = "",
    chosen: Texts = None,
) -> Response:
    """Take over what was ticked in the preview."""
    person, settings = employee(tx, asker), _settings(request)
    try:
        resume = read_resume(text.encode("utf-8", "replace"))
        with tx.begin_nested():
            taken = take(tx, person, resume, frozenset(chosen or ()), settings, now=clock())
    except (InvalidInput, TooLarge) as error:
        return _page(request, pages, text=text, error=error)
    told = _("From your résumé: {claims} entries, {proposals} skills to look at, {fields} fields filled.")
    response = RedirectResponse(f"{PROFILE}#proposals" if taken.proposals else PORTFOLIO, SEE_OTHER)
    leave_notice(response, told.format(claims=taken.claims, proposals=taken.proposals, fields=taken.fields))
    return response


@router.get(f"{PORTFOLIO}/export/{{form}}")
def export(
    asker: InPerson,
    tx: Reading,
    clock: ClockOf,
    form: Literal["resume.json", "portfolio.json", "portfolio.csv"],
) -> Response:
    """Download one's own profile and portfolio; also after leaving."""
    person = own(asker)
    return Response(
        written(tx, person, asker.name, form, clock),
        media_type=MEDIA[form],
        headers={**PRIVATE, "Content-Disposition": f'attachment; filename="{form}"'},
    )


def written(tx: Tx, person: PersonId, name: str, form: str, clock: Clock) -> bytes:
    """Return what a download holds."""
    whole: VisibleProfile = own_whole(tx, person)
    names = names_of(tx, [one.by_person for each in whole.claims for one in each.confirmations])
    if form == "portfolio.csv":
        return claims_csv(whole.claims, names).encode()
    found = employee_of(tx, person)
    email = found.email if found else None
    data = json_resume(whole, name, email, clock()) if form == "resume.json" else everything(whole, names)
    return orjson.dumps(data, option=orjson.OPT_INDENT_2)


def _page(request: Request, pages: Pages, *, text: str = "", error: BandmateError | None = None) -> Response:
    return pages.render(
        request,
        f"{FOLDER}/import.html",
        status=200 if error is None else error.status,
        headers=PRIVATE,
        text=text,
        errors=[] if error is None else [{"name": "text", "message": error.detail}],
    )


def _settings(request: Request) -> Settings:
    found: Settings = request.app.state.settings
    return found
