"""What Today shows of what is held about the reader: an erasure that comes, and for the new where to look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards

NEW = timedelta(days=30)
"""How long somebody is new here."""

# A request may stand for any of the ids of one human.
_MINE = text("""
    select person.created_at, request.due_at, request.held
      from kernel.person
      left join lateral (
           select min(due_at) as due_at,
                  bool_or(exists (select from kernel.legal_hold as hold
                                   where hold.person_id = asked.person_id)) as held
             from kernel.erasure_request as asked
            where asked.person_id = person.person_id
               or asked.person_id in (select merged from kernel.person_alias where kept = person.person_id)
           ) as request on true
     where person.person_id = :me
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    row = tx.execute(_MINE, {"me": asker.person_id}).one_or_none()
    if row is None:
        return
    if row.due_at is not None:
        yield Card(
            CardKind.WAITS,
            "holdings.erasure",
            _("You will be erased from here"),
            _("The law obliges us to keep your data for now; they are erased as soon as it allows.")
            if row.held
            else _("You asked for it. Until then you can take it back; afterwards nobody can."),
            "/account/data",
            _("Take it back"),
            Urgency.NOW,
            due=row.due_at,
            icon="trash-2",
            dismissible=False,
        )
    if now - row.created_at < NEW:
        yield Card(
            CardKind.NEXT,
            "holdings.look",
            _("See what is held about you"),
            _("All of it stands on one page, with a download and the way to have it erased."),
            "/account/data",
            _("Look"),
            Urgency.SOMETIME,
            icon="eye",
        )


declare_cards("holdings", _cards, title=later("Your data"))
