"""The pages of postings: the front page, search, a posting, companies, and boards for operators."""

from __future__ import annotations

from fastapi import APIRouter

from bandmate.postings.pages import companies, front, job, operators, search

router = APIRouter(include_in_schema=False)
for _pages in (front, search, job, companies, operators):
    router.include_router(_pages.router)

__all__ = ["router"]
