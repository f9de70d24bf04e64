"""Mentoring rounds: everybody who wishes for a mentor paired at once, at the best value there is; and pairs.

Applying calls ``form_pair`` when a mentor accepts somebody on an offer; ``end_pair`` gives the seat back.
"""

from bandmate.marketplace.rounds import events as _events  # noqa: F401 - declares what it publishes
from bandmate.marketplace.rounds import holding as _holding  # noqa: F401 - it declares what is held of persons
from bandmate.marketplace.rounds import tables as _tables  # noqa: F401 - known to the metadata with the room
from bandmate.marketplace.rounds import tasks as _tasks  # noqa: F401 - registers the background work
from bandmate.marketplace.rounds.domain import Limits, Pair, Round, RoundState
from bandmate.marketplace.rounds.pairing import end_pair, form_pair
from bandmate.marketplace.rounds.publishing import Published, publish_round
from bandmate.marketplace.rounds.queries import MyPair, pairs_of
from bandmate.marketplace.rounds.suggesting import Suggestion, suggestions

__all__ = [
    "Limits",
    "MyPair",
    "Pair",
    "Published",
    "Round",
    "RoundState",
    "Suggestion",
    "end_pair",
    "form_pair",
    "pairs_of",
    "publish_round",
    "suggestions",
]
