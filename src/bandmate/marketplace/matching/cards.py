"""What matching puts on Today: that there is a list, for whoever has not looked at it today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards
from bandmate.kernel.web.formats import counted
from bandmate.marketplace.launches import visible_kinds

# Working the list out belongs to its own page: the first one after a start waits for the whole market.
_STATE = text("""
    select (select count(*) from marketplace.profile_skill
             where person_id = :person and use = 'has' and state = 'accepted') as skills,
           coalesce((select ai_ranking from marketplace.profile where person_id = :person), true) as ranked,
           exists (select from marketplace.shown
                    where person_id = :person and day = :today and list = 'for_you') as looked,
           (select count(*) from marketplace.opportunity
             where state = 'open' and kind = any(:kinds) and owner_id is distinct from :person) as open
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    kinds = visible_kinds(tx, asker.person_id)
    if not kinds:
        return
    values = {"person": asker.person_id, "kinds": [kind.value for kind in kinds], "today": now.date()}
    state = tx.execute(_STATE, values).one()
    if state.skills and state.ranked and state.open and not state.looked:
        yield Card(
            CardKind.NEXT,
            f"matching.for_you:{now.date().isocalendar().week}",
            _("See what suits you"),
            counted(
                "Out of {count} opportunity that is open to you, with the reasons.",
                "Out of {count} opportunities that are open to you, the ones that fit best, with the reasons.",
                state.open,
            ),
            "/for-you",
            _("Show them"),
            Urgency.SOON,
            icon="heart",
        )


declare_cards("matching", _cards, title=later("For you"))
