"""Applying and being answered: interest, application, the manager who is asked, offers, answers, what follows.

Whoever takes somebody out of a team by another way calls ``left``; pairs that end are heard of by events.
"""

from bandmate.marketplace.applying import events as _events  # noqa: F401 - declares what it publishes
from bandmate.marketplace.applying import holding as _holding  # noqa: F401 - declares what is held of persons
from bandmate.marketplace.applying import tables as _tables  # noqa: F401 - known to the metadata with the room
from bandmate.marketplace.applying import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.marketplace.applying.costs import Cost
from bandmate.marketplace.applying.domain import Application, State
from bandmate.marketplace.applying.joining import left
from bandmate.marketplace.applying.standing import cost_for

__all__ = ["Application", "Cost", "State", "cost_for", "left"]
