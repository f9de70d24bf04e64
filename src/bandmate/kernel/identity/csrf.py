"""Requests that another site makes a browser send (cross-site request forgery) are recognised and refused.

An unsafe request (RFC 9110, section 9.2.1) that comes with one of our cookies, or that is a form, must

1. come from our own pages, by ``Sec-Fetch-Site`` (W3C Fetch Metadata) and ``Origin`` (RFC 6454), and
2. carry the token of its cookie in the form field ``csrf_token`` or the header ``X-CSRF-Token``.

The token is an HMAC of the cookie's random value: whoever cannot read the cookie cannot make it, and nothing needs
storing. Requests with an API key are exempt, since no browser adds one by itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message, Receive

from bandmate.kernel.errors import CsrfFailed, TooLarge
from bandmate.kernel.identity.cookies import policy_of

FIELD, HEADER = "csrf_token", "X-CSRF-Token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
LARGEST_FORM = 2_000_000
"""Bytes of a form that are read to find the token in it; larger ones send the header."""

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


_SPEAKING: set[str] = set()


def speaks_for_itself(path: str) -> None:
    """Admit what is sent below ``path`` from anywhere and without a cookie, such as by a mail client (RFC 8058).

    For addresses that end in one unguessable part, which is all the authority their routes go by: another site
    cannot make a browser send what it does not know. Such a route takes no account of who is signed in.
    """
    _SPEAKING.add(path)


def is_authorised_by_address(request: Request) -> bool:
    """Tell whether a request goes to an address that speaks for itself: exactly one part below such a path."""
    before, slash, last = request.url.path.rpartition("/")
    return before + slash in _SPEAKING and last != ""


def csrf_token_for(cookie: str) -> str:
    """Return the token that requests with this cookie (a session's or a visit's) must carry; 43 characters."""
    digest = hmac.digest(cookie.encode(), b"bandmate csrf token", hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def is_form(request: Request) -> bool:
    """Tell whether the body is an HTML form's, which any site can make a browser send without asking us."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower() in _FORMS


async def check_csrf(request: Request, cookie: str | None) -> Receive:
    """Check an unsafe request, and return the channel from which its route reads the body again.

    Args:
        request: The request, its body unread.
        cookie: Value of the cookie that speaks for it, or None where it brought none.

    Raises:
        CsrfFailed: when it comes from elsewhere, or without its token.
        TooLarge: when the token would have to be searched in a very large form.
    """
    check_origin(request)
    if cookie is None:
        raise CsrfFailed(
            "This form came without our cookie. Allow cookies for this site and open the form again; "
            "programs send JSON and an API key instead."
        )
    token, receive = request.headers.get(HEADER, ""), request.receive
    if not token and is_form(request):
        body = await _whole_body(request)
        token = await _field_of(request, body)
        receive = _replay(body, request.receive)
    if not hmac.compare_digest(token.encode(), csrf_token_for(cookie).encode()):
        raise CsrfFailed("This page has grown too old to send its form. Go back, reload it and send it again.")
    return receive


def check_origin(request: Request) -> None:
    """Check that a request comes from our own pages.

    Raises:
        CsrfFailed: when the browser says otherwise, or says nothing at all.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "null").lower()
    # A browser that is told to send no referrer writes "null" even to its own site (WHATWG Fetch, section 3.2).
    site_is_own = site in {"same-origin", "none"} if site is not None else origin != "null"
    if not site_is_own or (origin != "null" and not _is_own_origin(request, origin)):
        raise CsrfFailed("This request was made by another site, so it was not carried out.")


def _is_own_origin(request: Request, origin: str) -> bool:
    """Compare with the address people use, and with the host this very request was sent to.

    The scheme of the latter is left out: a proxy that ends TLS hides it from us. Only where people are known to
    use https, a page that came over plain http, where anybody on the way may have written it, is not ours.
    """
    public = policy_of(request).public_origin
    if origin.startswith("http:") and public == f"https:{origin.removeprefix('http:')}":
        return False
    return origin == public or urlsplit(origin).netloc == request.url.netloc.lower()


async def _whole_body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise TooLarge(f"This form is larger than {LARGEST_FORM // 1_000_000} MB.")
    return bytes(body)


async def _field_of(request: Request, body: bytes) -> str:
    """Return the token in a form; empty when there is none or the form cannot be read."""
    again = Request(request.scope, _replay(body, request.receive))
    try:
        async with again.form() as form:
            value = form.get(FIELD)
    except (HTTPException, MultiPartException):
        return ""
    return value if isinstance(value, str) else ""


def _replay(body: bytes, rest: Receive) -> Receive:
    """Return a channel that gives ``body`` once and then what the server still has to say."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await rest()

    return receive
