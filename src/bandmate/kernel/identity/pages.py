"""Pages of identity: one's own account, its password and its sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.audit import note
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.errors import InvalidInput, TooManyRequests
from bandmate.kernel.identity import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.kernel.identity.access import Asker, InPerson
from bandmate.kernel.identity.account_view import ACCOUNT, own_account, own_person, show_account
from bandmate.kernel.identity.acts import KEY_REVOKED, PASSWORD_CHANGED, SESSION_ENDED, SESSIONS_ENDED
from bandmate.kernel.identity.cookies import BROWSER, SESSION, policy_of, read_cookie, set_cookie
from bandmate.kernel.identity.forms import SEE_OTHER, Text, address_of
from bandmate.kernel.identity.keys import revoke_all_keys
from bandmate.kernel.identity.letters import PASSWORD_CHANGED as PASSWORD_CHANGED_LETTER
from bandmate.kernel.identity.letters import write_to_owner
from bandmate.kernel.identity.persons import account_of, set_password
from bandmate.kernel.identity.recovery import forget_links
from bandmate.kernel.identity.sessions import SessionId, end_session, end_sessions, renew_token
from bandmate.kernel.identity.sign_in import prove_password
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing, database_of
from bandmate.kernel.web.notices import leave_notice

router = APIRouter(include_in_schema=False)


@router.get(ACCOUNT)
def account_page(request: Request, asker: InPerson, tx: Reading) -> Response:
    """Show one's own account."""
    return show_account(request, asker, tx)


@router.post(f"{ACCOUNT}/password")
def change_password(
    request: Request,
    asker: InPerson,
    clock: ClockOf,
    present: Text = "",
    password: Text = "",
    revoke_keys: Annotated[Literal["yes", ""], Form()] = "",
) -> Response:
    """Change the password of who knows the present one, end all other sessions, renew this one."""
    try:
        token = _replace_password(
            request, asker, present=present, password=password, revoke_keys=bool(revoke_keys), now=clock()
        )
    except (InvalidInput, TooManyRequests) as error:
        with database_of(request).read() as tx:
            return show_account(request, asker, tx, error=error)
    response = RedirectResponse(ACCOUNT, SEE_OTHER)
    set_cookie(request, response, SESSION, token, lifetime=policy_of(request).session_lifetime)
    leave_notice(response, _("Your password is changed. Everywhere else you are signed out."))
    return response


@router.post(f"{ACCOUNT}/sessions/end-others")
def end_other_sessions(request: Request, asker: InPerson, tx: Writing, clock: ClockOf) -> Response:
    """End every session but this one."""
    ended = end_sessions(tx, own_account(asker), keep=request.state.session_id)
    if ended:
        _note(tx, request, asker, SESSIONS_ENDED, now=clock())
    response = RedirectResponse(f"{ACCOUNT}#sessions", SEE_OTHER)
    told = ngettext("{ended} other session has ended.", "{ended} other sessions have ended.", ended)
    leave_notice(response, told.format(ended=ended))
    return response


@router.post(f"{ACCOUNT}/sessions/{{session_id}}/end")
def end_own_session(
    request: Request, asker: InPerson, tx: Writing, clock: ClockOf, session_id: SessionId
) -> Response:
    """End one of one's own sessions, perhaps on a lost device."""
    end_session(tx, own_account(asker), session_id)
    _note(tx, request, asker, SESSION_ENDED, now=clock())
    response = RedirectResponse(f"{ACCOUNT}#sessions", SEE_OTHER)
    leave_notice(response, _("That device is signed out."))
    return response


def _note(tx: Writing, request: Request, asker: Asker, action: str, *, now: datetime) -> None:
    person = own_person(asker)
    note(tx, by=person, action=action, subject=str(person), at=now, address=address_of(request))


def _replace_password(
    request: Request, asker: Asker, *, present: str, password: str, revoke_keys: bool, now: datetime
) -> str:
    """Change the password and return the new token of this session."""
    database, account_id = database_of(request), own_account(asker)
    with database.read() as tx:
        email = account_of(tx, account_id).email
    address, browser = address_of(request), read_cookie(request, BROWSER)
    proved = prove_password(database, email=email, password=present, address=address, browser=browser, now=now)
    if proved is None:
        raise InvalidInput(_("This is not your present password."), field="present")
    with database.begin() as tx:
        set_password(tx, account_id, password, now=now, keep=request.state.session_id)
        forget_links(tx, account_id)
        _note(tx, request, asker, PASSWORD_CHANGED, now=now)
        for public_id in revoke_all_keys(tx, account_id, now=now) if revoke_keys else ():  # a handful
            note(tx, by=own_person(asker), action=KEY_REVOKED, subject=public_id, at=now, address=address)
        write_to_owner(tx, account_id, PASSWORD_CHANGED_LETTER, now=now, variables={"at": rfc3339(now)})
        return renew_token(tx, request.state.session_id)
