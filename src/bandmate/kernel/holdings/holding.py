"""What is held about a person as such: name and language, merges, exports, requests to be erased, legal holds."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import tables as _tables  # noqa: F401 - so that the tables are known wherever the program is
from bandmate.kernel.holdings.registry import Holding, Json, Moved, declare_holding
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

_PERSON = text(
    "select name, created_at, locale, time_zone, erased_at from kernel.person where person_id = :person"
)
_MERGES = text("""
    select kept, merged, merged_at, reason, split_at from kernel.person_merge
     where kept = :person or merged = :person order by merged_at, merge_id
""")
_REQUESTS = text("select requested_at, due_at from kernel.erasure_request where person_id = :person")
_HOLDS = text("select since from kernel.legal_hold where person_id = :person")
_DOWNLOADS = text("""
    select requested_at, ready_at, expires_at from kernel.data_export
     where person_id = :person order by requested_at, export_id
""")

_FORGET_MERGES = text("""
    update kernel.person_merge set reason = '', moved = '{}' where kept = :person or merged = :person
""")
_FORGET = (
    text("delete from kernel.erasure_request where person_id = :person"),
    text("delete from kernel.legal_hold where person_id = :person"),
    text("delete from kernel.data_export where person_id = :person"),
    text("""
        update kernel.person set name = '', locale = null, time_zone = null
         where person_id = :person and erased_at is not null
    """),
)


def _export(tx: Tx, person: PersonId) -> Json:
    about = {"person": person}
    return {
        "person": _plain(tx.execute(_PERSON, about).mappings().one()),
        "merges": [_plain(row) for row in tx.execute(_MERGES, about).mappings()],
        "erasure_requests": [_plain(row) for row in tx.execute(_REQUESTS, about).mappings()],
        "legal_holds": [_plain(row) for row in tx.execute(_HOLDS, about).mappings()],
        "downloads": [_plain(row) for row in tx.execute(_DOWNLOADS, about).mappings()],
    }


def _plain(row: Any) -> Json:
    return {
        name: rfc3339(value) if isinstance(value, datetime) else None if value is None else str(value)
        for name, value in row.items()
    }


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    for statement in (_FORGET_MERGES, *_FORGET):
        tx.execute(statement, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    # Downloads stay: a file made for one of the two tells of that one only, and is theirs.
    return {}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:
    """Nothing moved."""


def _erase_outside(settings: Settings, person: PersonId) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(settings.exports_folder / str(person))


HOLDING = declare_holding(
    Holding(
        name="person",
        title=later("Who you are here"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        tables=(
            "kernel.person",
            "kernel.person_merge",
            "kernel.erasure_request",
            "kernel.legal_hold",
            "kernel.erasure",
            "kernel.data_export",
        ),
        kept=later(
            "The random number that stood for you stays, with the day of your erasure: so that you are erased "
            "again should an older backup ever be restored. It leads to nothing else."
        ),
        erase_outside=_erase_outside,
    )
)
