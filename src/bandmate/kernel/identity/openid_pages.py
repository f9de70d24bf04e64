"""Signing in by OpenID Connect: to the provider, back from it, and the question whose account it is.

Going there is a link and no form: it changes nothing but an attempt of this browser's own, and the content
security policy lets no form lead to another site. Whatever goes wrong leads back to the sign-in page with a
sentence of ours; nothing that a provider or a link wrote is shown there.
"""

from __future__ import annotations

import logging
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import (
    BandmateError,
    Conflict,
    Forbidden,
    InvalidInput,
    OutboundFailed,
    TooManyRequests,
)
from bandmate.kernel.identity.access import Anyone, Asker
from bandmate.kernel.identity.cookies import OPENID, VISIT, read_cookie, set_cookie
from bandmate.kernel.identity.entering import enter, welcome
from bandmate.kernel.identity.forms import SEE_OTHER, Text, address_of, cautious, errors_of
from bandmate.kernel.identity.local_paths import HOME, SIGN_IN, local_path
from bandmate.kernel.identity.openid_accounts import ToProve, account_for, link
from bandmate.kernel.identity.openid_attempts import (
    LIFETIME,
    Offer,
    Returned,
    drop_offer,
    make_offer,
    offer_of,
    start_attempt,
    take_attempt,
)
from bandmate.kernel.identity.openid_provider import Provider, Providers
from bandmate.kernel.identity.openid_tokens import OpenidPerson
from bandmate.kernel.identity.persons import Account, account_of
from bandmate.kernel.identity.sign_in import prove_password
from bandmate.kernel.identity.sign_in_form import guard_forms, sign_in_form
from bandmate.kernel.identity.tokens import new_token
from bandmate.kernel.ids import AccountId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.openid_settings import PROVIDER_NAME
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf
from bandmate.kernel.web.templating import templates_of

OFFER = "/sign-in/connect"
LONGEST_ANSWER = 4_000
"""Characters of a ``code`` or ``state``; ours has 43, providers write up to some hundreds."""

Name = Annotated[str, Path(pattern=f"^{PROVIDER_NAME}$")]
Answer = Annotated[str, Query(max_length=LONGEST_ANSWER)]

router = APIRouter(include_in_schema=False)
log = logging.getLogger(__name__)


@router.get("/sign-in/openid/{name}")
def go_to_provider(
    request: Request,
    asker: Anyone,
    database: DatabaseOf,
    clock: ClockOf,
    name: Name,
    next: str = HOME,  # noqa: A002 - the address says `next`
) -> Response:
    """Begin a sign-in and send the browser to the provider."""
    provider = providers_of(request).named(name)
    if asker.via == "session":
        return RedirectResponse(local_path(next), SEE_OTHER, headers=cautious())
    return send_to(request, provider, database, way_on=next, account_id=None, now=clock())


@router.get("/sign-in/openid/{name}/callback")
def come_back(
    request: Request,
    asker: Anyone,
    database: DatabaseOf,
    clock: ClockOf,
    name: Name,
    state: Answer = "",
    code: Answer = "",
    error: Answer = "",
    iss: Annotated[str | None, Query(max_length=LONGEST_ANSWER)] = None,
) -> Response:
    """Take what the provider sends back: let its person in, ask whose account it is, or say why not."""
    provider, now = providers_of(request).named(name), clock()
    browser = read_cookie(request, OPENID) or ""
    with database.begin() as tx:
        attempt = take_attempt(tx, name, state=state, browser=browser, now=now)
    if attempt is None:
        return sign_in_form(request, way_on=HOME, refusal=_stale())
    try:
        known = _proved(provider, attempt, code=code, error=error, iss=iss, now=now)
        return _admit(request, asker, database, provider, attempt, known, browser=browser, now=now)
    except OutboundFailed as failure:
        log.warning("a sign-in by %s failed: %s", name, failure.detail)
        refusal: BandmateError = OutboundFailed(
            _("{provider} could not tell us who you are. Try again, or sign in another way.").format(
                provider=provider.title
            )
        )
    except (Forbidden, Conflict) as failure:
        log.info("a sign-in by %s was refused", name)
        refusal = failure
    return sign_in_form(request, way_on=attempt.way_on, refusal=refusal)


@router.get(OFFER)
def offer_page(request: Request, asker: Anyone, database: DatabaseOf, clock: ClockOf) -> Response:
    """Ask whether an account here belongs to who has just been at a provider."""
    with database.read() as tx:
        offer = offer_of(tx, read_cookie(request, OPENID), now=clock())
        owner = account_of(tx, offer.account_id) if offer else None
    if offer is None or owner is None:
        return sign_in_form(request, way_on=HOME, refusal=_stale())
    return _offer_page(request, asker, offer, owner)


