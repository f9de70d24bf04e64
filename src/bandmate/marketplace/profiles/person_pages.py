"""A colleague's profile, as whoever looks may see it; one's own, as others do."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bandmate.engines.extraction import country_name
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity.access import InPerson
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.dependencies import Reading
from bandmate.kernel.web.templating import Pages
from bandmate.marketplace.people import employees_of
from bandmate.marketplace.profiles import words
from bandmate.marketplace.profiles.asking import FOLDER, PRIVATE, employee
from bandmate.marketplace.profiles.domain import Relation
from bandmate.marketplace.profiles.pages import vocabulary
from bandmate.marketplace.profiles.portfolio.queries import names_of
from bandmate.marketplace.profiles.visibility import visible_profile

PREVIEWS = {"team": Relation.TEAM, "colleague": Relation.OTHER}
"""How one may look at oneself, by the address; anything else is as oneself."""

router = APIRouter()


@router.get("/people/{person_id}")
def person_page(
    request: Request,
    asker: InPerson,
    pages: Pages,
    tx: Reading,
    person_id: UUID,
    view: Annotated[str, Query(alias="as", max_length=20)] = "",
) -> Response:
    """Show a colleague, with everything that the reader may see of them and nothing else."""
    reader, looked_at = employee(tx, asker), PersonId(person_id)
    preview = PREVIEWS.get(view) if reader == looked_at else None
    seen = visible_profile(tx, reader, looked_at, preview=preview)
    found = employees_of(tx, [looked_at]).get(looked_at)
    if found is None:
        raise NotFound(_("No such person works here, or they have left."))
    manager = employees_of(tx, [found.manager_id]).get(found.manager_id) if found.manager_id else None
    confirmers = {each.by_person for claim in seen.claims for each in claim.confirmed}
    return pages.render(
        request,
        f"{FOLDER}/person.html",
        headers=PRIVATE,
        employee=found,
        country=(country_name(found.country) or found.country) if found.country else "",
        manager=manager,
        profile=seen,
        names=names_of(tx, list(confirmers)),
        relation=_(words.RELATIONS[seen.relation]) if words.RELATIONS[seen.relation] else "",
        is_self=reader == looked_at,
        view=view if preview else "",
        **vocabulary(),
    )
