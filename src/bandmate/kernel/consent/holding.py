"""The consent ledger as a holding: what a person ever allowed and withdrew."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import text

from bandmate.kernel.consent.ledger import export
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

_ENTRIES = OwnedRows("kernel.consent_entry", "entry_id", owner="subject")

_ERASE = text("delete from kernel.consent_entry where subject = :person")


def _export(tx: Tx, person: PersonId) -> Json:
    return cast(Json, export(tx, person))


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    """Delete the person's entries, evidence and all: without the person nothing is left that they would allow."""
    tx.execute(_ERASE, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    """Join both histories: whatever the one human said last decides, whichever id they said it under."""
    return {"consent_entry": move_rows(tx, _ENTRIES, kept=kept, merged=merged)}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    give_back_rows(tx, _ENTRIES, moved.get("consent_entry", ()), kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="consent",
        title=later("What you allowed and withdrew"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        tables=("kernel.consent_entry",),
    )
)
