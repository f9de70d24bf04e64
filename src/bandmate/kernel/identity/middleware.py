"""Who asks is found out before any route runs, with at most one query; forged requests get no further."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from inspect import isawaitable
from typing import cast

from fastapi import FastAPI
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import BandmateError, SignInRequired
from bandmate.kernel.identity.access import ANONYMOUS
from bandmate.kernel.identity.cookies import SESSION, VISIT, Policy, read_cookie
from bandmate.kernel.identity.csrf import (
    SAFE_METHODS,
    check_csrf,
    csrf_token_for,
    is_authorised_by_address,
    is_form,
)
from bandmate.kernel.identity.keys import asker_by_key, note_use
from bandmate.kernel.identity.local_paths import sign_in_path
from bandmate.kernel.identity.openid_provider import Providers
from bandmate.kernel.identity.sessions import asker_by_session, note_session_use
from bandmate.kernel.web.accepting import wants_document
from bandmate.kernel.web.dependencies import clock_of, database_of

Handler = Callable[[Request, Exception], Response | Awaitable[Response]]

STATIC = "/static/"
"""Files are the same for everybody: nobody is looked up for them."""


class Identity:
    """ASGI middleware that says who asks, and refuses forged requests.

    It sets, on ``request.state``:

    * ``asker``: an ``Asker``, anonymous where nobody is known;
    * ``person``: the same where somebody is known, else None (what the page shell reads);
    * ``session_id``: of the browser's session, else None;
    * ``csrf_token``: what forms on the answered page must carry, or "" where no cookie calls for one.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Recognise the asker, check for forgery, and pass the request on or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        _nobody(request)
        try:
            checked = await _admit(request)
        except (BandmateError, SQLAlchemyError) as error:
            answer = await _answer_to(request, error)
            await answer(scope, receive, send)
        else:
            await self.app(scope, checked, send)


def install_identity(app: FastAPI, settings: Settings) -> None:
    """Let the application know who asks, refuse forged requests, and send people to the sign-in page.

    To be called before middleware that should also see refused requests (logs, security headers) is added.
    """
    app.state.identity = Policy.of(settings)
    app.state.openid = Providers(settings)
    app.add_middleware(Identity)
    app.add_exception_handler(SignInRequired, _ask_to_sign_in)


async def _admit(request: Request) -> Receive:
    """Recognise the asker and return the channel from which the route reads the body."""
    key = _key_of(request)
    if key is not None:
        await run_in_threadpool(_recognise_key, request, key)
        return request.receive
    session, visit = read_cookie(request, SESSION), read_cookie(request, VISIT)
    safe = request.method in SAFE_METHODS
    if session is not None and not (safe and request.url.path.startswith(STATIC)):
        await run_in_threadpool(_recognise_session, request, session)
    # An ended session still speaks for its forms: the answer is then "sign in again", not "forged". Without a
    # cookie there is nothing to forge but the sign-in, and that is a form.
    cookie = session or visit
    request.state.csrf_token = csrf_token_for(cookie) if cookie else ""
    if safe or is_authorised_by_address(request) or (cookie is None and not is_form(request)):
        return request.receive
    return await check_csrf(request, cookie)


def _nobody(request: Request) -> None:
    request.state.asker = ANONYMOUS
    request.state.person = None
    request.state.session_id = None
    request.state.csrf_token = ""


def _key_of(request: Request) -> str | None:
    """Return the API key a request carries (RFC 6750, section 2.1, or X-API-Key), or None."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else request.headers.get("X-API-Key")


def _recognise_session(request: Request, token: str) -> None:
    database, now = _surroundings(request)
    with database.read() as tx:
        known = asker_by_session(tx, token, now=now)
    if known is not None:
        request.state.asker = request.state.person = known.asker
        request.state.session_id = known.session_id
        if known.note_use:
            with database.begin() as tx:
                note_session_use(tx, known.session_id, now=now)


def _recognise_key(request: Request, written: str) -> None:
    database, now = _surroundings(request)
    with database.read() as tx:
        known = asker_by_key(tx, written, now=now)
    request.state.asker = request.state.person = known.asker
    if known.note_use:
        with database.begin() as tx:
            note_use(tx, known.public_id, now=now)


def _surroundings(request: Request) -> tuple[Database, datetime]:
    return database_of(request), clock_of(request)()


async def _ask_to_sign_in(request: Request, error: Exception) -> Response:
    """Lead a person to the sign-in page; tell a program 401."""
    assert isinstance(error, SignInRequired)  # noqa: S101 - narrows what Starlette's signature leaves open
    if _key_of(request) is not None or wants_document(request):
        return await _answer_to(request, error, skip=SignInRequired)
    way = sign_in_path(request)
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=SignInRequired.status, headers={"HX-Redirect": way})
    return RedirectResponse(way, status_code=303)


async def _answer_to(request: Request, error: Exception, *, skip: type | None = None) -> Response:
    """Answer as the application answers this error in its routes, which a middleware's errors do not reach."""
    handlers = cast("dict[object, Handler]", request.app.exception_handlers)
    for kind in type(error).__mro__:
        if kind in handlers and kind is not skip:
            answer = handlers[kind](request, error)
            return await answer if isawaitable(answer) else answer
    if not isinstance(error, BandmateError):
        raise error
    return JSONResponse({"title": error.title, "detail": error.detail}, error.status)
