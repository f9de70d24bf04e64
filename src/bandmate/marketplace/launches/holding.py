"""What launches hold about a person: what they got to know of, whether they lead, what they changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx, fetch_tuples
from bandmate.kernel.holdings import Holding, Json, Moved, declare_holding
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

_AWARE = text("select kind, at, how from marketplace.launch_awareness where person_id = :person order by at, kind")
_LEAD = text("select granted_at from marketplace.programme_lead where person_id = :person")
_CHANGES = text("""
    select kind, state, at, reason from marketplace.launch_change where by = :person order by change_id
""")
_ERASE = (
    text("delete from marketplace.launch_awareness where person_id = :person"),
    text("delete from marketplace.programme_lead where person_id = :person"),
    text("update marketplace.launch_change set reason = '' where by = :person"),
)


def _export(tx: Tx, person: PersonId) -> Json:
    about = {"person": person}
    return {
        "knows_of": [
            {"kind": row.kind, "at": rfc3339(row.at), "how": row.how} for row in tx.execute(_AWARE, about)
        ],
        "programme_lead_since": [rfc3339(row.granted_at) for row in tx.execute(_LEAD, about)],
        "launches_changed": [
            {"kind": row.kind, "state": row.state, "at": rfc3339(row.at), "reason": row.reason}
            for row in tx.execute(_CHANGES, about)
        ],
    }


def _erase(tx: Tx, person: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    for statement in _ERASE:
        tx.execute(statement, {"person": person})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    persons = {"kept": kept, "merged": merged}
    kinds = fetch_tuples(
        tx,
        """
        update marketplace.launch_awareness as mine set person_id = %(kept)s
         where person_id = %(merged)s and not exists (
               select from marketplace.launch_awareness where person_id = %(kept)s and kind = mine.kind)
        returning kind
        """,
        persons,
    )
    leads = fetch_tuples(
        tx,
        """
        update marketplace.programme_lead set person_id = %(kept)s
         where person_id = %(merged)s
           and not exists (select from marketplace.programme_lead where person_id = %(kept)s)
        returning 1
        """,
        persons,
    )
    return {"kinds": sorted(kind for (kind,) in kinds), "leads": ["yes" for _ in leads]}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - the signature
    persons = {"kept": kept, "merged": merged, "kinds": list(moved["kinds"])}
    fetch_tuples(
        tx,
        """
        update marketplace.launch_awareness set person_id = %(merged)s
         where person_id = %(kept)s and kind = any(%(kinds)s) returning 1
        """,
        persons,
    )
    if moved["leads"]:
        fetch_tuples(
            tx,
            "update marketplace.programme_lead set person_id = %(merged)s where person_id = %(kept)s returning 1",
            persons,
        )


HOLDING = declare_holding(
    Holding(
        name="marketplace.launches",
        title=later("What you got to know of in the marketplace, and your part in opening it"),
        tables=("marketplace.launch_awareness", "marketplace.programme_lead", "marketplace.launch_change"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
        kept=later("That a launch was changed, and when, stays without your words."),
    )
)
