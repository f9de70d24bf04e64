"""What Today shows of applying: answers owed and received, offers to answer, questions to managers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today.cards import Card, CardKind, Urgency, declare_cards
from bandmate.kernel.web.formats import counted
from bandmate.marketplace.applying.approving import APPROVALS
from bandmate.marketplace.launches import visible_kinds

# One line a thing: what it is, of which opportunity, since when, until when.
_ROWS = text("""
    with me as (select person_id from marketplace.employee where person_id = :person and active)
    select 'owed' as thing, o.opportunity_id as id, o.title, count(*) as many, min(a.answer_due_at) as due_at,
           min(a.changed_at) as at, '' as state
      from me join marketplace.opportunity o on o.owner_id = me.person_id
      join marketplace.application a using (opportunity_id)
     where a.state in ('applied', 'shortlisted') and o.kind = any(:kinds)
     group by o.opportunity_id
     union all
    select 'mine', a.application_id, o.title, a.version, null, a.changed_at, a.state
      from me join marketplace.application a using (person_id)
      join marketplace.opportunity o using (opportunity_id)
     where o.kind = any(:kinds)
       and (a.state = 'offered' or a.state = 'not_chosen' and a.changed_at > :now - interval '14 days')
     union all
    select 'asked', m.application_id, o.title, count(*) over (), m.due_at, m.asked_at, p.name
      from me join marketplace.manager_ask m on m.manager_id = me.person_id
      join marketplace.application a using (application_id) join marketplace.opportunity o using (opportunity_id)
      join kernel.person p on p.person_id = a.person_id
     where m.answer is null and m.lapsed_at is null and m.due_at > :now and a.state = 'offered'
       and o.kind = any(:kinds)
     order by at desc limit 60
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    if asker.person_id is None:
        return
    kinds = [kind.value for kind in visible_kinds(tx, asker.person_id)]
    make = {"owed": _owed, "mine": _mine, "asked": _asked}
    for row in tx.execute(_ROWS, {"person": asker.person_id, "kinds": kinds, "now": now}):
        yield make[row.thing](row)


def _owed(row: Any) -> Card:
    return Card(
        CardKind.WAITS,
        f"applying.owed:{row.id}",
        counted("{count} person waits for your answer", "{count} people wait for your answer", row.many),
        _("They applied for “{title}”. Everyone gets an answer.").format(title=row.title),
        f"/opportunities/{row.id}/applicants",
        _("Read and answer"),
        Urgency.SOON,
        due=row.due_at,
        at=row.at,
        icon="users",
        dismissible=False,
    )


def _mine(row: Any) -> Card:
    if row.state == "offered":
        return Card(
            CardKind.WAITS,
            f"applying.offered:{row.id}:{row.many}",
            _("“{title}” is offered to you").format(title=row.title),
            _("A seat is kept for you. See what it takes and gives, then say yes or no."),
            f"/me/applications/{row.id}",
            _("Look and decide"),
            Urgency.NOW,
            at=row.at,
            icon="handshake",
            dismissible=False,
        )
    return Card(
        CardKind.DECIDED,
        f"applying.answered:{row.id}:{row.many}",
        _("An answer to “{title}”").format(title=row.title),
        _("It did not work out this time. Read why, and see what else is open."),
        f"/me/applications/{row.id}",
        _("Read the answer"),
        Urgency.SOMETIME,
        at=row.at,
        icon="message-square",
    )


def _asked(row: Any) -> Card:
    return Card(
        CardKind.WAITS,
        f"applying.asked:{row.id}",
        _("{name} was offered “{title}”").format(name=row.state, title=row.title),
        _("Say whether it is fine, or what concerns you. Silence counts as no objection."),
        f"{APPROVALS}#ask-{row.id}",
        _("Answer"),
        Urgency.SOON,
        due=row.due_at,
        at=row.at,
        icon="circle-question-mark",
        dismissible=False,
    )


declare_cards("applying", _cards, title=later("Applications"))
