"""What Today shows of staffing: teams that somebody asked for are ready, or could not be worked out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today.cards import Card, CardKind, Urgency, declare_cards
from bandmate.marketplace.kinds import Kind
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.staffing.domain import RunState
from bandmate.marketplace.staffing.words import problem_sentence

RECENT = timedelta(days=7)

# One that was asked for again is over; so is one whose proposals were all accepted, dropped or replaced.
_ENDED = text("""
    select r.run_id, r.state, r.problem, r.opportunity_ids, r.ended_at,
           (select o.title from marketplace.opportunity o where o.opportunity_id = r.opportunity_ids[1]) as title
      from marketplace.staffing_run r
     where r.asked_by = :person and r.ended_at > :since
       and not exists (select from marketplace.staffing_run later
                        where later.asked_by = r.asked_by and later.opportunity_ids && r.opportunity_ids
                          and later.asked_at > r.asked_at)
       and (r.state = 'failed'
            or exists (select from marketplace.team_proposal t
                        where t.opportunity_id = any(r.opportunity_ids) and t.state = 'proposed'
                          and t.figures ->> 'digest' = r.digest))
     order by r.ended_at desc limit 5
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    if asker.person_id is None or Kind.PROJECT not in visible_kinds(tx, asker.person_id):
        return
    for row in tx.execute(_ENDED, {"person": asker.person_id, "since": now - RECENT}):
        yield _card(row)


def _card(row: Any) -> Card:
    count = len(row.opportunity_ids)
    ready = row.state == RunState.READY
    return Card(
        CardKind.WAITS,
        f"staffing:{row.run_id}:{row.state}",
        _title(row.title or "", count, ready=ready),
        _("Nobody was told of it. Look at who would lead what, then decide.")
        if ready
        else problem_sentence(row.problem or {}),
        f"/opportunities/{row.opportunity_ids[0]}/team" if count == 1 else "/staffing",
        _("Look at it") if ready else _("Try again"),
        Urgency.SOON,
        at=row.ended_at,
        icon="users",
    )


def _title(title: str, count: int, *, ready: bool) -> str:
    if count == 1:
        said = _("A team for “{title}” is worked out") if ready else _("No team was worked out for “{title}”")
        return said.format(title=title)
    if ready:
        return _("Teams for {count} projects are worked out").format(count=count)
    return _("No teams were worked out for {count} projects").format(count=count)


declare_cards("staffing", _cards, title=later("Project teams"))
