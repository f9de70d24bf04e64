"""Putting cards away, and taking them out again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId

KEPT = timedelta(days=400)
"""How long it is remembered. A card names an occurrence, and none is news for longer than a year."""

_DISMISS = text("""
    insert into kernel.today_dismissal (person_id, card_key, dismissed_at)
    values (:person, :key, :now)
    on conflict (person_id, card_key) do nothing
""")
_FORGET_OLD = text("delete from kernel.today_dismissal where person_id = :person and dismissed_at < :before")
_RESTORE = text("delete from kernel.today_dismissal where person_id = :person and card_key = :key")
_AMONG = text("select card_key from kernel.today_dismissal where person_id = :person and card_key = any(:keys)")


def dismiss(tx: Tx, person: PersonId, key: str, *, now: datetime) -> None:
    """Put a card away; idempotent. What the person put away more than ``KEPT`` ago is forgotten along the way."""
    tx.execute(_DISMISS, {"person": person, "key": key, "now": now})
    tx.execute(_FORGET_OLD, {"person": person, "before": now - KEPT})


def restore(tx: Tx, person: PersonId, key: str) -> None:
    """Take a card out again; idempotent."""
    tx.execute(_RESTORE, {"person": person, "key": key})


def dismissed(tx: Tx, person: PersonId, keys: Collection[str]) -> frozenset[str]:
    """Return those of ``keys`` that the person put away."""
    if not keys:
        return frozenset()
    return frozenset(tx.execute(_AMONG, {"person": person, "keys": list(keys)}).scalars())
