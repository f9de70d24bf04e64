"""Pages: what was sent to me, how it stands with everybody's messages, and the link that stops messages."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.config import Settings
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.identity.access import Anyone, Asker, InPerson, Operator
from bandmate.kernel.identity.csrf import speaks_for_itself
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.kernel.notify import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.kernel.notify.again import send_again, send_all_again
from bandmate.kernel.notify.choosing import channel_of
from bandmate.kernel.notify.queries import PAGE, STATES, all_deliveries, counts_by_state, deliveries_to
from bandmate.kernel.notify.sending import STOP_PATH
from bandmate.kernel.notify.stopping import stop, stop_link
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages

TEMPLATES = Path(__file__).parent / "templates"
MESSAGES = "/messages"
DELIVERIES = "/operator/messages"
PRIVATE = {"Cache-Control": "private, no-store"}
# The address itself is the key: it must not travel on to pages that are linked from here.
UNTOLD = {**PRIVATE, "Referrer-Policy": "no-referrer"}

Cursor = Annotated[str | None, Query(description="Where the page starts, as the last one gave it.")]
State = Annotated[Literal["waiting", "sent", "failed", "refused", "expired"] | None, Query()]

router = APIRouter(include_in_schema=False)

speaks_for_itself(STOP_PATH)


@router.get(MESSAGES)
def messages_page(request: Request, asker: InPerson, tx: Reading, pages: Pages, cursor: Cursor = None) -> Response:
    """Show what was sent to the reader, when, why and where to."""
    page = deliveries_to(tx, _own(asker), cursor=cursor, limit=PAGE)
    return pages.render(request, "notify/messages.html", headers=PRIVATE, page=page, cursor=cursor)


@router.get(f"{STOP_PATH}{{token}}")
def stop_page(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    pages: Pages,
    token: str,
) -> Response:
    """Ask once before messages are stopped: mail scanners open links, people press buttons."""
    link = stop_link(tx, token)
    return pages.render(
        request, "notify/stop.html", headers=UNTOLD, purpose=link.purpose, stopped=False, path=request.url.path
    )


@router.post(f"{STOP_PATH}{{token}}")
def stop_messages(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Writing,
    pages: Pages,
    clock: ClockOf,
    token: str,
) -> Response:
    """Stop messages of the link's purpose, by the page's button or by a mail client's (RFC 8058).

    No redirect follows: section 3.1 of the RFC warns that they are not reliable after a POST. Idempotent.
    """
    link = stop(tx, token, now=clock())
    return pages.render(
        request, "notify/stop.html", headers=UNTOLD, purpose=link.purpose, stopped=True, path=request.url.path
    )


@router.get(DELIVERIES)
def deliveries_page(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    pages: Pages,
    state: State = None,
    cursor: Cursor = None,
) -> Response:
    """Show how it stands with everybody's messages."""
    page = all_deliveries(tx, state=state, cursor=cursor, limit=PAGE)
    settings: Settings = request.app.state.settings
    return pages.render(
        request,
        "notify/deliveries.html",
        headers=PRIVATE,
        page=page,
        counts=counts_by_state(tx),
        states=STATES,
        state=state,
        cursor=cursor,
        way=settings.messages,
        fault=_fault(settings),
    )


@router.post(f"{DELIVERIES}/{{delivery_id}}/again")
def again(request: Request, asker: Operator, tx: Writing, clock: ClockOf, delivery_id: UUID) -> Response:
    """Have one failed message tried anew."""
    send_again(tx, delivery_id, by=_name(asker), now=clock(), address=_address(request))
    return _back(_("The message is sent again."))


@router.post(f"{DELIVERIES}/again")
def all_again(request: Request, asker: Operator, tx: Writing, clock: ClockOf) -> Response:
    """Have all failed messages tried anew."""
    count = send_all_again(tx, by=_name(asker), now=clock(), address=_address(request))
    told = ngettext("{count} message is sent again.", "{count} messages are sent again.", count)
    return _back(told.format(count=count))


def _fault(settings: Settings) -> str | None:
    """Return what is wrong with the settings, where something is: then nothing leaves until it is mended."""
    try:
        channel_of(settings)
    except InvalidInput as error:
        return error.detail
    return None


def _own(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "InPerson admits persons only"  # noqa: S101 - what the statement ensures
    return asker.person_id


def _name(asker: Asker) -> PersonId | str:
    return asker.person_id or asker.name


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _back(told: str) -> Response:
    response = RedirectResponse(f"{DELIVERIES}?state=failed", HTTPStatus.SEE_OTHER.value)
    leave_notice(response, told)
    return response
