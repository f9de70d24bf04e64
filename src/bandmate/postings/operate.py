"""The lines of postings on the operators' page: boards and their runs, the search index, and building it anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request
from sqlalchemy import text
from starlette.responses import RedirectResponse, Response

from bandmate.engines.search import IndexUnusable, SearchIndex
from bandmate.kernel import audit
from bandmate.kernel.audit import declare_action
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Operator
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.operations.state import Installation, Level, Line, declare_lines
from bandmate.kernel.web.dependencies import ClockOf, Writing
from bandmate.kernel.web.formats import counted
from bandmate.kernel.web.notices import leave_notice
from bandmate.postings.index_schema import SCHEMA
from bandmate.postings.indexing import STEP_EVENTS, ask_for_rebuild, index_folder, index_lag

REBUILD = "/operator/index/rebuild"
REBUILD_ASKED = "postings.index.rebuild_asked"
OVERDUE = timedelta(minutes=30)
"""Boards are looked at every minute, so one that is due for longer was not taken by any worker."""
RECENT = timedelta(days=1)

_BOARDS = text("""
    select count(*) filter (where followed) as followed,
           count(*) filter (where followed and next_run_at <= :now) as due,
           count(*) filter (where followed and next_run_at <= :overdue) as overdue,
           count(*) filter (where followed and unconfirmed_since is not null) as silent,
           max(last_run_at) as last_run_at
      from postings.board
""")
_RUNS = text("""
    select count(*) as runs, count(*) filter (where outcome = 'failed') as failed
      from postings.run where observed_at > :since
""")
_JOBS = text("select count(*) from postings.job")

router = APIRouter(include_in_schema=False)

declare_action(REBUILD_ASKED, lambda: _("{by} had the search index built anew"))


def _boards(tx: Tx, here: Installation) -> Iterator[Line]:
    row = tx.execute(_BOARDS, {"now": here.now, "overdue": here.now - OVERDUE}).one()
    figures = {name: getattr(row, name) for name in ("followed", "due", "overdue", "silent")}
    level, href = Level.GOOD, "/boards"
    if row.overdue:
        level = Level.BAD
        told = counted(
            "{count} board is due and nobody reads it. See that a worker runs.",
            "{count} boards are due and nobody reads them. See that a worker runs.",
            row.overdue,
        )
    elif row.silent:
        level, href = Level.WARN, "/boards?show=attention"
        told = counted("{count} board stopped answering.", "{count} boards stopped answering.", row.silent)
    elif row.followed:
        told = counted(
            "{count} board is followed and answers.", "All {count} that are followed answer.", row.followed
        )
    else:
        told = _("None is followed.")
    yield Line("boards", _("Boards"), level, told, href, _("Boards"), figures=figures)
    yield _runs(tx, here)


def _runs(tx: Tx, here: Installation) -> Line:
    row = tx.execute(_RUNS, {"since": here.now - RECENT}).one()
    if not row.runs:
        told = _("No board was read within a day.")
    elif row.failed:
        told = counted(
            "{count} board was read within a day;", "Boards were read {count} times within a day;", row.runs
        )
        told = _("{read} {failed} of these runs failed.").format(read=told, failed=row.failed)
    else:
        told = counted(
            "One board was read within a day.", "Boards were read {count} times within a day.", row.runs
        )
    # Some runs always fail somewhere; when half of them do, it is us or our network.
    level = Level.WARN if 2 * row.failed > row.runs else Level.GOOD
    figures = {"runs": row.runs, "failed": row.failed}
    return Line("runs", _("Runs"), level, told, "/boards", _("Boards"), figures=figures)


def _index(tx: Tx, here: Installation) -> Iterator[Line]:
    behind = index_lag(tx, here.settings)
    jobs, documents = tx.execute(_JOBS).scalar_one(), _documents(here.settings)
    figures = {"events_behind": behind, "documents": documents, "jobs": jobs}
    if behind is None:
        level = Level.BAD
        told = _("There is none, so words cannot be searched. A worker builds it by itself.")
    elif behind >= STEP_EVENTS:
        level = Level.WARN
        told = counted("At least {count} event behind.", "At least {count} events behind.", behind)
    elif not behind and documents != jobs:
        level = Level.WARN
        told = _("It holds {documents} postings, the database {jobs}. Build it anew.").format(
            documents=documents, jobs=jobs
        )
    else:
        level = Level.GOOD
        told = counted("It holds the {count} posting there is.", "It holds all {count} postings.", documents)
        if behind:
            told = counted("{count} event behind, for a moment.", "{count} events behind, for a moment.", behind)
    yield Line("index", _("Search index"), level, told, figures=figures, button=(_("Build it anew"), REBUILD))


def _documents(settings: Settings) -> int:
    try:
        return SearchIndex.open(index_folder(settings), SCHEMA).count()
    except IndexUnusable:
        return 0


@router.post(REBUILD)
def rebuild(request: Request, asker: Operator, tx: Writing, clock: ClockOf) -> Response:
    """Have the process that keeps this machine's index build it anew; idempotent while it has not begun."""
    ask_for_rebuild(request.app.state.settings)
    address = request.client.host if request.client else ""
    by = asker.person_id or asker.name
    audit.note(tx, by=by, action=REBUILD_ASKED, subject="index:postings", at=clock(), address=address)
    response = RedirectResponse("/operator", HTTPStatus.SEE_OTHER.value)
    leave_notice(response, _("The search index is built anew; until then the old one answers."))
    return response


declare_lines("boards", _boards, title=later("Boards"))
declare_lines("index", _index, title=later("Search index"))
