"""Boards and their runs, for those who run the installation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.archive import open_archive
from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidInput, NotFound
from bandmate.kernel.identity import Operator
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.tasks import tasks
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.formats import counted
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages, Templates
from bandmate.postings.boards import BoardState, board_states, follow, parse_board, parse_every, unfollow
from bandmate.postings.directory import board_named
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.pages.slices import slice_address
from bandmate.postings.pages.words import VERDICTS
from bandmate.postings.payloads import run_payload
from bandmate.postings.providers import PROVIDERS
from bandmate.postings.queries import board_runs
from bandmate.postings.tasks import CRAWL_BOARDS

BOARDS_A_PAGE, RUNS_A_PAGE = 100, 50
NEW_BOARDS_EVERY = "6h"
EVERY_CHOICES = (
    ("1h", later("Every hour")),
    ("6h", later("Every 6 hours")),
    ("1d", later("Once a day")),
    ("7d", later("Once a week")),
)
_MINUTES_A_HOUR, _MINUTES_A_DAY = 60, 1440

Text = Annotated[str, Form()]
Shown = Literal["all", "followed", "attention"]

router = APIRouter()


@router.get("/boards")
def boards_page(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    name: str = "",
    show: Shown = "all",
    start: Annotated[int, Query(alias="from", ge=0, le=1_000_000)] = 0,
) -> Response:
    """List boards with what their last run came to, by company."""
    return _boards(request, pages, tx, _Choice(name.strip(), show, start))


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which boards are listed."""

    name: str = ""
    show: Shown = "all"
    start: int = 0

    def takes(self, state: BoardState) -> bool:
        """Whether a board is among them."""
        if self.show == "followed" and not state.followed:
            return False
        if self.show == "attention" and state.unconfirmed_since is None:
            return False
        return self.name.lower() in f"{state.company} {state.name}".lower()


def _boards(
    request: Request,
    pages: Templates,
    tx: Tx,
    choice: _Choice | None = None,
    *,
    errors: tuple[dict[str, str], ...] = (),
    board: str = "",
    every: str = NEW_BOARDS_EVERY,
    company: str = "",
) -> Response:
    states = board_states(tx)
    choice = choice or _Choice()
    chosen = [state for state in states if choice.takes(state)]
    end = choice.start + BOARDS_A_PAGE
    return pages.render(
        request,
        "postings/boards.html",
        status=InvalidInput.status if errors else 200,
        states=chosen[choice.start : end],
        choice=choice,
        known=len(states),
        total=len(chosen),
        next_start=end if end < len(chosen) else None,
        schedules={state.board_id: _schedule(state) for state in chosen},
        followed=sum(state.followed for state in states),
        unconfirmed=sum(state.unconfirmed_since is not None for state in states),
        verdicts=VERDICTS,
        providers=sorted(PROVIDERS),
        choices=_choices(every),
        errors=errors,
        form={"board": board, "every": every, "company": company},
    )


@router.post("/boards")
def follow_board(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Writing,
    clock: ClockOf,
    board: Text = "",
    every: Text = NEW_BOARDS_EVERY,
    company: Text = "",
) -> Response:
    """Follow a board from now on; a form that cannot be used is shown again with what is wrong."""
    field = "board"
    try:
        name = parse_board(board.strip())
        field = "every"
        interval = parse_every(every)
    except InvalidInput as error:
        wrong = ({"name": field, "message": error.detail},)
        return _boards(request, pages, tx, errors=wrong, board=board, every=every, company=company)
    follow(tx, name, every=interval, company=company.strip() or None, now=clock())
    answer = _back_to(name.board_id)
    leave_notice(
        answer,
        _("{board} is followed; it is read within a minute.").format(board=name),
        undo=f"/boards/{name.board_id}/unfollow",
    )
    return answer


@router.get("/boards/{board_id}")
def board_page(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    board_id: UUID,
    before: str = "",
) -> Response:
    """Show one board with its runs and what each proved."""
    state = _state(tx, board_named(tx, board_id))
    runs = board_runs(tx, board_id, limit=RUNS_A_PAGE + 1, before=_moment(before) if before else None)
    return pages.render(
        request,
        "postings/board.html",
        state=state,
        schedule=_schedule(state),
        runs=runs[:RUNS_A_PAGE],
        older=runs[RUNS_A_PAGE - 1].observed_at.isoformat() if len(runs) > RUNS_A_PAGE else None,
        is_first=not before,
        verdicts=VERDICTS,
        every=_every(state.every_minutes),
        choices=_choices(_every(state.every_minutes)),
        jobs_href=slice_address(board_id=(board_id,)),
    )


