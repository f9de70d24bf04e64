"""The sign-in page itself: every way in that this installation offers, and what went wrong the last time."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request
from starlette.responses import Response

from bandmate.kernel.errors import BandmateError, InvalidInput, TooManyRequests
from bandmate.kernel.identity.cookies import VISIT, set_cookie
from bandmate.kernel.identity.csrf import csrf_token_for
from bandmate.kernel.identity.forms import cautious, errors_of
from bandmate.kernel.identity.local_paths import local_path
from bandmate.kernel.identity.openid_provider import Providers
from bandmate.kernel.identity.personas import personas_for
from bandmate.kernel.identity.role_names import role_names
from bandmate.kernel.identity.tokens import new_token
from bandmate.kernel.web.templating import templates_of


def sign_in_form(
    request: Request,
    *,
    way_on: str,
    email: str = "",
    error: InvalidInput | TooManyRequests | None = None,
    refusal: BandmateError | None = None,
) -> Response:
    """Show the page; a first visit gets the cookie that guards its forms.

    Args:
        request: the request that is answered.
        way_on: where to go after the sign-in; a path on this site, or it is not followed.
        email: what was typed.
        error: what is wrong with the password form.
        refusal: why another way in did not work, said above all ways.
    """
    visit = guard_forms(request)
    wrong = error or refusal
    providers: Providers = request.app.state.openid
    response = templates_of(request).render(
        request,
        "identity/sign_in.html",
        status=wrong.status if wrong else HTTPStatus.OK.value,
        headers=cautious(wrong),
        next=local_path(way_on),
        email=email,
        errors=errors_of(error),
        refusal=refusal.detail if refusal else None,
        providers=providers.all,
        personas=personas_for(request),
        role_names=role_names(),
    )
    if visit is not None:
        set_cookie(request, response, VISIT, visit)
    return response


def guard_forms(request: Request) -> str | None:
    """Give the forms of a page for nobody known their token; return what ``VISIT`` must hold, if it is new."""
    if request.state.csrf_token:
        return None
    visit = new_token()
    request.state.csrf_token = csrf_token_for(visit)
    return visit
