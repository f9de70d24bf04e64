"""Rounds for programme leads: the list, one round with its preview, its limits, and publishing it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import BandmateError, InvalidInput
from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity.access import InPerson, Role, SignedIn
from bandmate.kernel.ids import PersonId, fast_derived_id, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import RoundId
from bandmate.marketplace.launches import lead_asking
from bandmate.marketplace.opportunities.domain import FORMATS, FORMATS_EXPLAINED
from bandmate.marketplace.rounds import acts
from bandmate.marketplace.rounds.domain import Limits, Round, RoundState
from bandmate.marketplace.rounds.publishing import outlook, publish_round, published_of
from bandmate.marketplace.rounds.queries import (
    A_PAGE,
    all_rounds,
    changes_since_preview,
    departments_wishing,
    held_round,
    round_pairs,
    round_waiting,
    waiting_counts,
    who_could,
)
from bandmate.marketplace.rounds.suggesting import next_of_waiting, take_next
from bandmate.marketplace.rounds.views import (
    pairs_as_csv,
    shown_pairs,
    shown_round,
    shown_skipped,
    shown_waiting,
)
from bandmate.marketplace.rounds.words import WAITING, why

TEMPLATES = Path(__file__).parent / "templates"
ROUNDS = "/rounds"
PRIVATE = {"Cache-Control": "private, no-store"}
_SHOWN_WAITING = 25
_SHOWN_NEXT = 20
_PERCENT = 100
_LONGEST_NUMBER = 6

router = APIRouter(prefix=ROUNDS)

Text = Annotated[str, Form()]
Words = Annotated[list[str], Form()]

declare_places(
    Place(
        later("Mentoring rounds"),
        ROUNDS,
        # Programme leads who are no administrators come by the page of mentoring; others should not hear of it.
        role=Role.ADMINISTRATOR,
        words=later("mentoring round programme lead match pairs preview publish waiting list"),
        about=later("For programme leads: pair everybody who wishes for a mentor at once."),
    )
)


@router.get("")
def rounds_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading) -> Response:
    """List the rounds."""
    lead_asking(tx, asker)
    return pages.render(
        request,
        "marketplace_rounds/rounds.html",
        headers=PRIVATE,
        rounds=[shown_round(each) for each in all_rounds(tx)],
    )


@router.get("/new")
def new_page(request: Request, asker: InPerson, pages: Pages, tx: Reading) -> Response:
    """Show the form of a new round."""
    lead_asking(tx, asker)
    return _new(request, pages, {"name": "", "format": "one_to_one", "key": str(new_id())})


@router.post("")
def create_round(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    name: Text = "",
    format: Text = "",  # noqa: A002 - the name of the field
    key: Text = "",
) -> Response:
    """Begin a round; a form that cannot be used comes back as it was typed."""
    lead = lead_asking(tx, asker)
    round_id = RoundId(fast_derived_id("marketplace.round", str(lead), key or str(new_id())))
    try:
        with tx.begin_nested():
            made = acts.create_round(tx, lead, round_id, name, format, now=clock())
    except InvalidInput as error:
        return _new(request, pages, {"name": name, "format": format, "key": key}, error)
    return _to(made.round_id, _("“{name}” is a draft: nobody else sees it.").format(name=made.name))


@router.get("/{round_id}")
def round_page(
    request: Request,
    asker: SignedIn,
    pages: Pages,
    tx: Reading,
    clock: ClockOf,
    round_id: UUID,
    q: Annotated[str, Query(max_length=200)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """Show one round: where it stands, its figures, pairs and waiting list, and the one next action."""
    lead_asking(tx, asker)
    return _show(request, pages, tx, held_round(tx, RoundId(round_id)), clock(), q=q, page=page)


@router.post("/{round_id}/open")
def open_round(asker: InPerson, tx: Writing, clock: ClockOf, round_id: UUID, version: Text = "") -> Response:
    """Open a draft."""
    lead_asking(tx, asker)
    acts.open_round(tx, RoundId(round_id), version=_version(version), now=clock())
    return _to(round_id, _("The round is open: wishes and offers are taken up until you publish."))


@router.post("/{round_id}/limits")
def set_limits(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    round_id: UUID,
    version: Text = "",
    across: Text = "0",
    departments: Words = [],  # noqa: B006 - FastAPI copies defaults
    least: Words = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Set the limits, and have a preview by them worked out unless the round is a draft."""
    lead_asking(tx, asker)
    try:
        with tx.begin_nested():
            limits = Limits(_share(across), _least(departments, least))
            held = acts.set_limits(tx, RoundId(round_id), limits, version=_version(version), now=clock())
    except InvalidInput as error:
        typed = _Typed(across, dict(zip(departments, least, strict=False)))
        return _show(request, pages, tx, held_round(tx, RoundId(round_id)), clock(), typed=typed, error=error)
    if held.state is RoundState.DRAFT:
        return _to(round_id, _("The limits were saved."))
    acts.ask_preview(tx, held.round_id, version=held.version, now=clock())
    return _to(round_id, _("The limits were saved. The preview by them is being worked out."))


