"""The messages of identity: everybody gets them about their own account, whatever else they allow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.tables import account
from bandmate.kernel.ids import AccountId, EventId, PersonId, derived_id, new_id
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.notify import MessageRequest, MessageTemplate, Urgency, declare_template, request_message

FOLDER = Path(__file__).parent / "messages"
TOPIC = "Your account"

RECOVERY, PASSWORD_CHANGED, NEW_SIGN_IN, UNDER_ATTACK, CONFIRM_EMAIL, EMAIL_CHANGED_LETTER = (
    declare_template(MessageTemplate(f"identity.{name}", TOPIC, FOLDER)).name
    for name in ("recovery", "password_changed", "new_sign_in", "under_attack", "confirm_email", "email_changed")
)


def write_to_owner(
    tx: Tx,
    account_id: AccountId,
    template: str,
    *,
    now: datetime,
    variables: Mapping[str, str] | None = None,
    once: str | None = None,
    lasts: timedelta = timedelta(days=2),
) -> None:
    """Ask for a message to the owner of an account.

    Args:
        tx: the transaction of what calls for it.
        account_id: whose account it is about.
        template: one of the names above.
        now: when it happened.
        variables: what the template is given; those named ``secret_…`` are kept nowhere.
        once: what makes it one message however often it is asked for, such as a day; None asks for another one.
        lasts: after this nobody wants it any more.
    """
    owner = tx.execute(select(account.c.person_id).where(account.c.account_id == account_id)).scalar_one()
    what = (template, str(account_id), once if once is not None else str(new_id()))
    request_message(
        tx,
        MessageRequest(
            request_id=EventId(derived_id(*what)),
            recipient=PersonId(owner),
            template=template,
            variables=dict(variables or {}),
            purpose=None,
            urgency=Urgency.NOW,
            expires_at=now + lasts,
            reason=_("You get this because it is about the safety of your account here."),
        ),
        now=now,
    )