def _state(tx: Tx, board: BoardName) -> BoardState:
    return board_states(tx, boards=[board])[0]


@router.post("/boards/{board_id}/crawl")
def crawl_board(asker: Operator, tx: Writing, board_id: UUID) -> Response:  # noqa: ARG001 - the statement who may call
    """Have a worker read the board now."""
    board = board_named(tx, board_id)
    tasks.defer(tx, CRAWL_BOARDS, boards=[str(board)])
    answer = _back_to(board_id)
    leave_notice(
        answer,
        _("{board} is being read; its run appears here when it is done. Reload in a moment.").format(board=board),
    )
    return answer


@router.post("/boards/{board_id}/follow")
def follow_known_board(
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Writing,
    clock: ClockOf,
    board_id: UUID,
    every: Text = "",
) -> Response:
    """Follow a known board, or change how often; without ``every`` as often as before."""
    board = board_named(tx, board_id)
    interval = parse_every(every or _every(_state(tx, board).every_minutes))
    follow(tx, board, every=interval, company=None, now=clock())
    answer = _back_to(board_id)
    leave_notice(answer, _("{board} is followed.").format(board=board), undo=f"/boards/{board_id}/unfollow")
    return answer


@router.post("/boards/{board_id}/unfollow")
def unfollow_board(asker: Operator, tx: Writing, board_id: UUID) -> Response:  # noqa: ARG001 - the statement who may call
    """Stop following a board; its records and history stay."""
    board = board_named(tx, board_id)
    unfollow(tx, board)
    answer = _back_to(board_id)
    leave_notice(
        answer,
        _("{board} is no longer followed; its records and their history stay.").format(board=board),
        undo=f"/boards/{board_id}/follow",
    )
    return answer


@router.get("/boards/{board_id}/runs/{observed_at}/payload")
def payload(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    board_id: UUID,
    observed_at: str,
) -> Response:
    """Send what the board answered, byte for byte, as a file that no browser opens."""
    archive = open_archive(request.app.state.settings.archive_place)
    name, body = run_payload(tx, archive, board_id, _moment(observed_at))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(body, headers=headers, media_type="application/octet-stream")


def _moment(written: str) -> datetime:
    try:
        return parse_rfc3339(written)
    except (ValueError, OverflowError) as error:
        raise NotFound(
            _("“{written}” is no time of a run; it looks like 2026-06-10T07:56:48.461Z.").format(
                written=written[:40]
            )
        ) from error


def _back_to(board_id: UUID) -> RedirectResponse:
    return RedirectResponse(f"/boards/{board_id}", HTTPStatus.SEE_OTHER)


def _choices(every: str) -> list[tuple[str, str]]:
    """Return the intervals offered, the present one among them."""
    known = {value: _(label) for value, label in EVERY_CHOICES}
    present = _("Every {interval}").format(interval=every)
    return [*known.items()] if every in known else [(every, present), *known.items()]


def _every(minutes: int | None) -> str:
    """Write an interval as ``parse_every`` reads it; that of new boards where there is none."""
    if minutes is None:
        return NEW_BOARDS_EVERY
    for unit, length in (("d", _MINUTES_A_DAY), ("h", _MINUTES_A_HOUR)):
        if minutes % length == 0:
            return f"{minutes // length}{unit}"
    return f"{minutes}m"


def _schedule(state: BoardState) -> str:
    """Say how often a board is read; ``not followed`` when it is not."""
    return pace(state.every_minutes) if state.followed and state.every_minutes else _("not followed")


def pace(minutes: int) -> str:
    """Say an interval in its largest whole unit: ``every day``, ``every 6 hours``, ``every 90 minutes``."""
    if minutes % _MINUTES_A_DAY == 0:
        return counted("every day", "every {count} days", minutes // _MINUTES_A_DAY)
    if minutes % _MINUTES_A_HOUR == 0:
        return counted("every hour", "every {count} hours", minutes // _MINUTES_A_HOUR)
    return counted("every {count} minute", "every {count} minutes", minutes)
