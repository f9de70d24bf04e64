"""Launches for administrators: where each kind stands, is it ready, who leads, which companies are ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, Conflict, InvalidInput
from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity import Administrator, Asker, Role
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, Templates
from bandmate.marketplace.ids import GroupId
from bandmate.marketplace.kinds import KINDS_MANY, Kind
from bandmate.marketplace.launches import governing
from bandmate.marketplace.launches.domain import STATES, LaunchState, advice
from bandmate.marketplace.launches.queries import history, launch_of, launches, leads, own_companies, readiness
from bandmate.marketplace.people import all_groups
from bandmate.postings import companies

TEMPLATES = Path(__file__).parent / "templates"
LAUNCHES = "/launches"
PRIVATE = {"Cache-Control": "private, no-store"}


Text = Annotated[str, Form()]
Words = Annotated[list[str], Form()]

router = APIRouter(prefix=LAUNCHES, include_in_schema=False)

declare_places(
    Place(
        later("Launches"),
        LAUNCHES,
        role=Role.ADMINISTRATOR,
        words=later("marketplace pilot open jobs projects mentoring readiness programme leads companies"),
        about=later("Open jobs, projects and mentoring to your people when they are ready."),
    )
)


@router.get("")
def launches_page(
    request: Request,
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    clock: ClockOf,
) -> Response:
    """Show where every kind stands, with its figures and what they recommend."""
    return _overview(request, pages, tx, clock())


def _overview(
    request: Request, pages: Templates, tx: Tx, now: datetime, *, lead: str = "", error: InvalidInput | None = None
) -> Response:
    """Show the page; where nobody could be appointed, with what was typed and why."""
    figures, standing = readiness(tx, now=now), launches(tx)
    groups = {group.group_id: group for group in all_groups(tx)}
    return pages.render(
        request,
        "marketplace_launches/launches.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers=PRIVATE,
        typed=lead,
        errors=[] if error is None else [{"name": "lead", "message": error.detail}],
        kinds=[
            {
                "kind": kind,
                "title": _(KINDS_MANY[kind]),
                "launch": launch,
                "state": _(STATES[launch.state]),
                "groups": [groups[each] for each in launch.group_ids if each in groups],
                "figures": figures[kind],
                "advice": advice(kind, launch.state, figures[kind]),
            }
            for kind, launch in standing.items()
        ],
        leads=leads(tx),
        companies=_companies(tx),
    )


@router.get("/{kind}")
def launch_page(
    request: Request,
    asker: Administrator,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    kind: Kind,
) -> Response:
    """Show one kind: the form that changes to whom it is open, and what was changed when."""
    return _kind(request, pages, tx, kind)


@router.post("/{kind}")
def change_launch(
    request: Request,
    asker: Administrator,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    kind: Kind,
    state: Text = "",
    groups: Words = [],  # noqa: B006 - FastAPI copies defaults
    internal_first_days: Text = "0",
    reason: Text = "",
    version: Text = "0",
) -> Response:
    """Change to whom a kind is open; a form that cannot be used comes back as it was filled in."""
    form = {
        "state": state,
        "groups": groups,
        "internal_first_days": internal_first_days,
        "reason": reason,
        "version": version,
    }
    try:
        setting = governing.Setting(
            _state(state),
            tuple(_group(each) for each in groups),
            _whole(internal_first_days, "internal_first_days"),
        )
        with tx.begin_nested():
            governing.change_launch(
                tx, _own(asker), kind, setting, reason=reason, version=_whole(version, "version"), now=clock()
            )
    except (InvalidInput, Conflict) as error:
        if isinstance(error, Conflict):
            form["version"] = str(launch_of(tx, kind).version)
        return _kind(request, pages, tx, kind, form=form, error=error)
    made = history(tx, kind)
    said = _("{kind}: {state}.").format(kind=_(KINDS_MANY[kind]), state=_(STATES[setting.state]))
    undo = f"{LAUNCHES}/{kind}/undo/{made[0].change_id}" if made else None
    return _back(said, undo=undo)


@router.post("/{kind}/undo/{change_id}")
def undo_change(asker: Administrator, tx: Writing, clock: ClockOf, kind: Kind, change_id: int) -> Response:
    """Put back what held before the last change."""
    launch = governing.undo_change(tx, _own(asker), kind, change_id, now=clock())
    said = _("Undone. {kind}: {state}.").format(kind=_(KINDS_MANY[kind]), state=_(STATES[launch.state]))
    return _back(said)


@router.post("/programme/leads")
def appoint_lead(
    request: Request, asker: Administrator, pages: Pages, tx: Writing, clock: ClockOf, lead: Text = ""
) -> Response:
    """Make an employee a programme lead; whom the directory does not know comes back as it was typed."""
    now = clock()
    try:
        with tx.begin_nested():
            person_id = governing.appoint_lead(tx, _own(asker), lead, now=now)
    except InvalidInput as error:
        return _overview(request, pages, tx, now, lead=lead, error=error)
    undo = f"{LAUNCHES}/programme/leads/{person_id}/release"
    return _back(_("The programme lead was appointed."), undo=undo)


@router.post("/programme/leads/{person_id}/release")
def release_lead(asker: Administrator, tx: Writing, clock: ClockOf, person_id: UUID) -> Response:
    """Release a programme lead."""
    governing.release_lead(tx, _own(asker), PersonId(person_id), now=clock())
    undo = f"{LAUNCHES}/programme/leads/{person_id}/appoint"
    return _back(_("The programme lead was released."), undo=undo)


@router.post("/programme/leads/{person_id}/appoint")
def appoint_again(asker: Administrator, tx: Writing, clock: ClockOf, person_id: UUID) -> Response:
    """Appoint again whom one has just released."""
    governing.appoint_again(tx, _own(asker), PersonId(person_id), now=clock())
    return _back(_("The programme lead was appointed."))


@router.post("/programme/companies")
def choose_companies(
    asker: Administrator,
    tx: Writing,
    clock: ClockOf,
    companies: Words = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Say whose postings are the company's own."""
    governing.choose_companies(tx, _own(asker), [_uuid(each, "companies") for each in companies], now=clock())
    return _back(_("The companies were saved. Their postings become jobs within a minute."))


