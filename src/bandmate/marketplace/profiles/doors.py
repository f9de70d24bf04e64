"""The doors of profiles, put together for the application."""

from __future__ import annotations

from fastapi import APIRouter

from bandmate.marketplace.profiles.api import router as api
from bandmate.marketplace.profiles.asking import FOLDER, TEMPLATES
from bandmate.marketplace.profiles.pages import router as _profile
from bandmate.marketplace.profiles.person_pages import router as _person
from bandmate.marketplace.profiles.portfolio.confirmation_pages import router as _confirmations
from bandmate.marketplace.profiles.portfolio.pages import router as _portfolio
from bandmate.marketplace.profiles.resume.pages import router as _resume

router = APIRouter()
# The résumé first: its addresses lie among those of the profile's sections.
for _each in (_resume, _profile, _person, _portfolio, _confirmations):
    router.include_router(_each)

__all__ = ["FOLDER", "TEMPLATES", "api", "router"]
