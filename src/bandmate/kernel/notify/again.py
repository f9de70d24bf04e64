"""Sending again what was put aside."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bandmate.kernel import audit
from bandmate.kernel.database.session import Tx
from bandmate.kernel.errors import Conflict, NotFound
from bandmate.kernel.ids import PersonId
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify.delivery import GIVE_UP_AFTER

SENT_AGAIN = "notify.message.sent_again"

_AGAIN = text("""
    update kernel.delivery
       set state = 'waiting', due_at = :now, give_up_at = :give_up_at, attempts = 0, settled_at = null
     where state = 'failed' and (cast(:key as uuid) is null or delivery_id = :key)
       and (expires_at is null or expires_at > :now)
       and (secrets = '{}' or exists (select from kernel.message_secret
                                       where request_id = delivery.request_id))
    returning delivery_id
""")

_LOOK = text("select state, expires_at <= :now as too_late from kernel.delivery where delivery_id = :key")


def send_again(tx: Tx, delivery_id: UUID, *, by: PersonId | str, now: datetime, address: str = "") -> None:
    """Have a failed delivery tried anew, at once and as long as any other.

    Raises:
        NotFound: when there is none.
        Conflict: when it has not failed, is wanted no more, or its secret is forgotten.
    """
    if _again(tx, delivery_id, now):
        audit.note(tx, by=by, action=SENT_AGAIN, subject=str(delivery_id), at=now, address=address)
        return
    row = tx.execute(_LOOK, {"key": delivery_id, "now": now}).one_or_none()
    if row is None:
        raise NotFound("There is no such message. It may have been erased with its person.")
    if row.state != "failed":
        raise Conflict(f"This message has not failed, it is {row.state}; only a failed one is sent again.")
    if row.too_late:
        raise Conflict("This message is wanted no more: its time was over before it could be sent.")
    raise Conflict("This message held a secret that has been forgotten; whoever needs it asks for a new one.")


def send_all_again(tx: Tx, *, by: PersonId | str, now: datetime, address: str = "") -> int:
    """Have every failed delivery tried anew that can be; return how many these are."""
    count = _again(tx, None, now)
    if count:
        audit.note(
            tx, by=by, action=SENT_AGAIN, subject="all failed messages", at=now, address=address,
            details={"messages": str(count)},
        )  # fmt: skip
    return count


def _again(tx: Tx, delivery_id: UUID | None, now: datetime) -> int:
    values = {"key": delivery_id, "now": now, "give_up_at": now + GIVE_UP_AFTER}
    return len(tx.execute(_AGAIN, values).all())


audit.declare_action(SENT_AGAIN, lambda: _("{by} had {subject} sent again"))
