"""The pages of companies: all of them in a list, and one in figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from bandmate.engines.extraction import country_code_of
from bandmate.engines.search import Index
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Anyone
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.templating import Pages
from bandmate.postings.asking import IndexOf
from bandmate.postings.directory import org_page
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.cards import card
from bandmate.postings.pages.slices import OPEN, slice_address
from bandmate.postings.pages.weeks import weeks_chart
from bandmate.postings.pages.words import CODED, value_label
from bandmate.postings.queries import BREAKDOWN_SIZE, OrgDetail, Share, org_detail
from bandmate.postings.search import facets, search

COMPANIES_A_PAGE = 50
NEWEST = 6
_NOT_STATED = frozenset({"Not stated", "not_stated"})

Rows = list[dict[str, Any]]

router = APIRouter()


@router.get("/companies")
def companies_page(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    name: str = "",
    cursor: str | None = None,
) -> Response:
    """List companies, most open postings first."""
    wanted = name.strip()[:100]
    return pages.render(
        request,
        "postings/companies.html",
        found=org_page(tx, name=wanted, limit=COMPANIES_A_PAGE, cursor=cursor or None),
        wanted=wanted,
        is_first=not cursor,
    )


@router.get("/companies/{org_id}")
def company_page(
    request: Request,
    asker: Anyone,  # noqa: ARG001 - the statement who may call
    pages: Pages,
    tx: Reading,
    index: IndexOf,
    clock: ClockOf,
    org_id: UUID,
) -> Response:
    """Show one company in figures, each leading to the postings behind it."""
    now = clock()
    org = org_detail(tx, org_id, now)
    open_jobs = JobQuery(org_id=(org_id,), status=OPEN)
    return pages.render(
        request,
        "postings/company.html",
        org=org,
        jobs_href=slice_address(org_id=(org_id,)),
        newest=[card(record) for record in search(tx, index, open_jobs, now=now, limit=NEWEST).records],
        charts=_charts(org, _cities(tx, index, open_jobs, now)),
        weeks=weeks_chart(org.opened_by_week),
        requests=[
            (_("This company"), f"/job-postings/v1/orgs/{org_id}"),
            (_("Its open jobs"), f"/job-postings/v1/jobs/search?org_id={org_id}&status=active"),
        ],
    )


def _cities(tx: Tx, index: Index, query: JobQuery, now: Any) -> frozenset[str]:
    """Return the cities that a filter knows; a breakdown also counts places that are no city."""
    counted = facets(tx, index, query, ("city",), now=now, size=10 * BREAKDOWN_SIZE)
    return frozenset(one.value for one in counted["city"])


def _charts(org: OrgDetail, cities: frozenset[str]) -> list[tuple[str, str, Rows]]:
    """Return the breakdowns as title, definition and bars."""

    def rows(shares: Sequence[Share], field: str) -> Rows:
        return [_bar(org.org_id, share, field, cities) for share in shares]

    return [
        (_("By department"), _("As the company names them"), rows(org.by_department, "department")),
        (_("By place"), _("By the first place of a posting"), rows(org.by_city, "city")),
        (
            _("By work model"),
            _("The board's field, else what the text says"),
            rows(org.by_work_model, "work_model"),
        ),
        (_("By country"), _("By the first place of a posting"), rows(org.by_country, "country")),
        (_("By provider"), _("Whose system the board runs on"), rows(org.by_provider, "provider")),
    ]


def _bar(org_id: UUID, share: Share, field: str, cities: frozenset[str]) -> dict[str, Any]:
    if share.value in _NOT_STATED:
        return {"label": _("Not stated"), "value": share.jobs, "href": None}
    value: str | None = share.value
    if field == "country":
        value = country_code_of(share.value)
    elif field == "city" and share.value not in cities:
        value = None
    filters: dict[str, Any] = {field: (value,)}
    return {
        "label": value_label(field, value or share.value),
        "verbatim": field not in CODED,
        "value": share.jobs,
        "href": slice_address(org_id=(org_id,), **filters) if value else None,
    }
