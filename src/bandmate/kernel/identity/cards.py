"""What Today shows of one's account: an address to confirm, language and time zone to choose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text

from bandmate.kernel.database.session import Tx
from bandmate.kernel.identity.access import Asker
from bandmate.kernel.languages import gettext as _
from bandmate.kernel.languages import later
from bandmate.kernel.today import Card, CardKind, Urgency, declare_cards

_PERSON = text("""
    select locale, time_zone, link.email as waiting, link.created_at as asked_at, link.expires_at
      from kernel.person
      left join kernel.account using (person_id)
      left join lateral (
           select email, created_at, expires_at from kernel.account_link
            where account_id = account.account_id and kind = 'email' and expires_at > :now
            order by created_at desc limit 1) as link on true
     where person_id = :me
""")


def _cards(tx: Tx, asker: Asker, now: datetime) -> Iterator[Card]:
    person = tx.execute(_PERSON, {"me": asker.person_id, "now": now}).one_or_none()
    if person is None:
        return
    if person.waiting is not None:
        yield Card(
            CardKind.WAITS,
            f"identity.email:{person.asked_at:%Y%m%dT%H%M%S}",
            _("Confirm your new e-mail address"),
            _("We wrote to {email}. Open the link in that message; until then the old address counts.").format(
                email=person.waiting
            ),
            "/account",
            _("See your account"),
            Urgency.SOON,
            due=person.expires_at,
            icon="mail",
        )
    if person.locale is None or person.time_zone is None:
        yield Card(
            CardKind.NEXT,
            "identity.preferences",
            _("Choose your language and time zone"),
            _("Messages to you are then written in your language and tell times as your clock does."),
            "/account#preferences",
            _("Choose"),
            Urgency.SOON,
            icon="languages",
        )


declare_cards("identity", _cards, title=later("Your account"))
