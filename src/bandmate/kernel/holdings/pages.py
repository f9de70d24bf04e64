"""The page on which persons see, download and erase what is held about them; the same by the API."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database, Tx
from bandmate.kernel.errors import InvalidInput, TooManyRequests
from bandmate.kernel.holdings import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.kernel.holdings import holding as _holding  # noqa: F401 - it declares what is held about persons as such
from bandmate.kernel.holdings import outside as _outside  # noqa: F401 - it registers its tasks
from bandmate.kernel.holdings.downloads import downloads_of, readable_file, request_download
from bandmate.kernel.holdings.export import export_person
from bandmate.kernel.holdings.registry import declared_holdings
from bandmate.kernel.holdings.requests import erasure_state, request_erasure, withdraw_request
from bandmate.kernel.identity.access import Asker, InPerson, Role, Scope, requires
from bandmate.kernel.identity.forms import SEE_OTHER, Text, address_of, cautious, errors_of
from bandmate.kernel.identity.persons import account_of, email_key
from bandmate.kernel.identity.sign_in import credential_of, prove_password
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing, database_of
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import templates_of

DATA = "/account/data"
PRIVATE = {"Cache-Control": "private, no-store"}

ReadsPerson = Annotated[Asker, Depends(requires(role=Role.MEMBER, scope=Scope("persons:read")))]
"""Anybody with an account, about themselves; an API key needs a scope of its own: the answer tells everything."""

TEMPLATES = Path(__file__).parent / "templates"

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/persons/v1", tags=["Persons"])

__all__ = ["DATA", "TEMPLATES", "api", "router"]


@router.get(DATA)
def data_page(request: Request, asker: InPerson, tx: Reading) -> Response:
    """Show what is held about the reader, their downloads, and the way to erasure."""
    person = _own(asker)
    return templates_of(request).render(
        request,
        "holdings/data.html",
        headers=cautious(),
        holdings=declared_holdings(),
        downloads=downloads_of(tx, person),
        state=erasure_state(tx, person),
        days=_settings(request).erasure_days,
    )


@router.post(f"{DATA}/downloads")
def ask_for_download(asker: InPerson, tx: Writing, clock: ClockOf) -> Response:
    """Have a download made."""
    request_download(tx, _own(asker), now=clock())
    return _back(_("Your download is being made. You may close this page and come back later."))


@router.get(f"{DATA}/downloads/{{export_id}}")
def send_download(request: Request, asker: InPerson, tx: Reading, clock: ClockOf, export_id: UUID) -> Response:
    """Send one of the reader's own downloads."""
    path = readable_file(tx, _settings(request), _own(asker), export_id, now=clock())
    return FileResponse(path, headers=PRIVATE, media_type="application/zip", filename="my-data.zip")


@router.get(f"{DATA}/erasure")
def erasure_page(request: Request, asker: InPerson, tx: Reading) -> Response:
    """Say what will be erased and what stays, and ask for the password."""
    return _erasure_page(request, asker, tx)


@router.post(f"{DATA}/erasure")
def ask_for_erasure(
    request: Request, asker: InPerson, clock: ClockOf, password: Text = "", email: Text = ""
) -> Response:
    """Note that the reader, who has proved to be the account's owner, wants to be erased; or do it at once."""
    database, person, days = database_of(request), _own(asker), _settings(request).erasure_days
    try:
        _prove(request, database, asker, password=password, email=email)
    except (InvalidInput, TooManyRequests) as error:
        with database.read() as tx:
            return _erasure_page(request, asker, tx, error=error)
    with database.begin() as tx:
        due_at = request_erasure(tx, person, by=person, now=clock(), grace=timedelta(days=days))
    if due_at is None:
        response = RedirectResponse("/", SEE_OTHER)
        leave_notice(response, _("You are erased. Nothing here leads back to you any more."))
        return response
    told = ngettext(
        "You will be erased in {days} day. Until then you can take it back here.",
        "You will be erased in {days} days. Until then you can take it back here.",
        days,
    ).format(days=days)
    return _back(told, undo=f"{DATA}/erasure/withdraw")


@router.post(f"{DATA}/erasure/withdraw")
def take_back_erasure(asker: InPerson, tx: Writing, clock: ClockOf) -> Response:
    """Take the request back."""
    person = _own(asker)
    withdraw_request(tx, person, by=person, now=clock())
    return _back(_("You stay. Nothing of yours was erased."))


@api.get("/me/data", summary="Everything held about you", response_model=None)
def my_data(asker: ReadsPerson, tx: Reading) -> dict[str, Any]:
    """Return everything that is held about the asker, by holding, in a stable order."""
    return dict(export_person(tx, _own(asker)))


def _prove(request: Request, database: Database, asker: Asker, *, password: str, email: str) -> None:
    """Make sure that it is the owner who asks: by their password or, without one, by typing their address.

    Raises:
        InvalidInput: when it does not fit.
        TooManyRequests: after too many wrong passwords.
    """
    account_id = asker.account_id
    assert account_id is not None, "InPerson admits accounts only"  # noqa: S101 - what the statement ensures
    with database.read() as tx:
        account = account_of(tx, account_id)
        has_password = bool(credential_of(tx, account.email).password_hash)
    if not has_password:
        if email_key(email) != email_key(account.email):
            raise InvalidInput(_("This is not the e-mail address of your account."), field="email")
        return
    now = request.app.state.clock()
    proved = prove_password(database, email=account.email, password=password, address=address_of(request), now=now)
    if proved is None:
        raise InvalidInput(_("This is not your password."), field="password")


def _erasure_page(
    request: Request, asker: Asker, tx: Tx, *, error: InvalidInput | TooManyRequests | None = None
) -> Response:
    account_id = asker.account_id
    assert account_id is not None, "InPerson admits accounts only"  # noqa: S101 - what the statement ensures
    account = account_of(tx, account_id)
    return templates_of(request).render(
        request,
        "holdings/erasure.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        holdings=declared_holdings(),
        state=erasure_state(tx, _own(asker)),
        days=_settings(request).erasure_days,
        account=account,
        has_password=bool(credential_of(tx, account.email).password_hash),
        errors=errors_of(error),
    )


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "the statements admit persons only"  # noqa: S101 - what they ensure
    return asker.person_id


def _settings(request: Request) -> Settings:
    chosen: Settings = request.app.state.settings
    return chosen


def _back(told: str, *, undo: str | None = None) -> Response:
    response = RedirectResponse(DATA, SEE_OTHER)
    leave_notice(response, told, undo=undo)
    return response
