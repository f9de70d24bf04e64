"""Webhooks for those who run the installation: the list with its health, and one endpoint with its deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput
from bandmate.kernel.events.catalogue import declared_event_types
from bandmate.kernel.identity.access import Administrator, Operator, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, Templates
from bandmate.kernel.webhooks import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.kernel.webhooks import endpoints as acts
from bandmate.kernel.webhooks.choosing import offered, types_in, withheld
from bandmate.kernel.webhooks.deliveries import queue_test, send_again, send_dead_again
from bandmate.kernel.webhooks.endpoints import EndpointId
from bandmate.kernel.webhooks.queries import Shown, deliveries_of, health_of, health_of_all, replays_of
from bandmate.kernel.webhooks.replaying import Start, request_replay

TEMPLATES = Path(__file__).parent / "templates"
LIST = "/operator/webhooks"
A_PAGE = 50
PRIVATE = {"Cache-Control": "private, no-store"}

Text = Annotated[str, Form()]
Words = Annotated[list[str], Form()]
Errors = tuple[dict[str, str], ...]

router = APIRouter(prefix=LIST, include_in_schema=False)


@router.get("")
def list_page(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
) -> Response:
    """List endpoints with their health, and the form that adds one."""
    return _list(request, pages, tx)


@router.post("")
def add_endpoint(
    request: Request,
    asker: Operator,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    url: Text = "",
    description: Text = "",
    types: Words = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Register an endpoint and show its secret, this once; a form that cannot be used comes back."""
    try:
        made = acts.register(
            tx, _settings(request), url=url, description=description, types=types, by=asker.person_id, now=clock()
        )
    except InvalidInput as error:
        return _list(
            request,
            pages,
            tx,
            errors=_errors(error),
            form={"url": url, "description": description, "types": types},
        )
    return _one(request, pages, tx, made.endpoint_id, secret=made.secret.written)


@router.get("/{endpoint_id}")
def endpoint_page(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    endpoint_id: UUID,
    state: Shown = "all",
    cursor: Annotated[str | None, Query(alias="from")] = None,
) -> Response:
    """Show one endpoint: its health, its deliveries, and what can be done with it."""
    return _one(request, pages, tx, EndpointId(endpoint_id), shown=state, cursor=cursor)