def _kind(
    request: Request,
    pages: Pages,
    tx: Tx,
    kind: Kind,
    *,
    form: Mapping[str, object] | None = None,
    error: BandmateError | None = None,
) -> Response:
    launch = launch_of(tx, kind)
    groups = all_groups(tx)
    names = {group.group_id: group.display_name for group in groups}
    values = form or {
        "state": launch.state.value,
        "groups": [str(each) for each in launch.group_ids],
        "internal_first_days": str(launch.internal_first_days),
        "reason": "",
        "version": str(launch.version),
    }
    return pages.render(
        request,
        "marketplace_launches/launch.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers=PRIVATE,
        kind=kind,
        title=_(KINDS_MANY[kind]),
        launch=launch,
        state=_(STATES[launch.state]),
        groups=groups,
        values=values,
        states=[
            (LaunchState.OFF.value, _("Off: nobody sees anything of it")),
            (LaunchState.PILOT.value, _("Pilot: only the groups chosen below see it")),
            (LaunchState.ON.value, _("On: every employee sees it")),
        ],
        history=[
            {
                "change": change,
                "state": _(STATES[change.state]),
                "groups": [names.get(each, _("a group that is gone")) for each in change.group_ids],
                "at": change.at,
                "title": _(STATES[change.state]),
            }
            for change in history(tx, kind)
        ],
        errors=_errors(error),
    )


def _companies(tx: Tx) -> Sequence[Mapping[str, object]]:
    own = own_companies(tx)
    return [{"company": each, "own": each.org_id in own} for each in companies(tx)]


def _errors(error: BandmateError | None) -> tuple[dict[str, str], ...]:
    if error is None:
        return ()
    return ({"name": str(error.extra.get("field", "state")), "message": error.detail},)


def _back(said: str, *, undo: str | None = None) -> Response:
    answer = RedirectResponse(LAUNCHES, HTTPStatus.SEE_OTHER)
    leave_notice(answer, said, undo=undo)
    return answer


def _state(written: str) -> LaunchState:
    try:
        return LaunchState(written)
    except ValueError as error:
        raise InvalidInput(_("Choose off, pilot or on."), field="state") from error


def _group(written: str) -> GroupId:
    return GroupId(_uuid(written, "groups"))


def _uuid(written: str, field: str) -> UUID:
    try:
        return UUID(written)
    except ValueError as error:
        raise InvalidInput(_("This choice is gone. Open the page again."), field=field) from error


def _whole(written: str, field: str) -> int:
    value = written.strip() or "0"
    if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004 - far beyond any use
        raise InvalidInput(_("Write a whole number."), field=field)
    return int(value)


def _own(asker: Asker) -> PersonId:
    if asker.person_id is None:
        raise InvalidInput(_("Only a person can do this."))
    return asker.person_id
