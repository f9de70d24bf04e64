"""Who leads the programmes, and what everybody else is told: pages of programme leads are there for them alone."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import NotFound
from bandmate.kernel.identity import Asker
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.marketplace.launches.visibility import is_programme_lead

_ADMINISTRATOR = "administrator"


class LeadsOnly(NotFound):
    """Only programme leads and administrators find something there."""

    slug: ClassVar[str] = "programme-leads-only"
    title: ClassVar[str] = "Programme leads do this"
    remedy: ClassVar[str] = "Ask an administrator to make you a programme lead, if you should be one."


def leads(tx: Tx, asker: Asker) -> bool:
    """Tell whether the asker leads the programmes; by an administrator's key only with the scope for it."""
    if asker.via == "api_key" and _ADMINISTRATOR not in asker.scopes:
        return is_programme_lead(tx, replace(asker, roles=frozenset()))
    return is_programme_lead(tx, asker)


def lead_asking(tx: Tx, asker: Asker) -> PersonId:
    """Return the programme lead who asks.

    Raises:
        LeadsOnly: when the asker is none, whatever they ask for: so nobody learns what there is.
    """
    if asker.person_id is None or not leads(tx, asker):
        raise LeadsOnly(_("There is nothing here for you: programme leads do this."))
    return asker.person_id
