"""Who holds something about persons. Every room that does declares its holding when it is imported.

A room that keeps its persons in a column of a table needs little more than ``rows.move_rows`` and
``rows.give_back_rows``::

    def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:
        return {"bookmark": move_rows(tx, _BOOKMARKS, kept=kept, merged=merged)}


    def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:
        give_back_rows(tx, _BOOKMARKS, moved["bookmark"], kept=kept, merged=merged)


    declare_holding(
        Holding(
            name="reading.bookmarks",
            title="Pages you marked",
            tables=("reading.bookmark",),
            export=_export,
            erase=_erase,
            merge=_merge,
            split=_split,
        )
    )
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

Moved = Mapping[str, Sequence[str]]
"""What a merge gave to the kept person: for each table (or whatever name the room likes) the keys of its rows.

Only keys, never contents: it is stored with the merge until a split or an erasure."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What one room holds about a person, and what to do with it."""

    name: str
    """Durable, one word or two with a dot: ``consent``, ``postings.saved_searches``; the key in an export."""
    title: str
    """What it is, in a person's words."""
    export: Callable[[Tx, PersonId], Json]
    """Return everything held about the person, JSON-ready; times RFC 3339 UTC. It shows no secrets nor hashes."""
    erase: Callable[[Tx, PersonId, datetime], None]
    """Remove it at that instant, or strip from it whatever tells of the person where the row itself must stay.

    Idempotent: it runs again after a restore. Tables that refer to these ones come first (see ``tables``)."""
    merge: Callable[[Tx, PersonId, PersonId, datetime], Moved]
    """``merge(tx, kept, merged, now)``: give what ``merged`` has to ``kept`` and return the keys of what moved.

    Where both have what only one may have (a unique key), the kept person's stays and the other's row stays with
    ``merged``: it is not returned, shows in the export of the merged person, and a split finds it in its place."""
    split: Callable[[Tx, PersonId, PersonId, Moved, datetime], None]
    """``split(tx, kept, merged, moved, now)``: give back exactly what the merge returned, if it is still there.

    What came after the merge stays with ``kept``; keys of rows that are gone are passed over."""
    tables: tuple[str, ...] = ()
    """Every table this holding answers for, with its schema: ``kernel.consent_entry``. A test fails for a table
    with a column that names a person or an account and that no holding lists."""
    kept: str | None = None
    """What stays after erasure, and why, in a sentence for the person, who reads it beforehand; None: nothing."""
    erase_outside: Callable[[Settings, PersonId], None] | None = None
    """Remove what lies outside the database: files, indexes. Idempotent; it runs after the erasure has committed
    and again until it succeeds. By then the database tells nothing of the person: find things by their id."""


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
