"""What handing over puts on Today: what leavers leave behind, for their manager, else for programme leads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today.cards import Card, CardKind, Urgency, declare_cards
from bandmate.kernel.web.formats import counted
from bandmate.marketplace.handover.queries import Orphan, orphans

HANDOVERS = "/handovers"
PATIENCE = timedelta(days=7)
"""After so long without a new owner, programme leads are asked too."""
_SHOWN = 3


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    if asker.person_id is None:
        return
    mine = [each for each in orphans(tx, asker) if _is_for(each, asker, now)]
    for each in mine[:_SHOWN]:
        yield _card(each)
    if len(mine) > _SHOWN:
        yield Card(
            CardKind.WAITS,
            "handover.more",
            counted(
                "{count} more opportunity without an owner",
                "{count} more opportunities without an owner",
                len(mine) - _SHOWN,
            ),
            _("People who left offered them. Each needs somebody who answers."),
            HANDOVERS,
            _("See them all"),
            Urgency.SOON,
            icon="users",
            dismissible=False,
        )


def _is_for(each: Orphan, asker: Asker, now: datetime) -> bool:
    if each.manager_id is None or each.manager_id == asker.person_id:
        return True
    return each.left_at is None or each.left_at < now - PATIENCE


def _card(each: Orphan) -> Card:
    waits = (
        counted("{count} person waits for an answer.", "{count} people wait for an answer.", each.waiting)
        if each.waiting
        else _("Nobody waits for an answer yet.")
    )
    return Card(
        CardKind.WAITS,
        f"handover:{each.opportunity_id}:{each.owner_id}",
        _("“{title}” has no owner").format(title=each.title),
        _("{name} has left. {waits} Take it over, or hand it to somebody.").format(
            name=each.owner_name, waits=waits
        ),
        f"{HANDOVERS}#opportunity-{each.opportunity_id}",
        _("Decide"),
        Urgency.SOON,
        due=each.due_at,
        at=each.left_at,
        icon="users",
        dismissible=False,
    )


declare_cards("handover", _cards, title=later("Handing over"))
