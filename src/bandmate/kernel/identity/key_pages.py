"""Forms of the account page for API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.audit import note
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.identity.account_view import ACCOUNT, own_account, own_person, show_account
from bandmate.kernel.identity.acts import KEY_CREATED, KEY_REVOKED
from bandmate.kernel.identity.forms import SEE_OTHER, Text, address_of
from bandmate.kernel.identity.keys import PUBLIC_ID, create_key, revoke_key
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Writing
from bandmate.kernel.web.notices import leave_notice

KeyId = Annotated[str, Path(pattern=f"^{PUBLIC_ID}$")]
Days = Literal["30", "90", "365", "never"]

router = APIRouter(include_in_schema=False)


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
        key = create_key(tx, own_account(asker), name=name, scopes=scopes or (), expires_at=expires_at, now=now)
    except InvalidInput as error:
        return show_account(request, asker, tx, error=error, key_name=name)
    held = {"scopes": " ".join(sorted(scopes or ()))}
    note(
        tx,
        by=own_person(asker),
        action=KEY_CREATED,
        subject=key.public_id,
        at=now,
        address=address_of(request),
        details=held,
    )
    return show_account(request, asker, tx, new_key=key.text)


@router.post(f"{ACCOUNT}/keys/{{public_id}}/revoke")
def end_key(request: Request, asker: InPerson, tx: Writing, clock: ClockOf, public_id: KeyId) -> Response:
    """Revoke one of one's own API keys."""
    now = clock()
    revoke_key(tx, public_id, account_id=own_account(asker), now=now)
    note(tx, by=own_person(asker), action=KEY_REVOKED, subject=public_id, at=now, address=address_of(request))
    response = RedirectResponse(f"{ACCOUNT}#keys", SEE_OTHER)
    leave_notice(response, _("The API key {public_id} is revoked.").format(public_id=public_id))
    return response
