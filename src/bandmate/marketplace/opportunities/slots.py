"""Places on the pages of opportunities that other rooms fill: applying, why it suits, pairs.

A room declares a function for a place when it is imported; the page renders what the functions return, in the
order of their names, and nothing where none returns anything::

    def _apply_box(tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Slot | None:
        return Slot("marketplace_applying/box.html", {"application": ...})


    declare_slot(Place.APPLY, "applying", _apply_box)

The template is included with its values under the name ``slot``. It has everything that pages have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import structlog

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity import Asker
from bandmate.marketplace.opportunities.domain import Opportunity

log = structlog.get_logger(__name__)


class Place(StrEnum):
    """Where something of another room can stand."""

    APPLY = "apply"
    """On an opportunity, for who could take part: first beside the facts."""
    FIT = "fit"
    """On an opportunity: why it suits the reader."""
    OWNER = "owner"
    """On an opportunity, for its owner: who applied, who would fit."""
    PAIRS = "pairs"
    """On the page of mentoring: the reader's pairs; there is no opportunity."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What stands in a place."""

    template: str
    """Its folder first: ``marketplace_applying/box.html``."""
    values: Mapping[str, object] = field(default_factory=dict)
    action: str = ""
    """In ``Place.APPLY``: the template of the main action, shown with the same values in the head of the page."""


Fill = Callable[[Tx, Asker, Opportunity | None, datetime], Slot | None]

_declared: defaultdict[Place, dict[str, Fill]] = defaultdict(dict)


def declare_slot(place: Place, name: str, fill: Fill) -> None:
    """Have a place filled; declaring the same again changes nothing.

    Raises:
        ValueError: when another function has the name in this place.
    """
    if _declared[place].setdefault(name, fill) != fill:
        raise ValueError(f"two different functions fill the place {place} under the name {name}")


def filled(place: Place, tx: Tx, asker: Asker, opportunity: Opportunity | None, now: datetime) -> Sequence[Slot]:
    """Return what stands in a place; a room that fails is logged and left out, the page stays."""
    found = []
    for name, fill in sorted(_declared[place].items()):
        try:
            with tx.begin_nested():
                slot = fill(tx, asker, opportunity, now)
        except Exception:  # whatever it is, it must not take the page down
            log.exception("slot_failed", room=name, place=place.value)
            continue
        if slot is not None:
            found.append(slot)
    return found
