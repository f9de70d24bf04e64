"""The doors of staffing, put together for the application."""

from __future__ import annotations

from fastapi import APIRouter

from bandmate.marketplace.staffing import cards as _cards  # noqa: F401 - declares its cards
from bandmate.marketplace.staffing import places as _places  # noqa: F401 - fills its place on projects' pages
from bandmate.marketplace.staffing.api import router as api
from bandmate.marketplace.staffing.joint_pages import router as _joint
from bandmate.marketplace.staffing.pages import TEMPLATES
from bandmate.marketplace.staffing.pages import router as _team

FOLDER = "marketplace_staffing"

router = APIRouter(include_in_schema=False)
router.include_router(_team)
router.include_router(_joint)

__all__ = ["FOLDER", "TEMPLATES", "api", "router"]
