"""The routes of the API. Each reads its question, calls what pages and commands call, and writes the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from sqlalchemy import text
from starlette.responses import Response

from bandmate.engines.search import Index, IndexUnusable
from bandmate.kernel.clock import parse_rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import InvalidCursor, InvalidInput, NotFound, TooLarge
from bandmate.kernel.identity.access import Anyone
from bandmate.kernel.web.answers import UNCHANGED, answer, answer_to_post
from bandmate.kernel.web.dependencies import ClockOf, DatabaseOf, Reading
from bandmate.kernel.web.pagination import decode_cursor, encode_cursor
from bandmate.kernel.web.problems import problem_responses
from bandmate.kernel.web.validators import IfNoneMatch
from bandmate.postings import queries
from bandmate.postings.api import schemas
from bandmate.postings.api.labels import with_labels
from bandmate.postings.api.parameters import (
    FILTER_PARAMETERS,
    INCLUDES,
    SEARCH_PARAMETERS,
    WITHOUT_NUL,
    ContradictoryFilters,
    CursorQuery,
    FacetsQuery,
    FieldsQuery,
    IncludeQuery,
    JobSearch,
    LimitQuery,
    ShortBodies,
    read_filters,
    read_list,
)
from bandmate.postings.asking import IndexOf
from bandmate.postings.boards import BoardState, board_states
from bandmate.postings.domain.identity import BoardName
from bandmate.postings.job_query import FACETS, JobQuery
from bandmate.postings.records import Record
from bandmate.postings.search import FACET_SIZE, search
from bandmate.postings.search import facets as count_facets
from bandmate.postings.web_query import LONGEST_TEXT

router = APIRouter(prefix="/job-postings/v1", tags=["Job postings"], route_class=ShortBodies)

JobIdPath = Annotated[str, Path(pattern=r"^[0-9a-f]{40}$", description="40 characters, 0-9 and a-f.")]

_MISSING = problem_responses(NotFound, InvalidInput)
_UNANSWERABLE = problem_responses(InvalidInput, InvalidCursor, ContradictoryFilters, IndexUnusable)


@router.get(
    "/jobs/search",
    operation_id="search_jobs",
    response_model=schemas.SearchAnswer,
    responses={**UNCHANGED, **_UNANSWERABLE},
    openapi_extra=SEARCH_PARAMETERS,
)
def search_jobs(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    database: DatabaseOf,
    index: IndexOf,
    clock: ClockOf,
    request: Request,
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
    facets: FacetsQuery = [],  # noqa: B006 - FastAPI copies defaults; None would show as a possible value
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Search postings by words and filters.

    Filters alone are paged as deep as you like; words reach 10,000 postings deep. Totals are exact.
    """
    query = read_filters(request.query_params, besides=("limit", "cursor", "facets"))
    names = read_list(facets, FACETS, "facets")
    # Words are answered by the index and one statement; only filters need several that see the same.
    with database.look() if query.has_words else database.read() as tx:
        found, meta = _found(tx, index, query, names, now=clock(), limit=limit, cursor=cursor)
    return answer(found, meta, if_none_match)


@router.post(
    "/jobs/search",
    operation_id="search_jobs_by_body",
    response_model=schemas.SearchAnswer,
    responses=problem_responses(InvalidInput, InvalidCursor, ContradictoryFilters, IndexUnusable, TooLarge),
)
def search_jobs_by_body(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    index: IndexOf,
    clock: ClockOf,
    wanted: JobSearch,
) -> Response:
    """Search postings as by GET, with the question as JSON: for many values, and kept out of logs."""
    query, names = wanted.read(), tuple(dict.fromkeys(wanted.facets))
    found, meta = _found(tx, index, query, names, now=clock(), limit=wanted.limit, cursor=wanted.cursor)
    return answer_to_post(found, meta)


def _found(
    tx: Tx,
    index: Index,
    query: JobQuery,
    names: Sequence[str],
    *,
    now: datetime,
    limit: int,
    cursor: str | None,
) -> tuple[Sequence[Record], dict[str, object]]:
    """Return a page of a search and what is said about it; facets only where they were asked for."""
    found = search(tx, index, query, now=now, limit=limit, cursor=cursor, count=names)
    meta: dict[str, object] = {
        "limit": limit,
        "next_cursor": found.next_cursor,
        "total": found.total,
        "corrected": found.corrected,
    }
    if names:
        meta["facets"] = with_labels(tx, {name: found.facets[name] for name in names})
    return found.records, meta


