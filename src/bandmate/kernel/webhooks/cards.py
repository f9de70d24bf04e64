"""What Today shows of webhooks: for operators, endpoints that fail and letters that are dead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker, Role
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards
from bandmate.kernel.web.formats import counted

_TROUBLES = text("""
    select count(*) filter (where failing) as failing, min(since) filter (where failing) as since,
           max(since) filter (where failing) as latest, coalesce(sum(dead), 0) as dead, max(last_dead) as last_dead
      from (select state = 'disabled' or (state = 'active' and failing_since is not null) as failing,
                   coalesce(failing_since, stopped_at) as since, letters.dead, letters.last_dead
              from kernel.webhook_endpoint as endpoint
             cross join lateral (
                   select count(*) as dead, max(settled_at) as last_dead from kernel.webhook_delivery
                    where endpoint_id = endpoint.endpoint_id and state = 'dead') as letters
             where deleted_at is null) as each
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:  # noqa: ARG001 - the signature of cards
    if Role.OPERATOR not in asker.roles:
        return
    row = tx.execute(_TROUBLES).one()
    if row.failing:
        yield Card(
            CardKind.WAITS,
            f"webhooks.failing:{row.latest}",
            counted("{count} webhook fails", "{count} webhooks fail", row.failing),
            _("Another server does not take what we send. It is tried again by itself, for some days."),
            "/operator/webhooks",
            _("See what it answers"),
            Urgency.NOW,
            at=row.since,
            icon="link",
        )
    if row.dead:
        yield Card(
            CardKind.WAITS,
            f"webhooks.dead:{row.last_dead}",
            counted("{count} dead letter", "{count} dead letters", row.dead),
            _("These deliveries were given up. Once the other server works, send them again."),
            "/operator/webhooks",
            _("See them"),
            Urgency.SOON,
            at=row.last_dead,
            icon="link",
        )


declare_cards("webhooks", _cards, title=later("Webhooks"))
