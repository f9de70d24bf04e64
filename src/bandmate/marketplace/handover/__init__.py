"""Handing over: what somebody offers goes to another owner; what leavers leave behind ends or finds one.

Applications to answer follow the owner by themselves: whoever owns an opportunity answers for it.
"""

from bandmate.marketplace.handover import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.marketplace.handover.handing import hand_over
from bandmate.marketplace.handover.leaving import settle_leavers

__all__ = ["hand_over", "settle_leavers"]
