"""What the reader offers themselves."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity import SignedIn
from bandmate.kernel.languages import later
from bandmate.kernel.web.dependencies import ClockOf, Reading
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import mentoring_is_open_to, something_is_open
from bandmate.marketplace.opportunities import writing
from bandmate.marketplace.opportunities.pages.cards import seats_of
from bandmate.marketplace.opportunities.pages.words import PRIVATE, SEARCH, kind_name, state_name
from bandmate.marketplace.opportunities.queries import owned_by
from bandmate.marketplace.people.asking import person_asking

MINE = "/me/opportunities"

router = APIRouter()

declare_places(
    Place(
        later("Opportunities"),
        SEARCH,
        words=later("find projects jobs mentoring search marketplace"),
        shown=something_is_open,
    ),
    Place(
        later("What you offer"),
        MINE,
        words=later("my opportunities drafts projects host owner"),
        shown=something_is_open,
    ),
    Place(later("Mentoring"), "/mentoring", words=later("mentor mentee wish offer"), shown=mentoring_is_open_to),
    Place(
        later("Saved searches for opportunities"),
        f"{SEARCH}/saved",
        words=later("alerts"),
        shown=something_is_open,
    ),
)

BADGES = {"draft": "plain", "open": "good", "filled": "info", "closed": "plain"}


@router.get(MINE)
def mine_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """List what the reader offers, drafts first."""
    person, now = person_asking(tx, asker), clock()
    return pages.render(
        request,
        "marketplace_opportunities/mine.html",
        headers=PRIVATE,
        rows=[
            {
                "each": each,
                "href": f"{SEARCH}/{each.opportunity_id}",
                "kind": kind_name(each.kind),
                "state": state_name(each.state),
                "badge": BADGES[each.state],
                "seats": seats_of(each),
                "is_open": each.is_open(now),
            }
            for each in owned_by(tx, person)
        ],
        may_offer=any(writing.may_write(tx, asker, kind) for kind in Kind),
    )
