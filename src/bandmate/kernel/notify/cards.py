"""What Today shows of messages: for operators, those that could not be delivered."""

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

_FAILED = text("""
    select count(*) as failed, min(settled_at) as since, max(settled_at) as latest
      from kernel.delivery where state = 'failed'
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:  # noqa: ARG001 - the signature of cards
    if Role.OPERATOR not in asker.roles:
        return
    row = tx.execute(_FAILED).one()
    if row.failed:
        yield Card(
            CardKind.WAITS,
            f"notify.failed:{row.latest}",
            counted("{count} message failed", "{count} messages failed", row.failed),
            _("They were tried several times and put aside. Read why, mend it, and send them again."),
            "/operator/messages?state=failed",
            _("See why"),
            Urgency.NOW,
            at=row.since,
            icon="mail",
        )


declare_cards("notify", _cards, title=later("Messages"))
