"""Several projects staffed together, for programme leads."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity.access import InPerson, SignedIn
from bandmate.kernel.languages import later, ngettext
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.launches import is_programme_lead, something_is_open
from bandmate.marketplace.opportunities import Part
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.staffing import acts
from bandmate.marketplace.staffing.asking import lead_staffing
from bandmate.marketplace.staffing.gathering import projects_with_applicants
from bandmate.marketplace.staffing.pages import PRIVATE
from bandmate.marketplace.staffing.queries import names_of, open_proposals
from bandmate.marketplace.staffing.words import cover, how_good

STAFFING = "/staffing"

router = APIRouter()

declare_places(
    Place(
        later("Staffing projects"),
        STAFFING,
        words=later("staffing team project programme lead propose together overload"),
        about=later("For programme leads: put the teams of several projects together at once."),
        shown=lambda tx, asker: something_is_open(tx, asker) and is_programme_lead(tx, asker),
    )
)


@router.get(STAFFING)
def staffing_page(request: Request, asker: SignedIn, pages: Pages, tx: Reading, clock: ClockOf) -> Response:
    """List the projects for which somebody waits, with the proposals that stand."""
    lead_staffing(tx, asker)
    waiting = projects_with_applicants(tx, now=clock())
    projects, proposals = by_ids(tx, list(waiting)), open_proposals(tx, list(waiting))
    names = names_of(tx, [place.person_id for each in proposals.values() for place in each.places])
    rows = []
    for key, count in waiting.items():
        each, standing = projects[key], proposals.get(key)
        labels = {skill.uri: skill.label for skill in each.of(Part.WANTED)}
        figures = standing.figures if standing else {}
        rows.append(
            {
                "each": each,
                "applicants": count,
                "skills": list(labels.values()),
                "proposal": standing,
                "how_good": how_good(standing) if standing else "",
                "cover": cover(len(figures["sought"]) - len(figures["uncovered"]), len(figures["sought"]))
                if standing
                else "",
                "uncovered": [labels[uri] for uri in figures.get("uncovered", ()) if uri in labels],
                "members": [
                    {
                        "person_id": place.person_id,
                        "name": names.get(place.person_id, ""),
                        "leads": [labels[uri] for uri in place.leads if uri in labels],
                    }
                    for place in (standing.places if standing else ())
                ],
            }
        )
    return pages.render(request, "marketplace_staffing/staffing.html", headers=PRIVATE, rows=rows)


@router.post(STAFFING)
def propose_together(
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    projects: Annotated[list[UUID], Form(max_length=200)] = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Propose teams for the projects ticked, all together."""
    lead_staffing(tx, asker)
    made = acts.propose(tx, asker, [OpportunityId(each) for each in projects], now=clock())
    count = len(made)
    said = ngettext(
        "A team is proposed for {count} project. Its host sees it and decides.",
        "Teams are proposed for {count} projects. Their hosts see them and decide.",
        count,
    ).format(count=count)
    answer = RedirectResponse(STAFFING, HTTPStatus.SEE_OTHER)
    leave_notice(answer, said)
    return answer
