"""Owners are reminded of answers they owe: two days before the first is due, and once it is late."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.web.formats import counted
from bandmate.marketplace.applying import letters
from bandmate.marketplace.applying.letters import Letter, News
from bandmate.marketplace.launches import visible_kinds_of

SOON = timedelta(days=2)

_DUE = text("""
    select o.opportunity_id, o.owner_id, o.kind, o.title, count(*) as waiting, min(a.answer_due_at) as due_at
      from marketplace.application a
      join marketplace.opportunity o using (opportunity_id)
      join marketplace.employee e on e.person_id = o.owner_id and e.active
     where a.state in ('applied', 'shortlisted')
     group by o.opportunity_id having min(a.answer_due_at) <= :until
     order by o.opportunity_id
""")


def remind(tx: Tx, *, now: datetime) -> int:
    """Ask for the reminders that are due; return how many. Each is sent once: again, nothing changes."""
    rows = tx.execute(_DUE, {"until": now + SOON}).all()
    kinds = visible_kinds_of(tx, sorted({PersonId(row.owner_id) for row in rows})) if rows else {}
    told = [
        _letter(row.opportunity_id, PersonId(row.owner_id), row.title, row.waiting, row.due_at, now)
        for row in rows
        if row.kind in kinds[PersonId(row.owner_id)]
    ]
    letters.send(tx, told, now=now)
    return len(told)


def _letter(
    opportunity_id: object, owner: PersonId, title: str, waiting: int, due_at: datetime, now: datetime
) -> Letter:
    late = due_at <= now

    def write() -> News:
        return News(
            counted("{count} person waits for your answer", "{count} people wait for your answer", waiting),
            (
                _("The answer to “{title}” is late.").format(title=title)
                if late
                else _("The answer to “{title}” is due in two days.").format(title=title),
                _("A short no is kinder than silence; there are words to begin with."),
            ),
            f"/opportunities/{opportunity_id}/applicants",
            _("Read and answer"),
            letters.because_you_own(),
        )

    key = ("reminded", str(opportunity_id), "late" if late else "soon", due_at.isoformat())
    return Letter(owner, key, write)
