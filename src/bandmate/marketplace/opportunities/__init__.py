"""Opportunities: jobs, projects and mentoring; writing them, finding them, wishing for a mentor.

Other rooms read by ``queries`` and fill places on the pages by ``declare_slot``; whoever writes who has a seat
calls ``settle_seats``; the matching gives the order "for you" by ``declare_order``.
"""

from bandmate.marketplace.opportunities import holding as _holding  # noqa: F401 - it declares what is held of persons
from bandmate.marketplace.opportunities import tables as _tables  # noqa: F401 - known to the metadata with the room
from bandmate.marketplace.opportunities.domain import Format, Opportunity, Part, Skill, State, Wish, WorkModel
from bandmate.marketplace.opportunities.searching.ranking import declare_order
from bandmate.marketplace.opportunities.seats import settle_seats
from bandmate.marketplace.opportunities.slots import Place, Slot, declare_slot

__all__ = [
    "Format",
    "Opportunity",
    "Part",
    "Place",
    "Skill",
    "Slot",
    "State",
    "Wish",
    "WorkModel",
    "declare_order",
    "declare_slot",
    "settle_seats",
]
