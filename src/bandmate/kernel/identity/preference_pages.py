"""Forms of the account page for what a person chooses about themselves."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.errors import InvalidInput, NotFound, TooManyRequests
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.identity.account_view import ACCOUNT, own_account, own_person, show_account
from bandmate.kernel.identity.attempts import LONG_WINDOW, Budget, Scope, draw, subject_of
from bandmate.kernel.identity.forms import SEE_OTHER, Text, cautious
from bandmate.kernel.identity.persons import account_of
from bandmate.kernel.identity.preferences import CONFIRM, ask_for_email_change, confirm_email, set_preferences
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages

PREFERENCES = f"{ACCOUNT}/preferences"
LETTERS_AN_HOUR = 5
"""Confirmations one account can have sent within an hour: nobody's mailbox is flooded from here."""

router = APIRouter(include_in_schema=False)


@router.get(PREFERENCES)
def preferences_page(asker: InPerson) -> Response:  # noqa: ARG001 - the statement who may call
    """Lead to where they stand on the account page."""
    return RedirectResponse(f"{ACCOUNT}#preferences", SEE_OTHER)


@router.post(PREFERENCES)
def change_preferences(
    request: Request,
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    person_name: Text = "",
    locale: Text = "",
    time_zone: Text = "",
) -> Response:
    """Change name, language and time zone."""
    try:
        set_preferences(tx, own_person(asker), name=person_name, locale=locale, time_zone=time_zone, now=clock())
    except InvalidInput as error:
        field = {"name": "person_name"}.get(str(error.extra.get("field")), error.extra.get("field"))
        return show_account(request, asker, tx, error=InvalidInput(error.detail, field=field))
    response = RedirectResponse(f"{ACCOUNT}#preferences", SEE_OTHER)
    leave_notice(response, _("Your preferences are saved."))
    return response


@router.post(f"{PREFERENCES}/email")
def change_email(request: Request, asker: InPerson, tx: Writing, clock: ClockOf, new_email: Text = "") -> Response:
    """Have a link sent to a new address."""
    now, account_id = clock(), own_account(asker)
    budget = Budget(Scope.ACCOUNT, subject_of("email change", str(account_id)), LETTERS_AN_HOUR, LONG_WINDOW)
    error: InvalidInput | TooManyRequests
    try:
        refusal = draw(tx, (budget,), now=now)
        if refusal is not None:
            raise refusal.error()
        ask_for_email_change(tx, account_of(tx, account_id), new_email, now=now)
    except InvalidInput as wrong:
        error = InvalidInput(wrong.detail, field="new_email")
    except TooManyRequests as wrong:
        error = TooManyRequests(wrong.detail, **{**wrong.extra, "field": "new_email"})
    else:
        response = RedirectResponse(f"{ACCOUNT}#preferences", SEE_OTHER)
        leave_notice(response, _("A link is on its way to the new address. Open it to finish the change."))
        return response
    return show_account(request, asker, tx, error=error)


@router.get(CONFIRM)
def confirm_page(
    request: Request,
    asker: InPerson,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    token: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Ask whether to take the new address: only a form changes something, and mail scanners send none."""
    headers = {**cautious(), "Referrer-Policy": "strict-origin"}
    return pages.render(request, "identity/confirm_email.html", headers=headers, token=token)


@router.post(CONFIRM)
def take_email(asker: InPerson, tx: Writing, clock: ClockOf, token: Text = "") -> Response:
    """Take the new address."""
    response = RedirectResponse(f"{ACCOUNT}#preferences", SEE_OTHER)
    try:
        email = confirm_email(tx, account_of(tx, own_account(asker)), token[:100], now=clock())
    except NotFound as error:
        leave_notice(response, error.detail)
    else:
        leave_notice(response, _("Your e-mail address is now {email}.").format(email=email))
    return response
