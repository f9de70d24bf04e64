"""Who leads rounds: programme leads and administrators; to everybody else there is nothing here."""

from __future__ import annotations

from dataclasses import replace

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.launches import is_programme_lead, mentoring_is_open_to
from bandmate.marketplace.rounds.domain import Pair

_ADMINISTRATOR = "administrator"


def leads(tx: Tx, asker: Asker) -> bool:
    """Tell whether the asker leads the programmes; by an administrator's key only with the scope for it."""
    if asker.via == "api_key" and _ADMINISTRATOR not in asker.scopes:
        return is_programme_lead(tx, replace(asker, roles=frozenset()))
    return is_programme_lead(tx, asker)


def lead_asking(tx: Tx, asker: Asker) -> PersonId:
    """Return the programme lead who asks.

    Raises:
        NotFound: when the asker is none, whatever they ask for: so nobody learns which rounds there are.
    """
    if asker.person_id is None or not leads(tx, asker):
        raise NotFound(
            _("There is nothing here for you: programme leads do this. An administrator can make you one.")
        )
    return asker.person_id


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