@router.post("/{endpoint_id}/change")
def change_endpoint(
    request: Request,
    asker: Operator,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    endpoint_id: UUID,
    url: Text = "",
    description: Text = "",
    types: Words = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Change address, description or choice of events."""
    wanted = EndpointId(endpoint_id)
    try:
        acts.change(
            tx,
            _settings(request),
            wanted,
            url=url,
            description=description,
            types=types,
            by=asker.person_id,
            now=clock(),
        )
    except InvalidInput as error:
        form: dict[str, str | list[str]] = {"url": url, "description": description, "types": types}
        return _one(request, pages, tx, wanted, errors=_errors(error), form=form)
    return _back(endpoint_id, _("The webhook was changed."))


@router.post("/{endpoint_id}/allow")
def allow_types(
    asker: Administrator,
    tx: Writing,
    clock: ClockOf,
    endpoint_id: UUID,
    allowed: Words = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Set which events about persons an endpoint may get."""
    acts.allow_types(tx, EndpointId(endpoint_id), allowed, by=asker.person_id, now=clock())
    return _back(endpoint_id, _("What it may get about persons was saved."))


@router.post("/{endpoint_id}/rotate")
def rotate_secret(
    request: Request, asker: Operator, pages: Pages, tx: Writing, clock: ClockOf, endpoint_id: UUID
) -> Response:
    """Make a new secret and show it, this once."""
    wanted = EndpointId(endpoint_id)
    secret = acts.rotate(tx, _settings(request), wanted, by=asker.person_id, now=clock())
    return _one(request, pages, tx, wanted, secret=secret.written)


@router.post("/{endpoint_id}/pause")
def pause(asker: Operator, tx: Writing, clock: ClockOf, endpoint_id: UUID) -> Response:
    """Send nothing for a while."""
    acts.pause(tx, EndpointId(endpoint_id), by=asker.person_id, now=clock())
    told = _("The webhook is paused. What happens meanwhile is kept and sent when you resume it.")
    return _back(endpoint_id, told, undo=f"{LIST}/{endpoint_id}/resume")


@router.post("/{endpoint_id}/resume")
def resume(asker: Operator, tx: Writing, clock: ClockOf, endpoint_id: UUID) -> Response:
    """Send again."""
    acts.resume(tx, EndpointId(endpoint_id), by=asker.person_id, now=clock())
    return _back(endpoint_id, _("The webhook sends again."), undo=f"{LIST}/{endpoint_id}/pause")


@router.post("/{endpoint_id}/delete")
def delete(asker: Operator, tx: Writing, clock: ClockOf, endpoint_id: UUID) -> Response:
    """Take an endpoint away; it can be brought back for a week."""
    acts.delete(tx, EndpointId(endpoint_id), by=asker.person_id, now=clock())
    answer = RedirectResponse(LIST, HTTPStatus.SEE_OTHER)
    leave_notice(answer, _("The webhook was deleted."), undo=f"{LIST}/{endpoint_id}/restore")
    return answer


@router.post("/{endpoint_id}/restore")
def restore(asker: Operator, tx: Writing, clock: ClockOf, endpoint_id: UUID) -> Response:
    """Bring a deleted endpoint back."""
    acts.restore(tx, EndpointId(endpoint_id), by=asker.person_id, now=clock())
    return _back(endpoint_id, _("The webhook is back."))


@router.post("/{endpoint_id}/test")
def send_test(
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Writing,
    clock: ClockOf,
    endpoint_id: UUID,
) -> Response:
    """Have a test event sent."""
    queue_test(tx, EndpointId(endpoint_id), now=clock())
    return _back(endpoint_id, _("A test event is on its way. Reload in a moment to see what came of it."))


@router.post("/{endpoint_id}/replay")
def replay(
    request: Request,
    asker: Operator,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    endpoint_id: UUID,
    since: Text = "",
    event: Text = "",
) -> Response:
    """Have everything since an instant or an event sent again."""
    wanted = EndpointId(endpoint_id)
    try:
        start = Start(_instant(since), _event(event))
        request_replay(tx, wanted, start, by=asker.person_id, now=clock())
    except InvalidInput as error:
        return _one(request, pages, tx, wanted, errors=_errors(error), start={"since": since, "event": event})
    return _back(endpoint_id, _("A worker queues what is to be sent again; its progress stands below."))


@router.post("/{endpoint_id}/dead")
def dead_again(
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Writing,
    clock: ClockOf,
    endpoint_id: UUID,
) -> Response:
    """Have all dead letters sent again."""
    count = send_dead_again(tx, EndpointId(endpoint_id), now=clock())
    told = ngettext("{count} dead letter is sent again.", "{count} dead letters are sent again.", count)
    return _back(endpoint_id, told.format(count=count))


@router.post("/{endpoint_id}/deliveries/{delivery_id}")
def one_again(
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Writing,
    clock: ClockOf,
    endpoint_id: UUID,
    delivery_id: UUID,
) -> Response:
    """Have one delivery made again."""
    send_again(tx, EndpointId(endpoint_id), delivery_id, now=clock())
    return _back(endpoint_id, _("It is sent again. Reload in a moment to see what came of it."))


def _list(
    request: Request,
    pages: Templates,
    tx: Tx,
    *,
    errors: Errors = (),
    form: Mapping[str, str | list[str]] | None = None,
) -> Response:
    return pages.render(
        request,
        "webhooks/list.html",
        status=InvalidInput.status if errors else 200,
        headers=PRIVATE,
        webhooks=health_of_all(tx),
        offered=offered(),
        errors=errors,
        form=form or {"url": "", "description": "", "types": ["postings.*"]},
    )


def _one(
    request: Request,
    pages: Templates,
    tx: Tx,
    endpoint_id: EndpointId,
    *,
    shown: Shown = "all",
    cursor: str | None = None,
    secret: str | None = None,
    errors: Errors = (),
    form: Mapping[str, str | list[str]] | None = None,
    start: dict[str, str] | None = None,
) -> Response:
    health = health_of(tx, endpoint_id)
    endpoint = health.endpoint
    person = request.state.person
    return pages.render(
        request,
        "webhooks/endpoint.html",
        status=InvalidInput.status if errors else 200,
        headers=PRIVATE,
        health=health,
        endpoint=endpoint,
        page=deliveries_of(tx, health, shown=shown, limit=A_PAGE, cursor=cursor),
        shown=shown,
        is_first=cursor is None,
        replays=replays_of(tx, endpoint_id),
        covered=types_in(endpoint.types),
        withheld=withheld(endpoint.types, endpoint.allowed_types),
        personal=[declared for declared in declared_event_types() if not declared.public],
        offered=offered(),
        may_allow=person is not None and Role.ADMINISTRATOR in person.roles,
        secret=secret,
        errors=errors,
        form=form or {"url": endpoint.url, "description": endpoint.description, "types": list(endpoint.types)},
        changing=form is not None,
        start=start or {"since": "", "event": ""},
        own_path=f"{LIST}/{endpoint_id}",
    )


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _errors(error: InvalidInput) -> Errors:
    return ({"name": str(error.extra.get("field", "url")), "message": error.detail},)


def _back(endpoint_id: UUID, told: str, *, undo: str | None = None) -> Response:
    answer = RedirectResponse(f"{LIST}/{endpoint_id}", HTTPStatus.SEE_OTHER)
    leave_notice(answer, told, undo=undo)
    return answer


def _instant(written: str) -> datetime | None:
    """Read an instant as people write it; without a zone it is UTC, as the form says.

    Raises:
        InvalidInput: when it is none.
    """
    text = written.strip().replace(" ", "T")
    if not text:
        return None
    for candidate in (text, f"{text}Z", f"{text}T00:00:00Z"):
        try:
            return parse_rfc3339(candidate)
        except ValueError:
            continue
    raise InvalidInput(
        _("{written} is no time; write it as 2026-06-10 07:56.").format(written=repr(written[:40])), field="since"
    )


def _event(written: str) -> UUID | None:
    try:
        return UUID(written.strip()) if written.strip() else None
    except ValueError as error:
        raise InvalidInput(
            _("An event's id looks like 6f1b7ad4-5d0c-4b1c-9a55-2f7f0d3a6c11."), field="event"
        ) from error
