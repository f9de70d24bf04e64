"""Who holds something about persons. Every room that does declares its holding when it is imported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Holding:
    """What one room holds about a person, and what to do with it."""

    name: str
    """Durable, one word or two with a dot: ``consent``, ``postings.saved_searches``; the key in an export."""
    title: str
    """What it is, in a person's words."""
    export: Callable[[Tx, PersonId], Json]
    """Return everything held about the person, JSON-ready; times RFC 3339 UTC."""
    erase: Callable[[Tx, PersonId, datetime], None]
    """Remove it at that instant, or strip from it whatever tells of the person where the row itself must stay."""
    merge: Callable[[Tx, PersonId, PersonId, datetime], None]
    """Give what the second person has to the first: both are the same human."""


_declared: dict[str, Holding] = {}


def declare_holding(holding: Holding) -> Holding:
    """Make a holding known to export, erasure and merging; declaring the same one again changes nothing.

    Raises:
        ValueError: when another holding has the name already.
    """
    if _declared.setdefault(holding.name, holding) != holding:
        raise ValueError(f"two different holdings are declared under the name {holding.name}")
    return holding


def declared_holdings() -> tuple[Holding, ...]:
    """Return every declared holding by name."""
    return tuple(sorted(_declared.values(), key=lambda holding: holding.name))