def _counted(tx: Tx, index: Index, query: JobQuery, names: Sequence[str], *, now: datetime, **how: Any) -> object:
    counted = count_facets(tx, index, query, names, now=now, **how)
    return with_labels(tx, {name: counted[name] for name in names})


@router.get(
    "/jobs/facets",
    operation_id="count_jobs",
    response_model=schemas.FacetAnswer,
    responses={**UNCHANGED, **_UNANSWERABLE},
    openapi_extra=FILTER_PARAMETERS,
)
def job_facets(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    index: IndexOf,
    clock: ClockOf,
    request: Request,
    fields: FieldsQuery = [],  # noqa: B006 - FastAPI copies defaults; None would show as a possible value
    size: Annotated[int, Query(ge=1, le=100, description="Values of a field, at most.")] = FACET_SIZE,
    disjunctive: Annotated[
        bool, Query(description="Count each field as if its own filter were not set, for multiple choice.")
    ] = False,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Count the values of fields among the postings that fit the same filters as in a search."""
    query = read_filters(request.query_params, besides=("fields", "size", "disjunctive"))
    names = read_list(fields, FACETS, "fields") or FACETS
    counted = _counted(tx, index, query, names, now=clock(), size=size, disjunctive=disjunctive)
    return answer(counted, {"size": size}, if_none_match)


@router.get(
    "/jobs/{job_id}",
    operation_id="get_job",
    response_model=schemas.JobAnswer,
    responses={**UNCHANGED, **_MISSING},
)
def get_job(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    clock: ClockOf,
    job_id: JobIdPath,
    include: IncludeQuery = [],  # noqa: B006 - FastAPI copies defaults; None would show as a possible value
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a posting; closed ones stay."""
    wanted = read_list(include, INCLUDES, "include")
    if not wanted:
        return answer(queries.job_record(tx, job_id, clock()), {}, if_none_match)
    detail = queries.job_detail(tx, job_id, clock())
    job: dict[str, Any] = dict(detail.record)
    if "description" in wanted:
        job |= {"description_text": detail.description_text, "description_html": detail.description_html}
    if "native" in wanted:
        job["native"] = detail.native
    if "evidence" in wanted:
        job["evidence"] = detail.evidence
    return answer(job, {}, if_none_match)


@router.get(
    "/jobs/{job_id}/events",
    operation_id="list_job_events",
    response_model=schemas.HistoryAnswer,
    responses={**UNCHANGED, **problem_responses(NotFound, InvalidInput, InvalidCursor)},
)
def job_events(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    clock: ClockOf,
    job_id: JobIdPath,
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """List a posting's history, the newest first, with the edits its board made to many postings at once."""
    fingerprint = f"history of {job_id}"
    before = _place_in_history(cursor, fingerprint) if cursor else None
    total = tx.execute(text(_HISTORY_LENGTH), {"id": job_id}).scalar_one()
    if total == 0:
        queries.job_record(tx, job_id, clock())
    steps = queries.job_history(tx, job_id, limit=limit + 1, before=before)
    page, more = steps[:limit], len(steps) > limit
    last = [page[-1].observed_at.isoformat(), str(page[-1].event_id)] if more else []
    meta = {
        "limit": limit,
        "next_cursor": encode_cursor(fingerprint, last) if more else None,
        "total": total,
    }
    return answer([step.as_json(job_id) for step in page], meta, if_none_match)


_HISTORY_LENGTH = """
    select (select count(*) from postings.job_event where job_id = :id)
         + (select count(*) from postings.board_event where job_ids @> array[cast(:id as text)])
"""


def _place_in_history(cursor: str, fingerprint: str) -> tuple[Any, UUID]:
    try:
        at, event_id = decode_cursor(cursor, fingerprint)
        return parse_rfc3339(str(at)), UUID(str(event_id))
    except (ValueError, OverflowError) as error:
        raise InvalidCursor("This cursor leads nowhere in this history. Leave it out to start again.") from error


def _words(description: str) -> Any:
    return Query(max_length=LONGEST_TEXT, pattern=WITHOUT_NUL, description=description)


@router.get(
    "/orgs/lookup",
    operation_id="look_up_orgs",
    response_model=schemas.OrgsAnswer,
    responses={**UNCHANGED, **problem_responses(InvalidInput, InvalidCursor)},
)
def look_up_orgs(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    name: Annotated[str, _words("Part of the company's name, in any case.")] = "",
    provider: Annotated[str, _words("Job board system of one of its boards.")] = "",
    board: Annotated[str, _words("Name of one of its boards, in any case.")] = "",
    limit: LimitQuery = 20,
    cursor: CursorQuery = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Find companies by name or by board; give at least one."""
    wanted = [name.strip(), provider.strip().lower(), board.strip()]
    if not any(wanted):
        raise InvalidInput("Give a name, or a provider and a board, to look a company up by.")
    fingerprint = f"companies {wanted}"
    start = _offset(cursor, fingerprint) if cursor else 0
    found = queries.find_orgs(
        tx, name=wanted[0], provider=wanted[1] or None, board=wanted[2] or None, limit=_EVERY_ORG
    )
    end = start + limit
    meta = {
        "limit": limit,
        "next_cursor": encode_cursor(fingerprint, [end]) if end < len(found) else None,
        "total": len(found),
    }
    return answer(found[start:end], meta, if_none_match)


_EVERY_ORG = 1_000_000
"""All that fit are counted anyway, to sort them by their open postings."""


def _offset(cursor: str, fingerprint: str) -> int:
    match decode_cursor(cursor, fingerprint):
        case [int(start)] if start > 0:
            return start
    raise InvalidCursor("This cursor leads nowhere in this list. Leave it out to start again.")


@router.get(
    "/orgs/{org_id}",
    operation_id="get_org",
    response_model=schemas.OrgAnswer,
    responses={**UNCHANGED, **_MISSING},
)
def get_org(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    clock: ClockOf,
    org_id: UUID,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a company with its sources and its postings in figures."""
    org = asdict(queries.org_detail(tx, org_id, clock()))
    org["by_week"] = [
        {"week": week, "opened": opened, "closed": closed} for week, opened, closed in org.pop("opened_by_week")
    ]
    boards = [BoardName(**board) for board in org.pop("boards")]
    sources = [{"source_id": board.board_id, **asdict(board)} for board in boards]
    return answer(
        {"org_id": org.pop("org_id"), "name": org.pop("name"), "sources": sources, **org}, {}, if_none_match
    )


@router.get(
    "/sources/{source_id}",
    operation_id="get_source",
    response_model=schemas.SourceAnswer,
    responses={**UNCHANGED, **_MISSING},
)
def get_source(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    source_id: UUID,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Return a board: how it is followed, what its last run was and what that run proved."""
    state = _board_state(tx, source_id)
    run = next(iter(queries.board_runs(tx, source_id, limit=1)), None)
    return answer(_source(state, run), {}, if_none_match)


def _board_state(tx: Tx, source_id: UUID) -> BoardState:
    row = tx.execute(
        text("select provider, board from postings.board where board_id = :id"), {"id": source_id}
    ).one_or_none()
    if row is None:
        raise NotFound(f"There is no source {source_id}.")
    return board_states(tx, boards=[BoardName(row.provider, row.board)])[0]


def _source(state: BoardState, run: queries.RunState | None) -> dict[str, object]:
    return {
        "source_id": state.board_id,
        "provider": state.name.provider,
        "board": state.name.board,
        "company": state.company,
        "followed": state.followed,
        "every_minutes": state.every_minutes,
        "next_run_at": state.next_run_at,
        "last_run_at": state.last_run_at,
        "last_complete_at": state.last_complete_at,
        "unconfirmed_since": state.unconfirmed_since,
        "open_jobs": state.open_jobs,
        "known_jobs": state.known_jobs,
        "runs": state.runs,
        "last_run": run and _run(run),
    }


def _run(run: queries.RunState) -> dict[str, object]:
    return {
        "observed_at": run.observed_at,
        "outcome": run.outcome,
        "verdict": run.verdict,
        "http_status": run.http_status,
        "declared_total": run.declared_total,
        "listed": run.listed,
        "raw_payload_uri": run.path,
        "detail": run.detail,
        "faults": run.faults,
        "created": run.created,
        "updated": run.updated,
        "closed": run.closed,
        "reopened": run.reopened,
    }


@router.get(
    "/totals",
    operation_id="get_totals",
    response_model=schemas.TotalsAnswer,
    responses={**UNCHANGED, **problem_responses(InvalidInput)},
)
def get_totals(
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    tx: Reading,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Say how much this installation holds."""
    return answer(queries.totals(tx), {}, if_none_match)