@router.post(OFFER)
def accept_offer(
    request: Request, asker: Anyone, database: DatabaseOf, clock: ClockOf, password: Text = ""
) -> Response:
    """Link the account, once its owner has proved that it is theirs, and let them in."""
    now, browser = clock(), read_cookie(request, OPENID) or ""
    with database.read() as tx:
        offer = offer_of(tx, browser, now=now)
        owner = account_of(tx, offer.account_id) if offer else None
    if offer is None or owner is None:
        return sign_in_form(request, way_on=HOME, refusal=_stale())
    try:
        _prove_ownership(request, asker, database, owner, password=password, now=now)
        with database.begin() as tx:
            link(tx, owner.account_id, issuer=offer.issuer, subject=offer.subject, email=offer.email, now=now)
            drop_offer(tx, browser)
            opened = enter(request, tx, owner.account_id, way=f"openid:{offer.provider}", now=now)
    except (InvalidInput, TooManyRequests) as error:
        return _offer_page(request, asker, offer, owner, error=error)
    except (Conflict, Forbidden) as error:
        return sign_in_form(request, way_on=offer.way_on, refusal=error)
    response = RedirectResponse(offer.way_on, SEE_OTHER)
    welcome(request, response, opened)
    return response


def send_to(
    request: Request,
    provider: Provider,
    database: Database,
    *,
    way_on: str,
    account_id: AccountId | None,
    now: datetime,
) -> Response:
    """Begin an attempt and redirect to the provider; ``account_id`` is the account to link, None to sign in."""
    browser = read_cookie(request, OPENID) or new_token()
    try:
        with database.begin() as tx:
            started = start_attempt(
                tx,
                provider.name,
                browser=browser,
                address=address_of(request),
                way_on=local_path(way_on),
                account_id=account_id,
                now=now,
            )
        there = provider.authorization_address(
            state=started.state, nonce=started.nonce, code_verifier=started.code_verifier, now=now
        )
    except TooManyRequests as error:
        return sign_in_form(request, way_on=way_on, refusal=error)
    except OutboundFailed as error:
        log.warning("%s cannot be asked: %s", provider.name, error.detail)
        down = OutboundFailed(
            _("{provider} does not answer at the moment. Try again in a minute, or sign in another way.").format(
                provider=provider.title
            )
        )
        return sign_in_form(request, way_on=way_on, refusal=down)
    response = RedirectResponse(there, SEE_OTHER, headers=cautious())
    set_cookie(request, response, OPENID, browser, lifetime=LIFETIME)
    return response


def providers_of(request: Request) -> Providers:
    """Return the providers of the application that serves this request."""
    providers: Providers = request.app.state.openid
    return providers


def _proved(
    provider: Provider, attempt: Returned, *, code: str, error: str, iss: str | None, now: datetime
) -> OpenidPerson:
    provider.check_sender(iss, now)
    if error == "access_denied":
        raise Forbidden(
            _("You did not let {provider} tell us who you are, so you are not signed in.").format(
                provider=provider.title
            )
        )
    if error or not code:
        raise OutboundFailed(f"{provider.name} sent back the error {error[:60]!a}.")
    return provider.prove(code, code_verifier=attempt.code_verifier, nonce=attempt.nonce, now=now)


def _admit(
    request: Request,
    asker: Asker,
    database: Database,
    provider: Provider,
    attempt: Returned,
    known: OpenidPerson,
    *,
    browser: str,
    now: datetime,
) -> Response:
    """Let somebody in whom a provider has proved, or ask them about an account first."""
    with database.begin() as tx:
        if attempt.account_id is not None:
            if attempt.account_id != asker.account_id:
                raise Forbidden(_("You were signed out meanwhile. Sign in, then connect again."))
            found: AccountId | ToProve = ToProve(attempt.account_id)
        else:
            found = account_for(tx, provider, known, now=now)
        if isinstance(found, ToProve):
            make_offer(tx, provider.name, known, found.account_id, browser=browser, way_on=attempt.way_on, now=now)
            return RedirectResponse(OFFER, SEE_OTHER, headers=cautious())
        opened = enter(request, tx, found, way=f"openid:{provider.name}", now=now)
    response = RedirectResponse(attempt.way_on, SEE_OTHER, headers=cautious())
    welcome(request, response, opened)
    return response


def _prove_ownership(
    request: Request, asker: Asker, database: Database, owner: Account, *, password: str, now: datetime
) -> None:
    """Make sure that the account is theirs: by its password, or where it has none, by being signed in to it.

    Raises:
        InvalidInput: when the password is wrong.
        TooManyRequests: when it was wrong too often.
        Forbidden: when there is no password and somebody else, or nobody, is signed in.
    """
    if owner.password_changed_at is None:
        if asker.via != "session" or asker.account_id != owner.account_id:
            raise Forbidden(_("Sign in to this account first, then connect again."))
        return
    if (
        prove_password(database, email=owner.email, password=password, address=address_of(request), now=now)
        is None
    ):
        raise InvalidInput(_("This is not the password of that account."), field="password")


def _offer_page(
    request: Request,
    asker: Asker,
    offer: Offer,
    owner: Account,
    *,
    error: InvalidInput | TooManyRequests | None = None,
) -> Response:
    provider, visit = providers_of(request).named(offer.provider), guard_forms(request)
    response = templates_of(request).render(
        request,
        "identity/connect.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        provider=provider.title,
        offer=offer,
        owner=owner,
        by_password=owner.password_changed_at is not None,
        signed_in=asker.account_id == owner.account_id,
        sign_in=SIGN_IN,
        errors=[{**one, "name": "password"} for one in errors_of(error)],
    )
    if visit is not None:
        set_cookie(request, response, VISIT, visit)
    return response


def _stale() -> Conflict:
    return Conflict(
        _("This sign-in took too long, was used before, or began in another browser. Please begin again.")
    )
