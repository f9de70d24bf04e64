"""What the rail shows of the marketplace: to employees, and of each kind only what is open to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError

from bandmate.kernel.database.session import Database
from bandmate.kernel.identity import Asker
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches.visibility import visible_kinds
from bandmate.marketplace.people import employee_of


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open to the reader of a page."""

    employee: bool = False
    kinds: frozenset[Kind] = frozenset()


def is_for_employees(request: Request) -> bool:
    """Tell whether the reader of a page is an employee."""
    return _open_to(request).employee


def some_kind_is_open(request: Request) -> bool:
    """Tell whether any kind of opportunity is open to the reader of a page."""
    return bool(_open_to(request).kinds)


def mentoring_is_open(request: Request) -> bool:
    """Tell whether mentoring is open to the reader of a page."""
    return Kind.MENTORING in _open_to(request).kinds


def _open_to(request: Request) -> _Open:
    """Ask once a page."""
    known: _Open | None = getattr(request.state, "marketplace_open", None)
    if known is None:
        known = request.state.marketplace_open = _ask(request)
    return known


def _ask(request: Request) -> _Open:
    asker = cast("Asker | None", getattr(request.state, "person", None))
    if asker is None:
        return _Open()
    database: Database = request.app.state.database
    try:
        with database.read() as tx:
            return _Open(employee_of(tx, asker.person_id) is not None, visible_kinds(tx, asker.person_id))
    except SQLAlchemyError:  # the page that says that the database is away has to come up too
        return _Open()
