"""The one place where the order "for you" comes in: the matching declares it, and everybody can switch it off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId

OrderFor = Callable[[Tx, PersonId, Sequence[UUID]], Sequence[UUID]]
"""``order_for(tx, person_id, ids)`` returns these ids, what fits the person best first."""

_WANTED = text("""
    select coalesce((select ai_ranking from marketplace.profile where person_id = :person), true)
""")

_declared: list[OrderFor] = []


def declare_order(order_for: OrderFor) -> None:
    """Make the order "for you" known; declared once, where the matching is imported."""
    if order_for not in _declared:
        _declared.append(order_for)


def is_offered(tx: Tx, person_id: PersonId | None) -> bool:
    """Tell whether a person can order by what fits them: there is a ranking, and they have not switched it off."""
    if person_id is None or not _declared:
        return False
    return bool(tx.execute(_WANTED, {"person": person_id}).scalar_one())


def for_you(tx: Tx, person_id: PersonId, fitting: Callable[[], Sequence[UUID]]) -> list[UUID] | None:
    """Return everything that fits in the order for a person, or None where that order is not offered to them.

    What the ranking leaves out stands at the end, and what it invents is dropped: it orders, it never chooses.
    """
    if not is_offered(tx, person_id):
        return None
    ids = fitting()
    known = frozenset(ids)
    ranked = [each for each in dict.fromkeys(_declared[-1](tx, person_id, ids)) if each in known]
    placed = frozenset(ranked)
    return [*ranked, *(each for each in ids if each not in placed)]
