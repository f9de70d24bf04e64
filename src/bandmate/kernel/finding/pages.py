"""The page of search everywhere, and the list that opens below the search field while somebody types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bandmate.kernel.finding import people as _people  # noqa: F401 - it declares finders
from bandmate.kernel.finding.finders import Finder, find_everywhere
from bandmate.kernel.identity.access import Anyone
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import Reading
from bandmate.kernel.web.reader import wanted_part
from bandmate.kernel.web.templating import Pages

TEMPLATES = Path(__file__).parent / "templates"
FIND = "/find"
WHILE_TYPING, ON_THE_PAGE = 4, 10
"""Hits a finder."""
PRIVATE = {"Cache-Control": "private, no-store"}

router = APIRouter(include_in_schema=False)


@router.get(FIND)
def find_page(
    request: Request, asker: Anyone, tx: Reading, pages: Pages, q: Annotated[str, Query(max_length=2_000)] = ""
) -> Response:
    """Show what is found in every room; for htmx only the list that stands below the search field."""
    further: Sequence[Finder] = request.app.state.finders
    typing = wanted_part(request) == "found"
    limit = WHILE_TYPING if typing else ON_THE_PAGE
    found = find_everywhere(tx, asker, q, limit=limit, further=further)
    return pages.render(
        request,
        "finding/found.html" if typing else "finding/find.html",
        headers=PRIVATE,
        found=found,
        missing=[_(title) for title in found.missing],
        search=q,
    )
