"""Writing to the trail, in the transaction of the act itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId


def note(
    tx: Tx,
    *,
    by: PersonId | str,
    action: str,
    subject: str,
    at: datetime,
    address: str = "",
    details: Mapping[str, str] | None = None,
) -> None:
    """Write down an act.

    Args:
        tx: the transaction of the act: both are written or neither.
        by: the person who acted, or the name of a system such as ``command line``.
        action: what was done, dotted and past tense: ``identity.role.given``.
        subject: what it was done to: a person's id, a key's public id, a webhook's id.
        at: when, aware.
        address: the network address it came from; empty where there is none.
        details: further facts; never a secret, never a text a person wrote.
    """
