"""What web routes of postings ask for in their signatures."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from bandmate.engines.search import Index


# async although it awaits nothing: FastAPI would send a plain function to a thread, for one look-up.
async def _index_of(request: Request) -> Index:
    return cast(Index, request.app.state.job_index)


IndexOf = Annotated[Index, Depends(_index_of)]
"""The search index over postings."""
