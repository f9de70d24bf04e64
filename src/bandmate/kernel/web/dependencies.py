"""What routes ask for in their signatures: a transaction to read or to write, a clock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, cast

from fastapi import Depends, Request

from bandmate.kernel.clock import Clock
from bandmate.kernel.database.session import Database, Tx


def database_of(request: Request) -> Database:
    """Return the database of the application that serves this request."""
    return cast(Database, request.app.state.database)


def clock_of(request: Request) -> Clock:
    """Return the clock of the application that serves this request."""
    return cast(Clock, request.app.state.clock)


def _reading(request: Request) -> Iterator[Tx]:
    with database_of(request).read() as tx:
        yield tx


def _writing(request: Request) -> Iterator[Tx]:
    with database_of(request).begin() as tx:
        yield tx


# scope="function": the transaction ends before the answer is sent; nobody is told of a write that then fails.
Reading = Annotated[Tx, Depends(_reading, scope="function")]
"""A read-only transaction with one snapshot."""

Writing = Annotated[Tx, Depends(_writing, scope="function")]
"""A transaction that commits when the route returns and rolls back when it raises."""


# async although it awaits nothing: FastAPI would send a plain function to a thread, for one look-up.
async def _clock(request: Request) -> Clock:
    return clock_of(request)


# async for the same reason.
async def _database(request: Request) -> Database:
    return database_of(request)


DatabaseOf = Annotated[Database, Depends(_database)]
"""The application's database, for a route that opens its transaction itself: it saves two changes of thread."""

ClockOf = Annotated[Clock, Depends(_clock)]
"""The application's clock."""
