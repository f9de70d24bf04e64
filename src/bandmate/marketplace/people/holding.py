"""What the directory holds about a person: what their company states, and the groups they are in."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.holdings import Holding, Json, Moved, declare_holding
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import later

# Whether the directory shut their account stands in the account's own export.
_EXPORT = text("""
    select (to_jsonb(mine) - 'person_id' - 'account_shut') || jsonb_build_object(
        'groups', coalesce((
            select jsonb_agg(held.display_name order by held.display_name)
              from marketplace.people_group_member as member
              join marketplace.people_group as held using (group_id)
             where member.person_id = mine.person_id), '[]'))
      from marketplace.employee as mine where mine.person_id = :person
""")

# Who reported to them reports to nobody then, and their memberships go: both by the tables' own rules.
_ERASE = text("delete from marketplace.employee where person_id = :person")

# Managers' columns and memberships follow by `on update cascade`.
_MOVE = text("""
    update marketplace.employee as mine set person_id = :after
     where mine.person_id = :before
       and not exists (select from marketplace.employee as other where other.person_id = :after)
    returning 1
""")


def _export(tx: Tx, person_id: PersonId) -> Json:
    return cast(Json, tx.execute(_EXPORT, {"person": person_id}).scalar_one_or_none())


def _erase(tx: Tx, person_id: PersonId, now: datetime) -> None:  # noqa: ARG001 - the signature of a holding
    """Delete the entry. A directory that still names the person enters a new one, who is somebody else to us."""
    tx.execute(_ERASE, {"person": person_id})


def _merge(tx: Tx, kept: PersonId, merged: PersonId, now: datetime) -> Moved:  # noqa: ARG001 - the signature
    """Give the entry over where the kept person has none; else it stays with the merged person."""
    moved = tx.execute(_MOVE, {"before": merged, "after": kept}).one_or_none()
    return {"employee": [] if moved is None else [str(merged)]}


def _split(tx: Tx, kept: PersonId, merged: PersonId, moved: Moved, now: datetime) -> None:  # noqa: ARG001 - as above
    if moved.get("employee"):
        tx.execute(_MOVE, {"before": kept, "after": merged})


HOLDING = declare_holding(
    Holding(
        name="marketplace.people",
        title=later("What your company's directory says about you"),
        tables=("marketplace.employee", "marketplace.people_group_member"),
        export=_export,
        erase=_erase,
        merge=_merge,
        split=_split,
    )
)
