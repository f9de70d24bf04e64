"""Whose a pair is, and what is told of rounds and pairs that are not there or are others'."""

from __future__ import annotations

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.launches import leads, mentoring_is_open_to
from bandmate.marketplace.rounds.domain import Pair


def check_pair(tx: Tx, asker: Asker, pair: Pair) -> None:
    """Make sure that a pair is the asker's, as one of the two to whom mentoring is open, or as a programme lead.

    Raises:
        NotFound: when it is neither.
    """
    mine = asker.person_id in (pair.mentee_id, pair.mentor_id)
    if not (mine and mentoring_is_open_to(tx, asker)) and not leads(tx, asker):
        raise no_pair()


def no_round() -> NotFound:
    """Return the answer for a round that is not there."""
    return NotFound(_("There is no such mentoring round."))


def no_pair() -> NotFound:
    """Return the one answer for a pair that is not there and for one that is others'."""
    return NotFound(_("There is no such pair, or it is not yours."))
