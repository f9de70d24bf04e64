"""What a person put away on Today, as a holding."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, OwnedRows, declare_holding, give_back_rows, move_rows
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later
from bandmate.kernel.today import tables as _tables  # noqa: F401 - known to the metadata wherever the holding is

# A key is unique for its person only, which is enough: keys are given back from among the kept person's rows, and
# what both had put away did not move.
_ROWS = OwnedRows(
    "kernel.today_dismissal",
    "card_key",
    key_type="text",
    unless="exists (select from kernel.today_dismissal as other"
    " where other.person_id = %(kept)s and other.card_key = mine.card_key)",
)

_OF = text("""
    select card_key, dismissed_at from kernel.today_dismissal where person_id = :person
     order by dismissed_at, card_key
""")
_ERASE = text("delete from kernel.today_dismissal where person_id = :person")


def _export(tx: Tx, person: PersonId) -> Json:
    return [
        {"card": row.card_key, "put_away_at": rfc3339(row.dismissed_at)}
        for row in tx.execute(_OF, {"person": person})
    ]


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    tx.execute(_ERASE, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    return {"today_dismissal": move_rows(tx, _ROWS, kept=kept, merged=merged)}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    give_back_rows(tx, _ROWS, moved.get("today_dismissal", ()), kept=kept, merged=merged)


HOLDING = declare_holding(
    Holding(
        name="today",
        title=later("What you put away on Today"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        tables=("kernel.today_dismissal",),
    )
)
