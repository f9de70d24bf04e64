"""The page on which programme leads see what gets seen, and take it along as a file."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity import SignedIn
from bandmate.kernel.identity.access import Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.formats import counted
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.launches import lead_asking
from bandmate.marketplace.matching.exposure_figures import LEAST, PERIODS, every_opportunity, seen
from bandmate.marketplace.matching.exposure_words import (
    comma_separated,
    crowded_hint,
    headline,
    ndjson,
    shown_kind,
    shown_opportunity,
    unseen_hint,
)

EXPOSURE = "/exposure"
PRIVATE = {"Cache-Control": "private, no-store"}
DEFAULT_DAYS = 30
CURVE_SIZE = 100
"""The curve is drawn in a square of so many units."""

router = APIRouter(include_in_schema=False)

declare_places(
    Place(
        later("What gets seen"),
        EXPOSURE,
        # Programme leads who are no administrators come by the rounds; others should not hear of it.
        role=Role.ADMINISTRATOR,
        words=later("exposure even crowded never shown coverage gini fairness suggestions programme lead"),
        about=later("How evenly suggestions show what is open, what is crowded, and what nobody sees."),
    )
)

Days = Annotated[int, Query(ge=1, le=400)]


@router.get(EXPOSURE)
def exposure_page(
    request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf, days: Days = DEFAULT_DAYS
) -> Response:
    """Show how evenly opportunities were shown, which are crowded, which nobody saw, and what came of it."""
    lead = lead_asking(tx, asker)
    chosen = days if days in PERIODS else DEFAULT_DAYS
    found = seen(tx, lead, days=chosen, now=clock())
    return pages.render(
        request,
        "marketplace_matching/exposure.html",
        status=HTTPStatus.OK.value,
        headers=PRIVATE,
        found=found,
        headline=headline(found),
        least=LEAST,
        days=chosen,
        periods=[
            {"days": each, "name": counted("{count} day", "{count} days", each), "chosen": each == chosen}
            for each in PERIODS
        ],
        everything=shown_kind(found.everything),
        kinds=[shown_kind(each) for each in (*found.kinds, found.everything)],
        curve=" ".join(f"{CURVE_SIZE * x:.1f},{CURVE_SIZE * (1 - y):.1f}" for x, y in found.curve),
        tenths=[
            {
                "name": _tenth(place, len(found.tenths)),
                "share": share,
                "width": 100 * share / max(found.tenths[0], 1e-9),
            }
            for place, share in enumerate(found.tenths)
        ],
        crowded=[shown_opportunity(each, crowded_hint) for each in found.crowded],
        unseen=[shown_opportunity(each, unseen_hint) for each in found.unseen],
        unseen_count=found.unseen_count,
    )


@router.get(f"{EXPOSURE}/export")
def exposure_export(
    asker: SignedIn,
    tx: Reading,
    clock: ClockOf,
    days: Days = DEFAULT_DAYS,
    format: Annotated[Literal["csv", "ndjson"], Query()] = "csv",  # noqa: A002 - the address says `format`
) -> Response:
    """Send every opportunity with how often it was shown, as a file."""
    lead = lead_asking(tx, asker)
    now = clock()
    rows = every_opportunity(tx, lead, days=days if days in PERIODS else DEFAULT_DAYS, now=now)
    write, kind = (comma_separated, "text/csv") if format == "csv" else (ndjson, "application/x-ndjson")
    name = f"exposure-{now:%Y-%m-%d}.{format}"
    return StreamingResponse(
        write(rows),
        media_type=kind,
        headers={**PRIVATE, "Content-Disposition": f'attachment; filename="{name}"'},
    )


def _tenth(place: int, count: int) -> str:
    if place == 0:
        return _("The most shown tenth")
    if place == count - 1:
        return _("The least shown tenth")
    return _("Tenth {number}").format(number=place + 1)
