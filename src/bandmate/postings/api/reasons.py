"""The route that tells why a posting is what it is."""

from __future__ import annotations

from fastapi import Response

from bandmate.kernel.decisions import case_as_json, decisions_on
from bandmate.kernel.decisions.api import DecisionsAnswer
from bandmate.kernel.errors import InvalidCursor, InvalidInput, NotFound
from bandmate.kernel.identity.access import Anyone
from bandmate.kernel.web.answers import UNCHANGED, answer
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import IfNoneMatch
from bandmate.postings import queries
from bandmate.postings.api.parameters import CursorQuery, LimitQuery
from bandmate.postings.api.routes import JobIdPath, router
from bandmate.postings.reasons import about


@router.get(
    "/jobs/{job_id}/decisions",
    operation_id="list_job_decisions",
    response_model=DecisionsAnswer,
    responses={**UNCHANGED, **problem_responses(NotFound, InvalidInput, InvalidCursor)},
)
def job_decisions(
    asker: Anyone,
    tx: Reading,
    clock: ClockOf,
    job_id: JobIdPath,
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List why a posting counts as closed or open, and which of two statements is used, the newest first."""
    page = decisions_on(tx, about(job_id), asker=asker, limit=limit, cursor=cursor)
    if page.total == 0:
        queries.job_record(tx, job_id, clock())
    meta = {"limit": limit, "next_cursor": page.next_cursor, "total": page.total}
    return answer([case_as_json(case) for case in page.items], meta, if_none_match)
