"""The doors of rounds, put together for the application."""

from __future__ import annotations

from fastapi import APIRouter

from bandmate.marketplace.rounds import cards as _cards  # noqa: F401 - puts rounds and pairs on Today
from bandmate.marketplace.rounds import section as _section  # noqa: F401 - fills its place on the page of mentoring
from bandmate.marketplace.rounds.api import router as api
from bandmate.marketplace.rounds.pages import TEMPLATES
from bandmate.marketplace.rounds.pages import router as _rounds
from bandmate.marketplace.rounds.pair_pages import router as _pairs

FOLDER = "marketplace_rounds"

router = APIRouter(include_in_schema=False)
router.include_router(_rounds)
router.include_router(_pairs)

__all__ = ["FOLDER", "TEMPLATES", "api", "router"]
