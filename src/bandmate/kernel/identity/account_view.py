"""The page of one's own account, which every form on it comes back to."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request
from fastapi.routing import iter_route_contexts
from starlette.responses import Response

from bandmate.kernel.consent.purposes import declared_purposes
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, TooManyRequests
from bandmate.kernel.identity.access import Asker, scopes_for
from bandmate.kernel.identity.forms import cautious, errors_of
from bandmate.kernel.identity.keys import keys_of
from bandmate.kernel.identity.persons import account_of
from bandmate.kernel.identity.preferences import email_waiting, language_choices, preferences_of, zone_choices
from bandmate.kernel.identity.role_names import role_names, scope_meanings
from bandmate.kernel.identity.sessions import sessions_of
from bandmate.kernel.identity.sign_in_history import past_sign_ins
from bandmate.kernel.ids import AccountId, PersonId
from bandmate.kernel.web.dependencies import clock_of
from bandmate.kernel.web.templating import templates_of

ACCOUNT = "/account"


def show_account(
    request: Request,
    asker: Asker,
    tx: Tx,
    *,
    error: InvalidInput | TooManyRequests | None = None,
    key_name: str = "",
    new_key: str | None = None,
) -> Response:
    """Show the page; with what went wrong in one of its forms, or a new key, this once."""
    account_id, now = own_account(asker), clock_of(request)()
    return templates_of(request).render(
        request,
        "identity/account.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        account=account_of(tx, account_id),
        role_names=role_names(),
        preferences=preferences_of(tx, own_person(asker)),
        email_waiting=email_waiting(tx, account_id, now=now),
        languages=language_choices(),
        zones=zone_choices(),
        providers=request.app.state.openid.all,
        sessions=sessions_of(tx, account_id, now=now),
        past_sign_ins=past_sign_ins(tx, own_person(asker)),
        present_session=request.state.session_id,
        keys=keys_of(tx, account_id),
        scopes=scopes_for(asker.roles, iter_route_contexts(request.app.routes)),
        scope_meanings=scope_meanings(),
        errors=errors_of(error),
        key_name=key_name,
        new_key=new_key,
        asks_consent=bool(declared_purposes()),
    )


def own_account(asker: Asker) -> AccountId:
    """Return the account of who asks at a browser."""
    assert asker.account_id is not None, "InPerson admits accounts only"  # noqa: S101 - what the statement ensures
    return asker.account_id


def own_person(asker: Asker) -> PersonId:
    """Return the person who asks at a browser."""
    assert asker.person_id is not None, "InPerson admits persons only"  # noqa: S101 - what the statement ensures
    return asker.person_id
