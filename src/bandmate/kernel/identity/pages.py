"""Pages of identity: signing in and out, and one's own account with its sessions and API keys."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Request
from fastapi.routing import iter_route_contexts
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.consent.purposes import declared_purposes
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, TooManyRequests
from bandmate.kernel.identity.access import Anyone, Asker, InPerson, scopes_for
from bandmate.kernel.identity.cookies import SESSION, VISIT, clear_cookie, policy_of, read_cookie, set_cookie
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.keys import PUBLIC_ID, create_key, keys_of, revoke_key
from bandmate.kernel.identity.local_paths import HOME, SIGN_IN, local_path
from bandmate.kernel.identity.persons import account_of, set_password
from bandmate.kernel.identity.sessions import (
    SessionId,
    end_session,
    end_session_of_token,
    open_session,
    sessions_of,
)
from bandmate.kernel.identity.sign_in import REFUSAL, prove_password
from bandmate.kernel.identity.tokens import new_token
from bandmate.kernel.ids import AccountId
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing, clock_of, database_of
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, Templates, templates_of

TEMPLATES = FilePath(__file__).parent / "templates"
ACCOUNT = "/account"
SEE_OTHER = HTTPStatus.SEE_OTHER.value

Text = Annotated[str, Form()]
KeyId = Annotated[str, Path(pattern=f"^{PUBLIC_ID}$")]
Days = Literal["30", "90", "365", "never"]

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


@router.get(SIGN_IN)
def sign_in_page(request: Request, asker: Anyone, pages: Pages, next: str = HOME) -> Response:  # noqa: A002 - the address says `next`
    """Ask for address and password."""
    if asker.via == "session":
        return RedirectResponse(local_path(next), SEE_OTHER)
    return _sign_in_form(request, pages, way_on=next)


@router.post(SIGN_IN)
def sign_in(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    clock: ClockOf,
    email: Text = "",
    password: Text = "",
    next: Text = HOME,  # noqa: A002 - the form's field
) -> Response:
    """Open a new session for who proves their password; never continue an old one."""
    database, now = database_of(request), clock()
    try:
        account_id = prove_password(database, email=email, password=password, address=_address(request), now=now)
    except TooManyRequests as error:
        return _sign_in_form(request, pages, way_on=next, email=email, error=error)
    if account_id is None:
        log.info("a sign-in from %s failed", _address(request))
        return _sign_in_form(request, pages, way_on=next, email=email, error=InvalidInput(REFUSAL, field="email"))
    before, lifetime = read_cookie(request, SESSION), policy_of(request).session_lifetime
    with database.begin() as tx:
        if before is not None:
            end_session_of_token(tx, before)
        opened = open_session(
            tx,
            account_id,
            lifetime=lifetime,
            address=_address(request),
            user_agent=request.headers.get("User-Agent", ""),
            now=now,
        )
    log.info("account %s signed in from %s", account_id, _address(request))
    response = RedirectResponse(local_path(next), SEE_OTHER)
    set_cookie(request, response, SESSION, opened.token, lifetime=lifetime)
    clear_cookie(request, response, VISIT)
    return response


@router.post("/sign-out")
def sign_out(request: Request, asker: Anyone, tx: Writing) -> Response:  # noqa: ARG001 - the statement who may call
    """End the session, here and in the database; whoever is signed out already stays so."""
    token = read_cookie(request, SESSION)
    if token is not None:
        end_session_of_token(tx, token)
    response = RedirectResponse(HOME, SEE_OTHER)
    clear_cookie(request, response, SESSION)
    leave_notice(response, "You are signed out.")
    return response


@router.get(ACCOUNT)
def account_page(request: Request, asker: InPerson, tx: Reading) -> Response:
    """Show one's own account."""
    return _account_page(request, asker, tx)


@router.post(f"{ACCOUNT}/password")
def change_password(
    request: Request, asker: InPerson, clock: ClockOf, present: Text = "", password: Text = ""
) -> Response:
    """Change the password of who knows the present one, and end all other sessions."""
    try:
        _replace_password(request, _own(asker), present=present, password=password, now=clock())
    except (InvalidInput, TooManyRequests) as error:
        with database_of(request).read() as tx:
            return _account_page(request, asker, tx, error=error)
    response = RedirectResponse(ACCOUNT, SEE_OTHER)
    leave_notice(response, "Your password is changed. Everywhere else you are signed out.")
    return response


