"""Telling of attacks on an account: the trail once for each window, the owner once a day."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.audit import note
from bandmate.kernel.clock import rfc3339
from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.acts import LOCKED_OUT, SIGN_IN
from bandmate.kernel.identity.attempts import WINDOW, Refusal, Scope
from bandmate.kernel.identity.letters import UNDER_ATTACK, write_to_owner
from bandmate.kernel.ids import AccountId

_OWNER = text("""
    select person_id,
           exists (select from kernel.audit_entry
                    where subject = cast(account.person_id as text) and action = :action and at > :since) as told
      from kernel.account
     where account_id = :account_id
""")


def tell_of_refusal(
    tx: Tx, account_id: AccountId | None, refusal: Refusal, *, address: str, now: datetime
) -> None:
    """Note that an account was closed to somebody, and tell its owner when many guess from many places.

    Guessers do not fill the trail: an account has one such entry for each window. One query when told already or
    when nobody has the account.
    """
    owner = tx.execute(
        _OWNER, {"account_id": account_id, "action": LOCKED_OUT, "since": now - WINDOW}
    ).one_or_none()
    if owner is None or refusal.scope is Scope.NETWORK:
        return
    if not owner.told:
        scope = {"scope": refusal.scope.value}
        note(
            tx, by=SIGN_IN, action=LOCKED_OUT, subject=str(owner.person_id), at=now, address=address, details=scope
        )
    if refusal.scope is Scope.ACCOUNT and account_id is not None:
        day = f"{now:%Y-%m-%d}"
        write_to_owner(tx, account_id, UNDER_ATTACK, now=now, variables={"at": rfc3339(now)}, once=day)
