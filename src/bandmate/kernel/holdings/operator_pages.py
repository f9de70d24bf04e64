"""Persons as administrators see them: search, pending erasures, legal holds, merging and splitting."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput, NotFound
from bandmate.kernel.holdings.directory import A_PAGE, find_persons, person_entry, totals
from bandmate.kernel.holdings.merging import merge, merges_of, preview_merge, split
from bandmate.kernel.holdings.persons import current_person
from bandmate.kernel.holdings.registry import declared_holdings
from bandmate.kernel.holdings.requests import (
    erasure_state,
    lift_hold,
    place_hold,
    request_erasure,
    withdraw_request,
)
from bandmate.kernel.identity.access import Administrator, Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading, Writing, database_of
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, templates_of

PERSONS = "/operator/persons"

Text = Annotated[str, Form()]

router = APIRouter(include_in_schema=False)


@router.get(PERSONS)
def persons_page(
    request: Request,
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    pages: Pages,
    q: Annotated[str, Query(max_length=200)] = "",
    pending: bool = False,
) -> Response:
    """Find persons, or list those with a request or a hold."""
    return pages.render(
        request,
        "holdings/persons.html",
        headers={"Cache-Control": "no-store"},
        words=q,
        pending=pending,
        persons=find_persons(tx, q.replace("\0", ""), pending=pending),
        totals=totals(tx),
        a_page=A_PAGE,
    )


@router.get(f"{PERSONS}/{{person_id}}")
def person_page(
    request: Request,
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    person_id: UUID,
) -> Response:
    """Show one person: where they stand, and what can be done."""
    return _person_page(request, tx, PersonId(person_id))


@router.post(f"{PERSONS}/{{person_id}}/erasure")
def ask_for_erasure(
    request: Request, asker: Administrator, tx: Writing, clock: ClockOf, person_id: UUID
) -> Response:
    """Have a person erased after the days of grace."""
    grace = timedelta(days=request.app.state.settings.erasure_days)
    due_at = request_erasure(tx, PersonId(person_id), by=_by(asker), now=clock(), grace=grace)
    if due_at is None:
        return _back(person_id, _("The person is erased."))
    undo = f"{PERSONS}/{person_id}/erasure/withdraw"
    return _back(
        person_id, _("The erasure is noted. It is carried out when the days of grace are over."), undo=undo
    )


@router.post(f"{PERSONS}/{{person_id}}/erasure/withdraw")
def withdraw_erasure(asker: Administrator, tx: Writing, clock: ClockOf, person_id: UUID) -> Response:
    """Take a request back, on the person's behalf."""
    withdraw_request(tx, PersonId(person_id), by=_by(asker), now=clock())
    return _back(person_id, _("The request is taken back."))


@router.post(f"{PERSONS}/{{person_id}}/hold")
def hold(
    request: Request,
    asker: Administrator,
    database: DatabaseOf,
    clock: ClockOf,
    person_id: UUID,
    reason: Text = "",
) -> Response:
    """Keep a person from being erased, with the reason."""
    try:
        with database.begin() as tx:
            place_hold(tx, PersonId(person_id), by=_by(asker), now=clock(), reason=reason)
    except InvalidInput as error:
        return _with_error(request, PersonId(person_id), error)
    undo = f"{PERSONS}/{person_id}/hold/lift"
    return _back(person_id, _("A legal hold stands; the person is not erased before it is lifted."), undo=undo)


@router.post(f"{PERSONS}/{{person_id}}/hold/lift")
def end_hold(asker: Administrator, tx: Writing, clock: ClockOf, person_id: UUID) -> Response:
    """Lift the hold."""
    lift_hold(tx, PersonId(person_id), by=_by(asker), now=clock())
    return _back(person_id, _("The legal hold is lifted."))


@router.get(f"{PERSONS}/{{person_id}}/merge")
def preview(
    request: Request,
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    database: DatabaseOf,
    clock: ClockOf,
    person_id: UUID,
    merged: str = "",
) -> Response:
    """Show what a merge would move, before anybody decides."""
    kept = PersonId(person_id)
    try:
        other = _parse_person(merged)
        with database.begin() as tx:  # it takes back whatever it does
            return _merge_page(request, tx, kept, other, preview_merge(tx, kept, other, now=clock()))
    except (InvalidInput, NotFound, Conflict) as error:
        return _with_error(request, kept, InvalidInput(error.detail, field="merged"))


@router.post(f"{PERSONS}/{{person_id}}/merge")
def merge_persons(
    request: Request,
    asker: Administrator,
    database: DatabaseOf,
    clock: ClockOf,
    person_id: UUID,
    merged: Text = "",
    reason: Text = "",
) -> Response:
    """Merge another person into this one."""
    kept, now = PersonId(person_id), clock()
    other = _parse_person(merged)
    try:
        with database.begin() as tx:
            merge(tx, kept, other, by=_by(asker), now=now, reason=reason)
    except InvalidInput as error:
        with database.begin() as tx:
            return _merge_page(request, tx, kept, other, preview_merge(tx, kept, other, now=now), error=error)
    return _back(person_id, _("The two are one person now."), undo=f"{PERSONS}/{other}/split")


@router.post(f"{PERSONS}/{{person_id}}/split")
def split_persons(asker: Administrator, tx: Writing, clock: ClockOf, person_id: UUID) -> Response:
    """Undo the merge by which this person went into another."""
    split(tx, PersonId(person_id), by=_by(asker), now=clock())
    return _back(person_id, _("The two are separate persons again; each has what it had."))


def _person_page(request: Request, tx: Tx, person: PersonId, *, error: BandmateError | None = None) -> Response:
    return templates_of(request).render(
        request,
        "holdings/person.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers={"Cache-Control": "no-store"},
        entry=person_entry(tx, person),
        current=current_person(tx, person),
        state=erasure_state(tx, person),
        merges=merges_of(tx, person),
        days=request.app.state.settings.erasure_days,
        errors=_errors(error),
    )


def _merge_page(
    request: Request,
    tx: Tx,
    kept: PersonId,
    merged: PersonId,
    moving: Mapping[str, int],
    *,
    error: BandmateError | None = None,
) -> Response:
    titles = {holding.name: holding.title for holding in declared_holdings()}
    return templates_of(request).render(
        request,
        "holdings/merge.html",
        status=error.status if error else HTTPStatus.OK.value,
        headers={"Cache-Control": "no-store"},
        kept=person_entry(tx, kept),
        merged=person_entry(tx, merged),
        moving=[(titles.get(name, _("Account that is disabled")), count) for name, count in moving.items()],
        errors=_errors(error),
    )


def _with_error(request: Request, person: PersonId, error: BandmateError) -> Response:
    with database_of(request).read() as tx:
        return _person_page(request, tx, person, error=error)


def _errors(error: BandmateError | None) -> list[dict[str, object]]:
    return [{"name": error.extra.get("field", "merged"), "message": error.detail}] if error else []


def _parse_person(written: str) -> PersonId:
    try:
        return PersonId(UUID(written.strip()))
    except ValueError as error:
        raise InvalidInput(
            _("This is no person's number. Copy it from the page of that person."), field="merged"
        ) from error


def _by(asker: Asker) -> PersonId:
    assert asker.person_id is not None, "Administrator admits accounts only"  # noqa: S101 - what it ensures
    return asker.person_id


def _back(person_id: UUID, told: str, *, undo: str | None = None) -> Response:
    response = RedirectResponse(f"{PERSONS}/{person_id}", HTTPStatus.SEE_OTHER)
    leave_notice(response, told, undo=undo)
    return response
