"""Several projects staffed together, for programme leads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from bandmate.kernel.database.session import Tx
from bandmate.kernel.finding.places import Place, declare_places
from bandmate.kernel.identity.access import InPerson, SignedIn
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later, ngettext
from bandmate.kernel.web.dependencies import ClockOf, Reading, Writing
from bandmate.kernel.web.notices import leave_notice
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.ids import OpportunityId
from bandmate.marketplace.launches import is_programme_lead, something_is_open
from bandmate.marketplace.opportunities import Part
from bandmate.marketplace.opportunities.queries import by_ids
from bandmate.marketplace.staffing.asking import lead_staffing
from bandmate.marketplace.staffing.domain import Proposal, Run
from bandmate.marketplace.staffing.gathering import projects_with_applicants
from bandmate.marketplace.staffing.pages import PRIVATE
from bandmate.marketplace.staffing.queries import names_of, open_proposals
from bandmate.marketplace.staffing.runs import ask, is_stale, last_run_of
from bandmate.marketplace.staffing.views import shown_run
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
    lead = lead_staffing(tx, asker)
    waiting = projects_with_applicants(tx, now=clock())
    projects, proposals = by_ids(tx, list(waiting)), open_proposals(tx, list(waiting))
    names = names_of(tx, [place.person_id for each in proposals.values() for place in each.places])
    run, stale = last_run_of(tx, lead), _stale_digest(tx, lead, proposals, clock())
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
                "is_stale": bool(standing) and figures["digest"] == stale,
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
    shown = shown_run(run, lead) if run and len(run.projects) > 1 else None
    asked = {str(each) for each in run.projects} if run and shown else set()
    return pages.render(
        request, "marketplace_staffing/staffing.html", headers=PRIVATE, rows=rows, run=shown, asked=asked
    )


@router.post(STAFFING)
def propose_together(
    asker: InPerson,
    tx: Writing,
    clock: ClockOf,
    projects: Annotated[list[UUID], Form(max_length=200)] = [],  # noqa: B006 - FastAPI copies defaults
) -> Response:
    """Propose teams for the projects ticked, all together."""
    lead_staffing(tx, asker)
    made = ask(tx, asker, [OpportunityId(each) for each in projects], now=clock())
    if isinstance(made, Run):
        said = _("The teams are being worked out. You can close this page: Today tells you when they are there.")
    else:
        said = ngettext(
            "A team is proposed for {count} project. Its host sees it and decides.",
            "Teams are proposed for {count} projects. Their hosts see them and decide.",
            len(made),
        ).format(count=len(made))
    answer = RedirectResponse(STAFFING, HTTPStatus.SEE_OTHER)
    leave_notice(answer, said)
    return answer


def _stale_digest(
    tx: Tx, lead: PersonId, proposals: Mapping[OpportunityId, Proposal], now: datetime
) -> str | None:
    """Return of which question the lead's last proposals are, where it is another one today."""
    last = max(
        (each for each in proposals.values() if each.created_by == lead),
        key=lambda each: each.created_at,
        default=None,
    )
    return str(last.figures["digest"]) if last and is_stale(tx, last, now=now) else None
