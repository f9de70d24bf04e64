"""The pages of opportunities: search, one opportunity, forms, mentoring, saved searches."""

from fastapi import APIRouter

from bandmate.marketplace.opportunities.pages import forms, mentoring, mine, one, saved, search
from bandmate.marketplace.opportunities.pages.words import TEMPLATES

__all__ = ["TEMPLATES", "router"]

router = APIRouter(include_in_schema=False)
# Fixed addresses first: /opportunities/new is no opportunity.
for _part in (search, saved, forms, mine, mentoring, one):
    router.include_router(_part.router)
