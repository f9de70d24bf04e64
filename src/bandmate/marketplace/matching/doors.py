"""The doors of matching, put together for the application."""

from __future__ import annotations

from bandmate.marketplace.matching import cards as _cards  # noqa: F401 - it puts the list on Today
from bandmate.marketplace.matching import places as _places  # noqa: F401 - it fills places on opportunities' pages
from bandmate.marketplace.matching.api import router as api
from bandmate.marketplace.matching.pages import TEMPLATES, router

FOLDER = "marketplace_matching"

__all__ = ["FOLDER", "TEMPLATES", "api", "router"]
