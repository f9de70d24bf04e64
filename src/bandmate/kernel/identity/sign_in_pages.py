"""Pages of identity: signing in and out."""

from __future__ import annotations

import logging

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.audit import note
from bandmate.kernel.errors import InvalidInput, TooManyRequests
from bandmate.kernel.identity import holding as _holding  # noqa: F401 - it declares what identity holds
from bandmate.kernel.identity.access import Anyone
from bandmate.kernel.identity.acts import SIGNED_OUT
from bandmate.kernel.identity.cookies import BROWSER, SESSION, clear_cookie, read_cookie
from bandmate.kernel.identity.entering import enter, welcome
from bandmate.kernel.identity.forms import SEE_OTHER, Text, address_of
from bandmate.kernel.identity.local_paths import HOME, SIGN_IN, local_path
from bandmate.kernel.identity.personas import persona_for
from bandmate.kernel.identity.persons import account_by_email
from bandmate.kernel.identity.sessions import end_session_of_token
from bandmate.kernel.identity.sign_in import REFUSAL, prove_password
from bandmate.kernel.identity.sign_in_form import sign_in_form
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Writing, database_of
from bandmate.kernel.web.notices import leave_notice

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


@router.get(SIGN_IN)
def sign_in_page(request: Request, asker: Anyone, next: str = HOME) -> Response:  # noqa: A002 - the address says `next`
    """Ask for address and password."""
    if asker.via == "session":
        return RedirectResponse(local_path(next), SEE_OTHER)
    return sign_in_form(request, way_on=next)


@router.post(SIGN_IN)
def sign_in(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    clock: ClockOf,
    email: Text = "",
    password: Text = "",
    next: Text = HOME,  # noqa: A002 - the form's field
) -> Response:
    """Open a new session for who proves their password; never continue an old one."""
    database, now = database_of(request), clock()
    try:
        account_id = prove_password(
            database,
            email=email,
            password=password,
            address=address_of(request),
            browser=read_cookie(request, BROWSER),
            now=now,
        )
    except TooManyRequests as error:
        return sign_in_form(request, way_on=next, email=email, error=error)
    if account_id is None:
        log.info("a sign-in from %s failed", address_of(request))
        return sign_in_form(request, way_on=next, email=email, error=InvalidInput(REFUSAL, field="email"))
    with database.begin() as tx:
        opened = enter(request, tx, account_id, way="password", now=now)
    response = RedirectResponse(local_path(next), SEE_OTHER)
    welcome(request, response, opened)
    return response


@router.post("/sign-out")
def sign_out(request: Request, asker: Anyone, tx: Writing, clock: ClockOf) -> Response:
    """End the session, here and in the database; whoever is signed out already stays so."""
    token = read_cookie(request, SESSION)
    if token is not None:
        end_session_of_token(tx, token)
    if asker.via == "session" and asker.person_id is not None:
        person, address = asker.person_id, address_of(request)
        note(tx, by=person, action=SIGNED_OUT, subject=str(person), at=clock(), address=address)
    response = RedirectResponse(HOME, SEE_OTHER)
    clear_cookie(request, response, SESSION)
    leave_notice(response, _("You are signed out."))
    return response


@router.post("/sign-in/as/{slug}")
def sign_in_as_persona(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Writing,
    clock: ClockOf,
    slug: str,
    next: Text = HOME,  # noqa: A002 - the form's field
) -> Response:
    """Sign in as one of the demo's invented people; everywhere else there is no such thing."""
    persona = persona_for(request, slug)
    account_id = account_by_email(tx, persona.email).account_id
    response = RedirectResponse(local_path(next), SEE_OTHER)
    welcome(request, response, enter(request, tx, account_id, way="persona", now=clock()))
    return response
