"""The pages of postings: the front page, search and its feed, a posting, companies, saved searches, boards."""

from __future__ import annotations

from fastapi import APIRouter

from bandmate.postings import skills as _skills  # noqa: F401 - it declares its tables, tasks and operators' line
from bandmate.postings import today as _today  # noqa: F401 - it declares what Today shows
from bandmate.postings.pages import companies, feed, front, job, operators, saved, search

router = APIRouter(include_in_schema=False)
for _pages in (front, search, feed, job, companies, saved, operators):
    router.include_router(_pages.router)

__all__ = ["router"]
