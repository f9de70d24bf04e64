"""What Today shows of operations: for operators, jobs that gave up and subscriptions that are stuck."""

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
    select (select count(*) from procrastinate.procrastinate_jobs where status = 'failed') as failed,
           (select max(id) from procrastinate.procrastinate_jobs where status = 'failed') as latest,
           (select count(*) from kernel.subscription where failures > 0) as stuck,
           (select max(moved_at) from kernel.subscription where failures > 0) as since
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:  # noqa: ARG001 - the signature of cards
    if Role.OPERATOR not in asker.roles:
        return
    row = tx.execute(_TROUBLES).one()
    if row.stuck:
        yield Card(
            CardKind.WAITS,
            f"operations.subscriptions:{row.since}",
            counted("{count} subscription is stuck", "{count} subscriptions are stuck", row.stuck),
            _("Events wait to be heard: it fails again and again. Nothing is lost; it goes on once it is mended."),
            "/operator/subscriptions",
            _("See why"),
            Urgency.NOW,
            at=row.since,
            icon="activity",
        )
    if row.failed:
        yield Card(
            CardKind.WAITS,
            f"operations.jobs:{row.latest}",
            counted("{count} background job gave up", "{count} background jobs gave up", row.failed),
            _("They were tried several times. Read what went wrong, then run them again or discard them."),
            "/operator/tasks",
            _("See why"),
            Urgency.SOON,
            icon="refresh-cw",
        )


declare_cards("operations", _cards, title=later("Operations"))