@router.post("/{round_id}/preview")
def ask_preview(asker: InPerson, tx: Writing, clock: ClockOf, round_id: UUID, version: Text = "") -> Response:
    """Have a preview worked out in the background."""
    lead_asking(tx, asker)
    acts.ask_preview(tx, RoundId(round_id), version=_version(version), now=clock())
    return _to(round_id, _("The preview is being worked out. You can close this page meanwhile."))


@router.get("/{round_id}/publish")
def publish_page(
    request: Request, asker: InPerson, pages: Pages, tx: Reading, clock: ClockOf, round_id: UUID
) -> Response:
    """Say exactly what publishing will do, before it is done."""
    lead_asking(tx, asker)
    held = held_round(tx, RoundId(round_id))
    if held.state is not RoundState.PREVIEW:
        return RedirectResponse(f"{ROUNDS}/{round_id}", HTTPStatus.SEE_OTHER)
    expected = outlook(tx, held, now=clock())
    return pages.render(
        request,
        "marketplace_rounds/publish.html",
        headers=PRIVATE,
        round=shown_round(held),
        expected=expected,
        skipped=shown_skipped(tx, expected.skipped),
    )


@router.post("/{round_id}/publish")
def publish(asker: InPerson, tx: Writing, clock: ClockOf, round_id: UUID, version: Text = "") -> Response:
    """Publish the round, once."""
    lead = lead_asking(tx, asker)
    done = publish_round(tx, lead, RoundId(round_id), version=_version(version), now=clock())
    return _to(round_id, _("Published: {pairs} pairs have been told.").format(pairs=done.pairs))


@router.post("/{round_id}/close")
def close_round(asker: InPerson, tx: Writing, clock: ClockOf, round_id: UUID, version: Text = "") -> Response:
    """Close a published round: its waiting list ends with it."""
    lead_asking(tx, asker)
    acts.close_round(tx, RoundId(round_id), version=_version(version), now=clock())
    return _to(round_id, _("The round is closed. Wishes that are still open are taken up by the next one."))


@router.post("/{round_id}/next")
def pair_next(
    asker: InPerson, tx: Writing, clock: ClockOf, round_id: UUID, mentee: Text = "", mentor: Text = ""
) -> Response:
    """Make a pair of somebody who waits and the free place that is proposed for them."""
    lead_asking(tx, asker)
    held = held_round(tx, RoundId(round_id), lock=True)
    take_next(tx, held, _person(mentee), _person(mentor), now=clock())
    return _to(round_id, _("They are a pair now, and both have been told."))


