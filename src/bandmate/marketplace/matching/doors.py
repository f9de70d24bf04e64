"""The doors of matching, put together for the application."""

from __future__ import annotations

from fastapi import APIRouter

from bandmate.marketplace.matching import cards as _cards  # noqa: F401 - it puts the list on Today
from bandmate.marketplace.matching import places as _places  # noqa: F401 - it fills places on opportunities' pages
from bandmate.marketplace.matching.api import router as _lists_api
from bandmate.marketplace.matching.exposure_api import router as _exposure_api
from bandmate.marketplace.matching.exposure_pages import router as _exposure
from bandmate.marketplace.matching.pages import TEMPLATES
from bandmate.marketplace.matching.pages import router as _lists

FOLDER = "marketplace_matching"

router, api = APIRouter(include_in_schema=False), APIRouter()
for _part in (_lists, _exposure):
    router.include_router(_part)
for _part in (_lists_api, _exposure_api):
    api.include_router(_part)

__all__ = ["FOLDER", "TEMPLATES", "api", "router"]
