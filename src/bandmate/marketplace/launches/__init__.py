"""Launches: each kind of opportunity is off, in pilot for some groups, or on; and who leads the programmes.

Everything in the marketplace asks ``visible_kinds`` before it shows, counts or tells anything.
"""

from bandmate.marketplace.launches import holding as _holding  # noqa: F401 - it declares what is held of persons
from bandmate.marketplace.launches import tables as _tables  # noqa: F401 - known to the metadata with the room
from bandmate.marketplace.launches.leading import lead_asking, leads
from bandmate.marketplace.launches.visibility import (
    is_programme_lead,
    mentoring_is_open_to,
    something_is_open,
    visible_kinds,
    visible_kinds_of,
)

__all__ = [
    "is_programme_lead",
    "lead_asking",
    "leads",
    "mentoring_is_open_to",
    "something_is_open",
    "visible_kinds",
    "visible_kinds_of",
]
