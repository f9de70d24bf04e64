"""The page on which an account's owner sees the providers they sign in at, connects more and disconnects them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict
from bandmate.kernel.identity.access import Asker, InPerson
from bandmate.kernel.identity.forms import SEE_OTHER, cautious
from bandmate.kernel.identity.openid_accounts import linked_to, unlink
from bandmate.kernel.identity.openid_pages import Name, providers_of, send_to
from bandmate.kernel.identity.persons import account_of
from bandmate.kernel.ids import AccountId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import templates_of

PROVIDERS = "/account/providers"

router = APIRouter(include_in_schema=False)


@router.get(PROVIDERS)
def own_providers(request: Request, asker: InPerson, tx: Reading) -> Response:
    """Show the ways in to one's own account."""
    return _page(request, asker, tx)


@router.get(f"{PROVIDERS}/{{name}}/connect")
def connect(request: Request, asker: InPerson, database: DatabaseOf, clock: ClockOf, name: Name) -> Response:
    """Go to a provider to connect it; nothing is connected before its owner agrees on the way back."""
    provider = providers_of(request).named(name)
    return send_to(request, provider, database, way_on=PROVIDERS, account_id=_own(asker), now=clock())


@router.post(f"{PROVIDERS}/disconnect")
def disconnect(
    request: Request,
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    issuer: Annotated[str, Form(max_length=2_000)] = "",
    subject: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Take a provider off one's own account."""
    try:
        with tx.begin_nested():
            unlink(tx, _own(asker), issuer=issuer, subject=subject, now=clock())
    except Conflict as error:
        return _page(request, asker, tx, error=error)
    response = RedirectResponse(PROVIDERS, SEE_OTHER)
    leave_notice(response, _("It is disconnected: nobody can sign in to your account there any more."))
    return response


def _page(request: Request, asker: Asker, tx: Tx, *, error: Conflict | None = None) -> Response:
    providers, linked = providers_of(request), linked_to(tx, _own(asker))
    titles = {each.issuer: known.title for each in linked if (known := providers.of_issuer(each.issuer))}
    taken = {each.issuer for each in linked}
    return templates_of(request).render(
        request,
        "identity/providers.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers=cautious(error),
        owner=account_of(tx, _own(asker)),
        linked=linked,
        titles=titles,
        more=[provider for provider in providers.all if provider.chosen.issuer not in taken],
        refusal=error.detail if error else None,
    )


def _own(asker: Asker) -> AccountId:
    assert asker.account_id is not None, "InPerson admits accounts only"  # noqa: S101 - what the statement ensures
    return asker.account_id
