"""The doors of applying, put together for the application."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter

from bandmate.marketplace.applying import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.marketplace.applying import places as _places  # noqa: F401 - it fills places on opportunities' pages
from bandmate.marketplace.applying.api import router as api
from bandmate.marketplace.applying.following import SUBSCRIPTION
from bandmate.marketplace.applying.manager_pages import router as _managers
from bandmate.marketplace.applying.owner_pages import router as _owners
from bandmate.marketplace.applying.pages import router as _applicants
from bandmate.marketplace.applying.places import FOLDER

TEMPLATES = Path(__file__).parent / "templates"
SUBSCRIPTIONS = (SUBSCRIPTION,)

router = APIRouter()
for _each in (_applicants, _owners, _managers):
    router.include_router(_each)

__all__ = ["FOLDER", "SUBSCRIPTIONS", "TEMPLATES", "api", "router"]