@router.get("/{round_id}/pairs.csv")
def pairs_csv(asker: SignedIn, tx: Reading, round_id: UUID) -> Response:
    """Return all pairs of the round as a CSV file."""
    lead_asking(tx, asker)
    held = held_round(tx, RoundId(round_id))
    rows = round_pairs(tx, held.round_id, size=1_000_000).rows
    headers = {**PRIVATE, "Content-Disposition": f'attachment; filename="round-{held.round_id}.csv"'}
    return Response(pairs_as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


@dataclass(frozen=True, slots=True)
class _Typed:
    """The form of limits as it was typed."""

    across: str
    least: Mapping[str, str]


def _kept(held: Round) -> _Typed:
    """Return the form of limits as it is kept."""
    least = {name: str(count) for name, count in held.limits.least_by_department.items()}
    return _Typed(f"{held.limits.across_departments * _PERCENT:g}", least)


def _show(
    request: Request,
    pages: Pages,
    tx: Tx,
    held: Round,
    now: datetime,
    *,
    q: str = "",
    page: int = 1,
    typed: _Typed | None = None,
    error: BandmateError | None = None,
) -> Response:
    typed = typed or _kept(held)
    mentees, mentors = who_could(tx, held.format, now=now)
    shows_pairs = held.has_figures and held.state is not RoundState.OPEN
    pairs = round_pairs(tx, held.round_id, words=q, page=page)
    reasons = waiting_counts(tx, held.round_id)
    return pages.render(
        request,
        "marketplace_rounds/round.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers={**PRIVATE, "ETag": f'"{held.version}"'},
        round=shown_round(held),
        mentees=mentees,
        mentors=mentors,
        shows_pairs=shows_pairs,
        changes=changes_since_preview(tx, held),
        pairs=shown_pairs(pairs.rows),
        pairs_total=pairs.total,
        page_number=page,
        page_size=A_PAGE,
        pages_total=pairs.pages,
        q=q,
        waiting=shown_waiting(round_waiting(tx, held.round_id, limit=_SHOWN_WAITING)),
        waiting_total=sum(reasons.values()),
        reasons=[{"label": _(WAITING[reason]), "value": count} for reason, count in reasons.items()],
        skipped=shown_skipped(tx, published_of(held).skipped),
        nexts=[{"each": each, "why": why(each.parts)} for each in next_of_waiting(tx, held, now=now)][
            :_SHOWN_NEXT
        ],
        across=typed.across,
        departments=_departments(tx, held, typed.least),
        errors=[{"name": "across", "message": error.detail}] if error else [],
    )


def _new(request: Request, pages: Pages, values: dict[str, str], error: BandmateError | None = None) -> Response:
    field = str(error.extra.get("field", "name")) if error else ""
    return pages.render(
        request,
        "marketplace_rounds/new.html",
        status=HTTPStatus.OK if error is None else error.status,
        headers=PRIVATE,
        values=values,
        formats=[(each.value, f"{_(name)}: {_(FORMATS_EXPLAINED[each])}") for each, name in FORMATS.items()],
        errors=[{"name": field, "message": error.detail}] if error else [],
    )


def _departments(tx: Tx, held: Round, least: Mapping[str, str]) -> list[dict[str, object]]:
    wishing = departments_wishing(tx, held.format)
    known = {**dict.fromkeys(held.limits.least_by_department, 0), **wishing}
    return [
        {"name": name, "wishing": count, "least": least.get(name, "")} for name, count in sorted(known.items())
    ]


def _share(written: str) -> float:
    try:
        share = float(written.strip().removesuffix("%").replace(",", ".") or 0) / _PERCENT
    except ValueError:
        share = math.nan
    if not 0 <= share <= 1:
        raise InvalidInput(_("Write the share as a number from 0 to 100."), field="across_departments")
    return share


def _least(departments: Sequence[str], least: Sequence[str]) -> dict[str, int]:
    found = {}
    for department, written in zip(departments, least, strict=False):
        value = written.strip() or "0"
        if not (value.isascii() and value.isdigit() and len(value) < _LONGEST_NUMBER):
            raise InvalidInput(_("Write a whole number for each department."), field="least_by_department")
        if int(value):
            found[department.replace("\x00", "")] = int(value)
    return found


def _person(written: str) -> PersonId:
    try:
        return PersonId(UUID(written))
    except ValueError as error:
        raise InvalidInput(_("This choice is gone. Open the page again.")) from error


def _version(written: str) -> int:
    """Return the version a form was made for; 0, which none has, where it says nothing of use."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0  # noqa: PLR2004 - of a bigint


def _to(round_id: UUID, said: str) -> Response:
    answer = RedirectResponse(f"{ROUNDS}/{round_id}", HTTPStatus.SEE_OTHER)
    leave_notice(answer, said)
    return answer
