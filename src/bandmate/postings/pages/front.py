"""The front page: what this installation holds, and the way in."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bandmate.kernel.identity import Anyone
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.today.pages import show_today
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.templating import Pages
from bandmate.postings.asking import IndexOf
from bandmate.postings.job_query import JobQuery
from bandmate.postings.pages.cards import card
from bandmate.postings.pages.slices import OPEN, slice_address
from bandmate.postings.pages.words import WORK_MODELS, within
from bandmate.postings.queries import find_orgs, totals
from bandmate.postings.search import search

NEWEST, COMPANIES = 8, 8

router = APIRouter()


@router.get("/")
def front_page(
    request: Request,
    asker: Anyone,
    pages: Pages,
    tx: Reading,
    index: IndexOf,
    clock: ClockOf,
) -> Response:
    """Show whoever is signed in their day, and others what there is: figures, the newest postings, companies."""
    if asker.via == "session":
        return show_today(request, asker, tx, clock())
    newest = search(tx, index, JobQuery(status=OPEN), now=clock(), limit=NEWEST)
    return pages.render(
        request,
        "postings/front.html",
        totals=totals(tx),
        newest=[card(record) for record in newest.records],
        companies=[org for org in find_orgs(tx, limit=COMPANIES) if org.open_jobs],
        work_models=[
            (within(_(label)), slice_address(work_model=(value,))) for value, label in WORK_MODELS.items()
        ],
    )
