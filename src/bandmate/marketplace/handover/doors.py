"""The doors of handing over, put together for the application."""

from __future__ import annotations

from bandmate.marketplace.handover import cards as _cards  # noqa: F401 - it puts what has no owner on Today
from bandmate.marketplace.handover import places as _places  # noqa: F401 - it fills places on opportunities' pages
from bandmate.marketplace.handover.api import router as api
from bandmate.marketplace.handover.leaving import SUBSCRIPTION
from bandmate.marketplace.handover.pages import TEMPLATES, router

FOLDER = "marketplace_handover"
SUBSCRIPTIONS = (SUBSCRIPTION,)

__all__ = ["FOLDER", "SUBSCRIPTIONS", "TEMPLATES", "api", "router"]
