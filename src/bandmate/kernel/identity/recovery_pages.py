"""Pages on which somebody without their password gets back in.

The token of a link never stays in the address bar: opening the link puts it into a cookie and leads on to a page
without it, so that neither the browser's history nor a ``Referer`` hands it out. Opening uses nothing up.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.errors import BandmateError, InvalidInput, NotFound, TooManyRequests
from bandmate.kernel.identity.access import Anyone
from bandmate.kernel.identity.cookies import (
    BROWSER,
    RECOVERY,
    SESSION,
    VISIT,
    clear_cookie,
    read_cookie,
    set_cookie,
)
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.forms import SEE_OTHER, Text, address_of, cautious
from bandmate.kernel.identity.known_browsers import REMEMBERED, forget_browsers, remember_browser
from bandmate.kernel.identity.local_paths import SIGN_IN
from bandmate.kernel.identity.recovery import RECOVER, WORKS_FOR, ask_for_recovery, recover, recovery_of
from bandmate.kernel.identity.tokens import new_token
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading, database_of
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, Templates

NEW_PASSWORD = f"{RECOVER}/new-password"

Token = Annotated[str, Path(min_length=43, max_length=43, pattern="^[A-Za-z0-9_-]+$")]

router = APIRouter(include_in_schema=False)


@router.get(RECOVER)
def recover_page(request: Request, asker: Anyone, pages: Pages) -> Response:  # noqa: ARG001 - the statement who may call
    """Ask for the address of the account."""
    return _page(request, pages, "identity/recover.html", email="", asked=False, error=None)


@router.post(RECOVER)
def ask_for_link(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    clock: ClockOf,
    email: Text = "",
) -> Response:
    """Have a link sent if there is an account, and answer the same if there is none."""
    if "@" not in email:
        wrong = InvalidInput(_("Enter an e-mail address, such as mia@example.org."), field="email")
        return _page(request, pages, "identity/recover.html", email=email, asked=False, error=wrong)
    try:
        with database_of(request).begin() as tx:
            ask_for_recovery(tx, email=email, address=address_of(request), now=clock())
    except TooManyRequests as error:
        return _page(request, pages, "identity/recover.html", email=email, asked=False, error=error)
    return _page(request, pages, "identity/recover.html", email="", asked=True, error=None)


@router.get(NEW_PASSWORD)
def new_password_page(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    pages: Pages,
    clock: ClockOf,
) -> Response:
    """Ask for the new password, while the link works."""
    try:
        recovery_of(tx, read_cookie(request, RECOVERY) or "", now=clock())
    except NotFound as error:
        return _page(request, pages, "identity/recover.html", email="", asked=False, error=error)
    return _page(request, pages, "identity/new_password.html", error=None)


@router.post(NEW_PASSWORD)
def set_new_password(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    clock: ClockOf,
    password: Text = "",
) -> Response:
    """Set the new password, end every session, and know this browser; then the person signs in with it."""
    now, token = clock(), read_cookie(request, RECOVERY) or ""
    try:
        with database_of(request).begin() as tx:
            found = recover(tx, token, password, address=address_of(request), now=now)
            # Whoever had the old password may have a known browser; this one alone is the owner's for sure.
            forget_browsers(tx, found.account_id)
            remembered = remember_browser(tx, found.account_id, read_cookie(request, BROWSER), now=now)
    except NotFound as error:
        return _page(request, pages, "identity/recover.html", email="", asked=False, error=error)
    except InvalidInput as error:
        return _page(request, pages, "identity/new_password.html", error=error)
    response = RedirectResponse(SIGN_IN, SEE_OTHER)
    set_cookie(request, response, BROWSER, remembered.token, lifetime=REMEMBERED)
    for name in (RECOVERY, SESSION):
        clear_cookie(request, response, name)
    leave_notice(response, _("Your password is changed, and every session has ended. Sign in with the new one."))
    return response


@router.get(f"{RECOVER}/{{token}}")
def open_link(request: Request, asker: Anyone, token: Token) -> Response:  # noqa: ARG001 - the statement who may call
    """Take the token out of the address; whether it works is said by the page that follows."""
    response = RedirectResponse(NEW_PASSWORD, SEE_OTHER, headers={**cautious(), "Referrer-Policy": "no-referrer"})
    set_cookie(request, response, RECOVERY, token, lifetime=WORKS_FOR)
    return response


def _page(
    request: Request, pages: Templates, template: str, *, error: BandmateError | None, **values: object
) -> Response:
    """Show a form; a first visit gets the cookie that guards it."""
    visit = None
    if not request.state.csrf_token:
        visit = new_token()
        request.state.csrf_token = csrf_token_for(visit)
    field = "password" if template.endswith("new_password.html") else "email"
    response = pages.render(
        request,
        template,
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        errors=[{"name": field, "message": error.detail}] if error else [],
        **values,
    )
    if visit is not None:
        set_cookie(request, response, VISIT, visit)
    return response
