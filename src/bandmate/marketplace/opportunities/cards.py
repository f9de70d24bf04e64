"""What opportunities put on Today: drafts that wait, and what is new in saved searches."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today.cards import Card, CardKind, Urgency, declare_cards
from bandmate.kernel.web.formats import counted
from bandmate.marketplace.launches import visible_kinds
from bandmate.marketplace.opportunities.pages.mine import MINE
from bandmate.marketplace.opportunities.pages.words import SEARCH

_STATE = text("""
    select (select count(*) from marketplace.opportunity
             where owner_id = :person and state = 'draft' and kind = any(:kinds)) as drafts,
           (select min(created_at) from marketplace.opportunity
             where owner_id = :person and state = 'draft' and kind = any(:kinds)) as since,
           (select count(*) from marketplace.opportunity
             where state = 'open' and (closes_at is null or closes_at > :now) and kind = any(:kinds)
               and opens_at > :now - interval '7 days') as fresh
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    kinds = visible_kinds(tx, asker.person_id)
    if not kinds:
        return
    values = {"person": asker.person_id, "kinds": [kind.value for kind in kinds], "now": now}
    state = tx.execute(_STATE, values).one()
    if state.drafts:
        yield Card(
            CardKind.NEXT,
            f"opportunities.drafts:{state.drafts}",
            counted("{count} draft of yours waits", "{count} drafts of yours wait", state.drafts),
            _("Nobody sees it until you publish it."),
            MINE,
            _("Go on writing"),
            urgency=Urgency.SOON,
            at=state.since,
            icon="pencil",
        )
    if state.fresh:
        yield Card(
            CardKind.NEXT,
            f"opportunities.fresh:{now.date().isocalendar().week}",
            counted("{count} new opportunity this week", "{count} new opportunities this week", state.fresh),
            _("Look through what your colleagues offer; filters help you to find your way."),
            f"{SEARCH}?since=7&order=newest",
            _("See what is new"),
            icon="layers",
        )


declare_cards("opportunities", _cards, title=later("Opportunities"))
