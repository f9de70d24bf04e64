"""What the trail holds about a person. Entries stay for good; what tells of the person can be taken away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.audit.trail import note
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, declare_holding
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

ERASED = "audit.person.erased"
"""The act of erasing itself; it accounts for the facts that are missing ever after."""

_IDS = text("""
    select cast(:person as uuid) as person_id
     union
    select formerly from kernel.audit_alias where person_id = :person
""")

# Whose address an entry holds: the actor's; where a system acted (a sign-in was refused), perhaps the subject's.
_EXPORT = text("""
    select entry.at, entry.action, entry.subject, entry.by_person = any(:ids) as by_them, entry.by_system,
           case when entry.by_person = any(:ids) or entry.by_system is not null then address.content end
               as address,
           details.content as details
      from kernel.audit_entry as entry
      left join kernel.audit_fact as address on address.position = entry.position and address.kind = 'address'
      left join kernel.audit_fact as details on details.position = entry.position and details.kind = 'details'
     where entry.by_person = any(:ids) or entry.subject = any(:subjects)
     order by entry.at, entry.position
""")

# What was done to another person stays readable: an auditor may ask which role the erased administrator gave them.
_ERASE = text("""
    delete from kernel.audit_fact as fact
     using kernel.audit_entry as entry
     where entry.position = fact.position
       and (entry.by_person = any(:ids) or entry.subject = any(:subjects))
       and case fact.kind
           when 'address' then entry.by_person is null or entry.by_person = any(:ids)
           else entry.subject = any(:subjects)
                or not exists (select from kernel.person as other
                                where cast(other.person_id as text) = entry.subject)
           end
""")

_SET = text("select set_config('bandmate.audit_erasure', :state, true)")

_ALIAS = text("""
    insert into kernel.audit_alias (formerly, person_id)
    select formerly, :kept from kernel.audit_alias where person_id = :merged
     union all
    select :merged, :kept
        on conflict (formerly) do update set person_id = excluded.person_id
    returning formerly
""")

_GIVE_BACK = text("""
    update kernel.audit_alias set person_id = :merged
     where person_id = :kept and formerly = any(cast(:formerly as uuid[])) and formerly <> :merged
""")


def ids_of(tx: Tx, person_id: PersonId) -> Sequence[PersonId]:
    """Return every id the person's entries were written with: their own, and those of persons merged into them."""
    return [PersonId(row.person_id) for row in tx.execute(_IDS, {"person": person_id})]


def _whose(tx: Tx, person_id: PersonId) -> dict[str, object]:
    ids = ids_of(tx, person_id)
    return {"ids": ids, "subjects": [str(each) for each in ids]}


def _export(tx: Tx, person_id: PersonId) -> Json:
    return [
        {
            "at": rfc3339(row.at),
            "action": row.action,
            "subject": row.subject,
            "by": "you" if row.by_them else row.by_system or "another person",
            "address": row.address,
            "details": row.details,
        }
        for row in tx.execute(_EXPORT, _whose(tx, person_id))
    ]


def _erase(tx: Tx, person_id: PersonId, now: datetime) -> None:
    whose = _whose(tx, person_id)
    tx.execute(_SET, {"state": "on"})
    erased = tx.execute(_ERASE, whose).rowcount
    tx.execute(_SET, {"state": "off"})
    for each in ids_of(tx, person_id) if erased else ():  # one, unless persons were merged
        note(tx, by="erasure", action=ERASED, subject=str(each), at=now)
    tx.execute(text("delete from kernel.audit_alias where person_id = :person"), {"person": person_id})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, _now: datetime) -> Moved:
    rows = tx.execute(_ALIAS, {"kept": kept, "merged": merged})
    return {"formerly": sorted(str(row.formerly) for row in rows)}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, _now: datetime) -> None:
    tx.execute(_GIVE_BACK, {"kept": kept, "merged": merged, "formerly": list(moved.get("formerly", ()))})
    tx.execute(
        text("delete from kernel.audit_alias where formerly = :merged and person_id = :kept"),
        {"kept": kept, "merged": merged},
    )


declare_holding(
    Holding(
        name="audit",
        title=later("What you did here and what was done to your account, in the audit trail"),
        tables=("kernel.audit_entry", "kernel.audit_fact", "kernel.audit_alias"),
        kept=later(
            "That something was done, when, and under which id stays, so that the trail remains provable; "
            "network addresses and details about you are removed from it."
        ),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
    )
)