@router.post(f"{ACCOUNT}/keys")
def add_key(
    request: Request,
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    name: Text = "",
    scopes: Annotated[list[str] | None, Form()] = None,
    days: Annotated[Days, Form()] = "90",
) -> Response:
    """Create an API key and show it, this once."""
    now = clock()
    expires_at = None if days == "never" else now + timedelta(days=int(days))
    try:
        key = create_key(tx, _own(asker), name=name, scopes=scopes or (), expires_at=expires_at, now=now)
    except InvalidInput as error:
        return _account_page(request, asker, tx, error=error, key_name=name)
    return _account_page(request, asker, tx, new_key=key.text)


@router.post(f"{ACCOUNT}/keys/{{public_id}}/revoke")
def end_key(asker: InPerson, tx: Writing, clock: ClockOf, public_id: KeyId) -> Response:
    """Revoke one of one's own API keys."""
    revoke_key(tx, public_id, account_id=_own(asker), now=clock())
    response = RedirectResponse(ACCOUNT, SEE_OTHER)
    leave_notice(response, f"The API key {public_id} is revoked.")
    return response


@router.post(f"{ACCOUNT}/sessions/{{session_id}}/end")
def end_own_session(asker: InPerson, tx: Writing, session_id: SessionId) -> Response:
    """End one of one's own sessions, perhaps on a lost device."""
    end_session(tx, _own(asker), session_id)
    response = RedirectResponse(ACCOUNT, SEE_OTHER)
    leave_notice(response, "That device is signed out.")
    return response


def _replace_password(
    request: Request, account_id: AccountId, *, present: str, password: str, now: datetime
) -> None:
    database = database_of(request)
    with database.read() as tx:
        email = account_of(tx, account_id).email
    if prove_password(database, email=email, password=present, address=_address(request), now=now) is None:
        raise InvalidInput("This is not your present password.", field="present")
    with database.begin() as tx:
        set_password(tx, account_id, password, now=now, keep=request.state.session_id)


def _sign_in_form(
    request: Request,
    pages: Templates,
    *,
    way_on: str,
    email: str = "",
    error: InvalidInput | TooManyRequests | None = None,
) -> Response:
    """Show the form; a first visit gets the cookie that guards it."""
    visit = None
    if not request.state.csrf_token:
        visit = new_token()
        request.state.csrf_token = csrf_token_for(visit)
    response = pages.render(
        request,
        "identity/sign_in.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=_cautious(error),
        next=local_path(way_on),
        email=email,
        errors=_errors(error),
    )
    if visit is not None:
        set_cookie(request, response, VISIT, visit)
    return response


def _account_page(
    request: Request,
    asker: Asker,
    tx: Tx,
    *,
    error: InvalidInput | TooManyRequests | None = None,
    key_name: str = "",
    new_key: str | None = None,
) -> Response:
    account_id, now = _own(asker), clock_of(request)()
    return templates_of(request).render(
        request,
        "identity/account.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=_cautious(error),
        account=account_of(tx, account_id),
        sessions=sessions_of(tx, account_id, now=now),
        present_session=request.state.session_id,
        keys=keys_of(tx, account_id),
        scopes=scopes_for(asker.roles, iter_route_contexts(request.app.routes)),
        errors=_errors(error),
        key_name=key_name,
        new_key=new_key,
        asks_consent=bool(declared_purposes()),
    )


def _errors(error: InvalidInput | TooManyRequests | None) -> list[dict[str, object]]:
    return [{"name": error.extra.get("field", "email"), "message": error.detail}] if error else []


def _cautious(error: InvalidInput | TooManyRequests | None) -> dict[str, str]:
    """Return headers of a page with a token or a secret in it: kept nowhere; and when to come back."""
    headers = {"Cache-Control": "no-store"}
    if error is not None and "retry_after" in error.extra:
        headers["Retry-After"] = str(error.extra["retry_after"])
    return headers


def _own(asker: Asker) -> AccountId:
    assert asker.account_id is not None, "InPerson admits accounts only"  # noqa: S101 - what the statement ensures
    return asker.account_id


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
