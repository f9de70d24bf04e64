"""The operators' page: whether everything is well, and the pages behind it about jobs and subscriptions."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from sqlalchemy import text
from starlette.responses import RedirectResponse, Response

from bandmate.kernel import audit
from bandmate.kernel.audit import declare_action
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.events.subscriptions import LAG_BOUND, lag
from bandmate.kernel.finding import declared_places
from bandmate.kernel.identity.access import Asker, Operator, Role
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import ngettext
from bandmate.kernel.operations import cards as _cards  # noqa: F401 - it declares cards
from bandmate.kernel.operations import lines as _lines  # noqa: F401 - it declares lines
from bandmate.kernel.operations import machine_lines as _machine_lines  # noqa: F401 - as above
from bandmate.kernel.operations import task_queue
from bandmate.kernel.operations.problem_log import problems
from bandmate.kernel.operations.state import Installation, Level, state_of, worst
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing, clock_of
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages

TEMPLATES = Path(__file__).parent / "templates"
OPERATE, TASKS, SUBSCRIPTIONS = "/operator", "/operator/tasks", "/operator/subscriptions"
PRIVATE = {"Cache-Control": "private, no-store"}
TRIED = "operations.subscription.tried"

declare_action(TRIED, lambda: _("{by} had {subject} tried at once"))

Text = Annotated[str, Form()]

router = APIRouter(include_in_schema=False)
api = APIRouter(prefix="/operations/v1", tags=["Operations"])

_TRY_NOW = text("update kernel.subscription set retry_at = null where name = :name returning name")


class LineState(BaseModel):
    """How one thing is."""

    name: str
    level: Level
    title: str
    sentence: str
    figures: dict[str, float | str | None] = Field(description="The numbers behind the sentence.")


class StateAnswer(BaseModel):
    """How the installation is."""

    level: Level = Field(description="The worst of all lines: `good`, `warn` or `bad`.")
    data: list[LineState]


@router.get(OPERATE)
def operate_page(request: Request, asker: Operator, tx: Reading, pages: Pages) -> Response:
    """Say in plain words whether everything is well, line by line, with links to the rows."""
    lines = state_of(tx, _installation(request))
    operators = (Role.OPERATOR, Role.ADMINISTRATOR)
    places = [place for place in declared_places() if place.role in operators and place.href != OPERATE]
    return pages.render(
        request,
        "operations/operate.html",
        headers=PRIVATE,
        lines=lines,
        level=worst(lines),
        attention=[line for line in lines if line.level is not Level.GOOD],
        problems=problems(tx),
        places=[place for place in places if place.is_for(asker)],
    )


@api.get("/state")
def state(request: Request, asker: Operator, tx: Reading) -> StateAnswer:  # noqa: ARG001 - the statement who may call
    """Return how the installation is, for monitoring. Names and levels are durable, sentences are for people."""
    lines = state_of(tx, _installation(request))
    return StateAnswer(
        level=worst(lines),
        data=[
            LineState(
                name=line.name,
                level=line.level,
                title=line.title,
                sentence=line.sentence,
                figures=dict(line.figures),
            )
            for line in lines
        ],
    )


@router.get(TASKS)
def tasks_page(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    pages: Pages,
) -> Response:
    """Show background jobs by task, and each that gave up."""
    return pages.render(
        request,
        "operations/tasks.html",
        headers=PRIVATE,
        totals=task_queue.queue_totals(tx),
        states=task_queue.tasks_by_name(tx),
        failed=task_queue.failed_jobs(tx),
    )


@router.post(f"{TASKS}/again")
def run_all_again(request: Request, asker: Operator, tx: Writing, clock: ClockOf, task: Text = "") -> Response:
    """Run every failed job of a task again."""
    count = task_queue.run_again(tx, task=task, by=_name(asker), now=clock(), address=_address(request))
    return _back(TASKS, _ran(count))


@router.post(f"{TASKS}/discard")
def discard_all(request: Request, asker: Operator, tx: Writing, clock: ClockOf, task: Text = "") -> Response:
    """Delete every failed job of a task."""
    count = task_queue.discard(tx, task=task, by=_name(asker), now=clock(), address=_address(request))
    return _back(TASKS, _discarded(count))


@router.post(f"{TASKS}/{{job_id}}/again")
def run_again(request: Request, asker: Operator, tx: Writing, clock: ClockOf, job_id: int) -> Response:
    """Run one failed job again."""
    count = task_queue.run_again(tx, job_id=job_id, by=_name(asker), now=clock(), address=_address(request))
    return _back(TASKS, _ran(count))


@router.post(f"{TASKS}/{{job_id}}/discard")
def discard(request: Request, asker: Operator, tx: Writing, clock: ClockOf, job_id: int) -> Response:
    """Delete one failed job."""
    count = task_queue.discard(tx, job_id=job_id, by=_name(asker), now=clock(), address=_address(request))
    return _back(TASKS, _discarded(count))


@router.get(SUBSCRIPTIONS)
def subscriptions_page(
    request: Request,
    asker: Operator,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    pages: Pages,
) -> Response:
    """Show who hears of events, how far behind they are, and what they last stumbled over."""
    lags = lag(tx, _installation(request).subscriptions)
    return pages.render(request, "operations/subscriptions.html", headers=PRIVATE, lags=lags, bound=LAG_BOUND)


@router.post(f"{SUBSCRIPTIONS}/{{name}}/try")
def try_subscription(request: Request, asker: Operator, tx: Writing, clock: ClockOf, name: str) -> Response:
    """Have a subscription that waits after a failure tried at once; idempotent."""
    _try_now(tx, request, name)
    subject = f"subscription:{name}"
    audit.note(tx, by=_name(asker), action=TRIED, subject=subject, at=clock(), address=_address(request))
    return _back(SUBSCRIPTIONS, _("{name} is tried again within a second.").format(name=name))


def _try_now(tx: Tx, request: Request, name: str) -> None:
    known = {each.name for each in request.app.state.subscriptions}
    if name not in known or tx.execute(_TRY_NOW, {"name": name}).one_or_none() is None:
        raise NotFound(_("There is no subscription of that name, or it has never run."))


def _installation(request: Request) -> Installation:
    state = request.app.state
    return Installation(state.settings, state.subscriptions, clock_of(request)())


def _ran(count: int) -> str:
    told = ngettext("{count} job runs again as soon as a worker is free.", "{count} jobs run again.", count)
    return told.format(count=count)


def _discarded(count: int) -> str:
    return ngettext("{count} job was discarded.", "{count} jobs were discarded.", count).format(count=count)


def _name(asker: Asker) -> PersonId | str:
    return asker.person_id or asker.name


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _back(where: str, told: str) -> Response:
    response = RedirectResponse(where, HTTPStatus.SEE_OTHER.value)
    leave_notice(response, told)
    return response
