"""The doors of opportunities, put together for the application."""

from __future__ import annotations

from bandmate.marketplace.opportunities import cards as _cards  # noqa: F401 - it declares what Today shows
from bandmate.marketplace.opportunities import finding as _finding  # noqa: F401 - search everywhere asks it
from bandmate.marketplace.opportunities import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.marketplace.opportunities.api import router as api
from bandmate.marketplace.opportunities.following import SUBSCRIPTION
from bandmate.marketplace.opportunities.pages import TEMPLATES, router

FOLDER = "marketplace_opportunities"
SUBSCRIPTIONS = (SUBSCRIPTION,)

__all__ = ["FOLDER", "SUBSCRIPTIONS", "TEMPLATES", "api", "router"]
