"""The doors of launches, put together for the application."""

from __future__ import annotations

from bandmate.marketplace.launches.api import router as api
from bandmate.marketplace.launches.pages import TEMPLATES, router

FOLDER = "marketplace_launches"

__all__ = ["FOLDER", "TEMPLATES", "api", "router"]
